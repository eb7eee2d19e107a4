//! A moment as people wrote it down: with the offset of their clocks, so that it has a day of theirs.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::DateTime, fmt::temporal::Pieces, tz::Offset};
use serde::{Deserialize, Serialize};

/// A moment, to the millisecond, and how far the clock it was read from is ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Moment {
    millis: i64, // since 1970, UTC
    offset: i32, // seconds
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no date with a time and an offset")]
pub(crate) struct NoMoment(String);

impl Moment {
    /// That many milliseconds after 1970, on a clock that is so many seconds ahead of UTC.
    pub(crate) fn new(millis: i64, offset: i32) -> Self {
        Self { millis, offset }
    }

    /// Milliseconds since 1970.
    pub(crate) fn millis(self) -> i64 {
        self.millis
    }

    /// The day it was there: `2011-10-01`.
    pub(crate) fn day(self) -> String {
        self.local().date().to_string()
    }

    fn local(self) -> DateTime {
        let utc = Timestamp::from_millisecond(self.millis).unwrap_or_default();
        Offset::from_seconds(self.offset).unwrap_or(Offset::UTC).to_datetime(utc)
    }
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        // Of a text that is none, 40 characters are enough to know it by.
        let no = || NoMoment(text.chars().take(40).collect());
        let pieces = Pieces::parse(text).map_err(|_| no())?;
        let (time, offset) = pieces.time().zip(pieces.to_numeric_offset()).ok_or_else(no)?;
        let moment = offset.to_timestamp(pieces.date().to_datetime(time)).map_err(|_| no())?;
        Ok(Self { millis: moment.as_millisecond(), offset: offset.seconds() })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, minutes) = (self.local(), self.offset / 60);
        let (date, sign) = (local.date(), if minutes < 0 { '-' } else { '+' });
        let (hour, minute, second) = (local.hour(), local.minute(), local.second());
        let (millis, minutes) = (local.millisecond(), minutes.abs());
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}")?;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

impl TryFrom<String> for Moment {
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
        text.parse()
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}
