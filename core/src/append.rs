//! Asking a store to record events, and what it answers.

use std::{collections::HashSet, fmt};

use crate::{
    envelope::{MAX_METADATA_BYTES, MAX_PAYLOAD_BYTES, NewEvent},
    event::{EncodeError, EventId, EventType},
    name::InvalidName,
    position::{Position, Revision},
    store::StoreError,
    stream::StreamId,
};

/// The most events in one append, and the most streams.
pub const MAX_APPEND_EVENTS: usize = 10_000;

/// The most bytes of payload and metadata in one append: 64 MiB.
pub const MAX_APPEND_BYTES: usize = 64 << 20;

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
}

impl Expected {
    /// Whether a stream at `revision` is as expected.
    pub fn allows(self, revision: Revision) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => revision == Revision::START,
            Self::Exists => revision > Revision::START,
            Self::At(expected) => revision == expected,
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
/// Whatever exists as one is within every limit, so that a store need not check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    streams: Vec<StreamAppend>,
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
    /// more than [`MAX_APPEND_EVENTS`] streams or events, or [`MAX_APPEND_BYTES`] bytes in all.
    pub fn to_streams(streams: Vec<StreamAppend>) -> Result<Self, Invalid> {
        let append = Self { streams };
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

/// Whether so many events, of so many bytes together, may be in one append.
pub(crate) fn check_limits(events: usize, bytes: usize) -> Result<(), Invalid> {
    if events > MAX_APPEND_EVENTS {
        return Err(Invalid::TooManyEvents { events });
    }
    if bytes > MAX_APPEND_BYTES {
        return Err(Invalid::AppendTooLarge { bytes });
    }
    Ok(())
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

/// Something that no store would keep. Fix the caller: nothing was asked of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// A stream's name.
    #[error(transparent)]
    Name(#[from] InvalidName),

    /// An event whose content cannot be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),

    /// An event with too large a payload.
    #[error("the payload of {event_type} has {bytes} bytes, more than {MAX_PAYLOAD_BYTES}")]
    PayloadTooLarge {
        /// The event.
        event_type: EventType,
        /// Its size.
        bytes: usize,
    },

    /// An event with too much metadata.
    #[error("the metadata of {event_type} have {bytes} bytes, more than {MAX_METADATA_BYTES}")]
    MetadataTooLarge {
        /// The event.
        event_type: EventType,
        /// The bytes of all texts in the metadata.
        bytes: usize,
    },

    /// An append of too many events.
    #[error("an append of {events} events, more than {MAX_APPEND_EVENTS}")]
    TooManyEvents {
        /// How many.
        events: usize,
    },

    /// An append of too many bytes.
    #[error("an append of {bytes} bytes, more than {MAX_APPEND_BYTES}")]
    AppendTooLarge {
        /// Payloads and metadata together.
        bytes: usize,
    },

    /// An append to no stream at all.
    #[error("an append that names no stream")]
    NoStream,

    /// An append to too many streams.
    #[error("an append to {streams} streams, more than {MAX_APPEND_EVENTS}")]
    TooManyStreams {
        /// How many.
        streams: usize,
    },

    /// An append that names a stream twice.
    #[error("{stream} is twice in one append")]
    StreamTwice {
        /// The stream.
        stream: StreamId,
    },

    /// An append that has an event id twice.
    #[error("event {id} is twice in one append")]
    IdTwice {
        /// The id.
        id: EventId,
    },

    /// An idempotency key that is empty or too long.
    #[error("an idempotency key of {bytes} bytes: it needs 1 to 255")]
    Key {
        /// Its length.
        bytes: usize,
    },
}
