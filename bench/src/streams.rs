//! Where clients append to.

use annals::prelude::*;

/// How many streams a client appends to in turn.
const STREAMS: i64 = 256;

/// The streams that one client appends to, in turn.
pub(crate) enum Streams {
    /// Nobody else does. How many events were appended is counted.
    Own { owner: String, appended: i64 },
    /// All of those that the log was filled with. Which one is next follows from the last.
    Filled { streams: i64, next: i64 },
}

impl Streams {
    pub(crate) fn of(owner: impl Into<String>) -> Self {
        Self::Own { owner: owner.into(), appended: 0 }
    }

    /// Each of so many streams, here and there; another one first than other clients have.
    pub(crate) fn filled(streams: i64, number: usize) -> Self {
        let number = i64::try_from(number).expect("there are not that many clients");
        Self::Filled { streams, next: number * 1_299_709 % streams }
    }

    /// The stream to append to, and at which revision the event will be if nobody else does.
    pub(crate) fn next(&mut self) -> (String, i64) {
        match self {
            Self::Own { owner, appended } => {
                let before = *appended;
                *appended += 1;
                (format!("{owner}-{}", before % STREAMS), before / STREAMS + 1)
            }
            Self::Filled { streams, next } => {
                let stream = next.to_string();
                *next = (*next + 7_368_787) % *streams;
                (stream, 1)
            }
        }
    }

    /// What an append of the event at that revision expects of its stream: as much as an INSERT does that
    /// says which revision it writes.
    pub(crate) fn expected(&self, revision: i64) -> Expected {
        match self {
            Self::Own { .. } => Expected::At(Revision::new(revision).unwrap_or_default().minus(1)),
            Self::Filled { .. } => Expected::Any, // How far these are nobody has counted.
        }
    }
}
