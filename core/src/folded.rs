//! A state, with how far it was folded.

use std::sync::Arc;

use crate::{
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
    pub(crate) last: Option<EventId>,
    /// How far the snapshot was from which this was folded on, or which was last taken of it.
    pub(crate) snapshot: Revision,
}

impl<A> Folded<A> {
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
