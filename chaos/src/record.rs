//! What writers and readers report, a line each.

use annals_core::{
    Append, AppendError, Appended, EventId, Expected, Last, Position, Revision, StoreErrorKind,
    StreamAppend, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::key::{Key, stream, stream_number};

/// What a writer reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Record {
    /// It is going to ask for this. Reported before it does.
    Intended(Intention),
    /// It was answered. Reported after it was.
    Answered { key: Key, answer: Answer },
    /// Something that has no place in a run.
    Wrong { why: String },
}

/// An append that somebody is going to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intention {
    pub(crate) key: Key,
    pub(crate) way: Way,
    pub(crate) parts: Vec<Part>,
}

/// How it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Way {
    /// Of the store.
    Alone,
    /// In a transaction of the application, which writes a row too and is committed.
    WithRow,
    /// The same, but rolled back.
    Aborted,
}

/// What is intended for one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) stream: u32,
    pub(crate) expected: Wanted,
    pub(crate) events: u32,
}

/// [`Expected`], as it is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Wanted {
    Any,
    NoStream,
    Exists,
    At(i64),
    After(End),
}

/// [`Last`], as it is reported: the time in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) revision: i64,
    pub(crate) key: Key,
    pub(crate) index: u64,
    pub(crate) at: i64,
}

/// What a writer was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Appended {
        revisions: Vec<i64>,
        position: i64,
        at: i64,
        repeated: bool,
    },
    Conflict {
        stream: Option<u32>,
        actual: i64,
    },
    /// The transaction was rolled back, or its connection closed without a commit.
    Aborted,
    /// The outcome is unknown; the writer asks again.
    Unavailable {
        why: String,
    },
    /// Something that has no place in a run, whatever is killed.
    Wrong {
        why: String,
    },
}

/// What a reader reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Seen {
    /// It reads what comes after that position.
    Began { after: i64 },
    /// `count` events one after the other: position, and index in the append, each one more.
    Events { position: i64, key: Key, index: u64, count: u64 },
    /// The reading failed, as it may; it went on after what it last saw.
    Resumed { why: String },
    /// Something that has no place in a run.
    Wrong { why: String },
    /// It saw the last event of the run.
    Ended { longest_pause_millis: u64 },
}

impl Intention {
    pub(crate) fn append(&self) -> Append {
        let mut index = 0..;
        let streams = self.parts.iter().map(|part| StreamAppend {
            stream: stream(part.stream),
            expected: part.expected.to_expected(),
            events: (0..part.events).zip(&mut index).map(|(_, n)| self.key.event(n)).collect(),
        });
        Append::to_streams(streams.collect()).expect("a workload asks only for what can be had")
    }
}

impl Wanted {
    pub(crate) fn to_expected(self) -> Expected {
        match self {
            Self::Any => Expected::Any,
            Self::NoStream => Expected::NoStream,
            Self::Exists => Expected::Exists,
            Self::At(number) => Expected::At(revision(number)),
            Self::After(end) => Expected::After(Last {
                revision: revision(end.revision),
                id: end.key.id(end.index),
                recorded_at: Timestamp::from_micros(end.at).expect("a store gave that time"),
            }),
        }
    }

    /// Whether a stream that ends so is as wanted. Not by the code that is looked at.
    pub(crate) fn allows(self, end: Option<End>) -> bool {
        match (self, end) {
            (Self::Any, _) | (Self::NoStream | Self::At(0), None) | (Self::Exists, Some(_)) => true,
            (Self::At(number), Some(end)) => end.revision == number,
            (Self::After(wanted), Some(end)) => end == wanted,
            _ => false,
        }
    }
}

impl End {
    pub(crate) fn of(revision: Revision, id: EventId, at: Timestamp) -> Self {
        let (key, index) = Key::of(id);
        Self { revision: revision.get(), key, index, at: at.as_micros() }
    }
}

impl From<Result<Appended, AppendError>> for Answer {
    fn from(answer: Result<Appended, AppendError>) -> Self {
        match answer {
            Ok(appended) => Self::Appended {
                revisions: appended.revisions.into_iter().map(Revision::get).collect(),
                position: Position::get(appended.position),
                at: appended.recorded_at.as_micros(),
                repeated: appended.repeated,
            },
            Err(AppendError::Conflict(conflict)) => Self::Conflict {
                stream: stream_number(conflict.stream.as_str()),
                actual: conflict.actual.get(),
            },
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Unavailable => {
                Self::Unavailable { why: error.to_string() }
            }
            Err(error) => Self::Wrong { why: chain(&error) },
        }
    }
}

fn revision(number: i64) -> Revision {
    Revision::new(number).expect("a stream is never before its start")
}

/// An error with all that it came from.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |chain, source| format!("{chain}: {source}"))
}
