//! Asking a store to record events, and what it answers.

use std::{collections::HashSet, fmt, sync::Arc};

use crate::{
    clock::Timestamp,
    envelope::NewEvent,
    event::EventId,
    invalid::{Invalid, MAX_APPEND_EVENTS, check_limits},
    last::Last,
    position::{Position, Revision},
    store_error::StoreError,
    stream::StreamId,
};

/// What a stream must look like for an append to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expected {
    /// Anything at all.
    Any,
    /// No events yet. The same as `At(Revision::START)`.
    NoStream,
    /// At least one event.
    Exists,
    /// Exactly this far.
    At(Revision),
    /// Exactly as far as this event, which must be the last one. What is decided on the state of a
    /// stream is appended so: a log that lost events since, and gained as many others, has another
    /// event there. See [`Folded::expected`](crate::Folded::expected).
    After(Last),
}

impl Expected {
    /// Whether a stream that ends with `last` is as expected; `None` if it has no events.
    pub fn allows(self, last: Option<Last>) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => last.is_none(),
            Self::Exists => last.is_some(),
            Self::At(expected) => Last::revision_of(last) == expected,
            Self::After(expected) => last == Some(expected),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("anything"),
            Self::NoStream => f.write_str("no stream"),
            Self::Exists => f.write_str("an existing stream"),
            Self::At(revision) => write!(f, "revision {revision}"),
            Self::After(Last { revision, id, .. }) => {
                write!(f, "revision {revision} with event {id}")
            }
        }
    }
}

/// One stream's part in an append: what it must look like, and what then comes at its end.
///
/// Without events the stream is only checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamAppend {
    /// The stream.
    pub stream: StreamId,
    /// What it must look like.
    pub expected: Expected,
    /// What is to be recorded, in this order.
    pub events: Vec<NewEvent>,
}

/// Events to be recorded entirely or not at all, in one stream or in several.
///
/// Whatever exists as one is within every limit, so that a store need not check. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    streams: Arc<[StreamAppend]>,
}

impl Append {
    /// An append to one stream.
    ///
    /// # Errors
    ///
    /// [`Invalid`] as for [`to_streams`](Self::to_streams).
    pub fn new(
        stream: StreamId,
        expected: Expected,
        events: Vec<NewEvent>,
    ) -> Result<Self, Invalid> {
        Self::to_streams(vec![StreamAppend { stream, expected, events }])
    }

    /// An append to several streams at once.
    ///
    /// # Errors
    ///
    /// [`Invalid`] if there is no stream, if a stream or an event id is in it twice, or if there are
    /// more than [`MAX_APPEND_EVENTS`] streams or events, or [`MAX_APPEND_BYTES`](crate::MAX_APPEND_BYTES) bytes in all.
    pub fn to_streams(streams: Vec<StreamAppend>) -> Result<Self, Invalid> {
        let append = Self { streams: streams.into() };
        if append.streams.is_empty() {
            return Err(Invalid::NoStream);
        }
        if append.streams.len() > MAX_APPEND_EVENTS {
            return Err(Invalid::TooManyStreams { streams: append.streams.len() });
        }
        if let Some(twice) = repeated(append.streams.iter().map(|part| &part.stream)) {
            return Err(Invalid::StreamTwice { stream: twice.clone() });
        }
        check_limits(append.events().count(), append.events().map(NewEvent::bytes).sum())?;
        if let Some(id) = repeated(append.events().map(NewEvent::id)) {
            return Err(Invalid::IdTwice { id });
        }
        Ok(append)
    }

    /// The streams, each with what is to be recorded in it.
    pub fn streams(&self) -> &[StreamAppend] {
        &self.streams
    }

    /// All events, in the order in which they are to stand in the log.
    pub fn events(&self) -> impl Iterator<Item = &NewEvent> {
        self.streams.iter().flat_map(|part| &part.events)
    }
}

/// The first of `items` that was there before.
fn repeated<T: std::hash::Hash + Eq + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    let mut items = items.peekable();
    let first = items.next()?;
    items.peek()?; // One alone is not repeated, and that is the common case.
    seen.insert(first);
    items.find(|item| !seen.insert(*item))
}

/// What a store answers once everything is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where each stream is after its last event of this append, in the order of
    /// [`Append::streams`]. For one that was only checked: where it is.
    pub revisions: Vec<Revision>,
    /// Where in the log the last event of this append stands; [`Position::START`] if it had none.
    pub position: Position,
    /// When it was recorded, by the store's clock: what all its envelopes say.
    pub recorded_at: Timestamp,
    /// Whether all of it had been recorded before, and this is the original answer.
    pub repeated: bool,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Someone else appended first. Read what is new and decide again.
    #[error(transparent)]
    Conflict(#[from] Conflict),

    /// An event of that id is recorded already, and not as part of this same append.
    #[error("event {id} is recorded already, as {stream} at revision {revision}")]
    Duplicate {
        /// The id, the first such in the append.
        id: EventId,
        /// The stream that has it.
        stream: StreamId,
        /// Where in that stream it stands.
        revision: Revision,
    },

    /// The store failed. If it is unavailable, the append may have been recorded all the same: ask
    /// again with the same ids to be certain.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Someone was first: a stream is not what an append expected. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} of {stream}, which is at revision {actual}")]
pub struct Conflict {
    /// The stream that was not as expected; the first such in the append.
    pub stream: StreamId,
    /// What was expected of it.
    pub expected: Expected,
    /// How far it really is.
    pub actual: Revision,
}
