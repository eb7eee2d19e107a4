//! A clock that is moved by hand.

use std::time::Duration;

use annals_core::{Clock, Timestamp};
use futures::future::{BoxFuture, FutureExt};
use tokio::sync::watch;

/// A [`Clock`] that stands still until a test moves it.
///
/// Who sleeps by it wakes once it was advanced far enough, or at once if it is
/// [`leaping`](Self::leaping). It remembers every sleep that was asked for, so that a test can look
/// at a backoff.
#[derive(Debug)]
pub struct ManualClock {
    time: watch::Sender<Time>,
    leaps: bool,
}

#[derive(Debug)]
struct Time {
    now: Timestamp,
    sleeps: Vec<Duration>,
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.time.borrow().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let wakes = self.now().plus(duration);
        self.time.send_modify(|time| time.sleeps.push(duration));

        let (time, leaps) = (self.time.clone(), self.leaps);
        async move {
            if leaps {
                time.send_modify(|time| time.now = time.now.max(wakes));
            }
            let woken = time.subscribe().wait_for(|time| time.now >= wakes).await.map(drop);
            woken.expect("the sleeper itself keeps the clock alive");
        }
        .boxed()
    }
}

/// It starts in 1970.
impl Default for ManualClock {
    fn default() -> Self {
        Self::at(Timestamp::UNIX_EPOCH)
    }
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        let (time, _) = watch::channel(Time { now, sleeps: Vec::new() });
        Self { time, leaps: false }
    }

    /// The same clock, moved by whoever sleeps: the time slept passes in no time.
    #[must_use]
    pub fn leaping(self) -> Self {
        Self { leaps: true, ..self }
    }

    /// Lets `duration` pass.
    pub fn advance(&self, duration: Duration) {
        self.time.send_modify(|time| time.now = time.now.plus(duration));
    }

    /// Every sleep that was asked for, from the first on.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.time.borrow().sleeps.clone()
    }

    /// Ends once that many sleeps have been asked for since the clock was made. Advance after it, and
    /// nobody falls asleep too late to be woken.
    pub async fn asked_to_sleep(&self, times: usize) {
        let asked =
            self.time.subscribe().wait_for(|time| time.sleeps.len() >= times).await.map(drop);
        asked.expect("the clock is borrowed, so it is alive");
    }
}
