//! The limits of what a store is asked to keep, and what is said beyond them.

use crate::{
    event::{DecodeError, EncodeError, EventId, EventType},
    name::InvalidName,
    stream::StreamId,
};

/// The largest payload, in bytes: 8 MiB. Larger things belong into a file that the event names.
pub const MAX_PAYLOAD_BYTES: usize = 8 << 20;

/// The most bytes the texts of one event's metadata may have together: 64 KiB.
pub const MAX_METADATA_BYTES: usize = 64 << 10;

/// The most events in one append, and the most streams.
pub const MAX_APPEND_EVENTS: usize = 10_000;

/// The most bytes of payload and metadata in one append: 64 MiB.
pub const MAX_APPEND_BYTES: usize = 64 << 20;

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

    /// An event whose content can be written and not read back, such as a number that is none.
    #[error("{event_type} could not be read back once it is recorded")]
    Unreadable {
        /// The event.
        event_type: EventType,
        /// What reading says; `None` if the type does not know its own name.
        source: Option<DecodeError>,
    },

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
    #[error("an idempotency key has 1 to 255 bytes, not {bytes}")]
    Key {
        /// Its length.
        bytes: usize,
    },
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
