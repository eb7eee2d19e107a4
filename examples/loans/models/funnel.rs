//! How many applications came how far: one row for each state.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::{domain::StateEvent, moment::Moment};

/// What the view says of a state.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Funnel {
    /// How many applications were ever in it.
    pub(crate) reached: u64,
    pub(crate) first_at: Option<Moment>,
    pub(crate) last_at: Option<Moment>,
}

// By hand, since every state is the same to it. Rows of one key get their events in the order of the log;
// that is no order of time among several applications, and so only what needs no order is kept.
impl Fold for Funnel {
    type Event = StateEvent;

    fn evolve(&mut self, event: &StateEvent) {
        let at = event.occasion().happened_at;
        self.reached += 1;
        self.first_at = Some(self.first_at.map_or(at, |first| first.min(at)));
        self.last_at = Some(self.last_at.map_or(at, |last| last.max(at)));
    }
}

impl View for Funnel {
    const NAME: &'static str = "funnel";
    const KEYED: Keyed<StateEvent> =
        Keyed::By(|recorded| vec![recorded.event.state().name().to_owned()]);
}
