//! A state, with how far it was folded.

use std::sync::Arc;

use crate::{
    clock::Timestamp,
    envelope::Envelope,
    event::EventId,
    position::{Position, Revision},
};

/// A state and how far into its stream it was folded. They only ever move together. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded<A> {
    pub(crate) state: Arc<A>,
    pub(crate) revision: Revision,
    pub(crate) position: Position,
    /// The event at that position; `None` at the start.
    pub(crate) last: Option<Last>,
    /// How far the snapshot was from which this was folded on, or which was last taken of it.
    pub(crate) snapshot: Revision,
}

/// What tells an event from one that has the same id in another history of the log: an id may follow
/// from an idempotency key, and the same command be sent again after a backup was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) id: EventId,
    pub(crate) recorded_at: Timestamp,
}

impl<A> Folded<A> {
    /// Whether `envelope` is the event that this was folded up to.
    pub(crate) fn ends_with(&self, envelope: &Envelope) -> bool {
        let Envelope { id, recorded_at, revision, position, .. } = *envelope;
        self.last == Some(Last { id, recorded_at })
            && (self.revision, self.position) == (revision, position)
    }

    /// The state after the event at [`revision`](Self::revision).
    pub fn state(&self) -> &A {
        &self.state
    }

    /// The number of events that were folded.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Where in the log the last of them stands; [`Position::START`] if there was none.
    pub fn position(&self) -> Position {
        self.position
    }
}
