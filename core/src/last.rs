//! The last event of a stream, by which one history is told from another.

use crate::{clock::Timestamp, envelope::Envelope, event::EventId, position::Revision};

/// Which event is the last one of a stream, and how far the stream is with it.
///
/// The time is part of it: an id may follow from an idempotency key, and the same command be sent
/// again after a backup was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Last {
    /// How far the stream is.
    pub revision: Revision,
    /// The event at that revision.
    pub id: EventId,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

impl Last {
    /// A stream that ends with `envelope`.
    pub fn of(envelope: &Envelope) -> Self {
        let Envelope { revision, id, recorded_at, .. } = *envelope;
        Self { revision, id, recorded_at }
    }

    /// How far a stream is with `last` as its last event; [`Revision::START`] if it has none.
    pub fn revision_of(last: Option<Self>) -> Revision {
        last.map_or(Revision::START, |last| last.revision)
    }
}
