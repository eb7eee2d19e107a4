//! A state, with how far it was folded.

use std::sync::Arc;

use crate::{
    append::Expected,
    envelope::Envelope,
    last::Last,
    position::{Position, Revision},
};

/// A state and how far into its stream it was folded. They only ever move together. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded<A> {
    pub(crate) state: Arc<A>,
    /// The event that was folded last; `None` at the start.
    pub(crate) last: Option<Last>,
    /// Where in the log that stands.
    pub(crate) position: Position,
    /// How far the snapshot was from which this was folded on, or which was last taken of it.
    pub(crate) snapshot: Revision,
}

impl<A> Folded<A> {
    /// Whether `envelope` is the event that this was folded up to.
    pub(crate) fn ends_with(&self, envelope: &Envelope) -> bool {
        (self.last, self.position) == (Some(Last::of(envelope)), envelope.position)
    }

    /// The state after the event at [`revision`](Self::revision).
    pub fn state(&self) -> &A {
        &self.state
    }

    /// The number of events that were folded.
    pub fn revision(&self) -> Revision {
        Last::revision_of(self.last)
    }

    /// What an append that was decided on this state expects of the stream: that it still ends with
    /// the event that was folded last.
    pub fn expected(&self) -> Expected {
        self.last.map_or(Expected::NoStream, Expected::After)
    }

    /// Where in the log the last of them stands; [`Position::START`] if there was none.
    pub fn position(&self) -> Position {
        self.position
    }
}
