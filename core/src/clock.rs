//! Time, which comes from outside: only a `Clock` tells it.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::future::{BoxFuture, FutureExt};

/// A moment, to the microsecond, which is what every database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64); // Microseconds since 1970, within the years a calendar can name.

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// That many microseconds after 1970; `None` outside the years −9999 to 9999.
    pub fn from_micros(micros: i64) -> Option<Self> {
        jiff::Timestamp::from_microsecond(micros).ok().map(|_| Self(micros))
    }

    /// The last whole second that a calendar can name.
    fn last() -> Self {
        Self(jiff::Timestamp::MAX.as_second() * 1_000_000)
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// The moment `duration` later, cut to microseconds; the last there is, if that is later still.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros)).min(Self::last())
    }

    /// Seconds since 1970 and the nanoseconds beyond them; 0 before 1970, where UUIDs do not reach.
    pub(crate) fn unix_time(self) -> (u64, u32) {
        let since = Duration::from_micros(u64::try_from(self.0).unwrap_or(0));
        (since.as_secs(), since.subsec_nanos())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many decimals as there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{} µs since 1970", self.0),
        }
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        let distance = Duration::from_micros(timestamp.0.unsigned_abs());
        if timestamp.0 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }
}

/// Tells the time and waits for it to pass. Nothing else in Annals does either.
///
/// [`SystemClock`] in an application; a clock moved by hand in tests.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. It may step back, and nothing here takes it for an order.
    fn now(&self) -> Timestamp;

    /// Ends once `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock. Sleeping needs no particular runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::UNIX_EPOCH.plus(since)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        futures_timer::Delay::new(duration).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Timestamp;

    #[test]
    fn a_timestamp_reads_as_rfc_3339() {
        let moment = Timestamp::UNIX_EPOCH.plus(Duration::from_micros(1_500_000));
        assert_eq!(moment.to_string(), "1970-01-01T00:00:01.5Z");
    }

    #[test]
    fn time_ends_where_the_calendar_does() {
        let end = Timestamp::UNIX_EPOCH.plus(Duration::MAX);
        assert_eq!(Timestamp::from_micros(end.as_micros()), Some(end));
        assert_eq!(Timestamp::from_micros(i64::MAX), None);
    }
}
