//! What each application is now. It is asked by who is about to act, and so it can be had inline.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::{
    domain::{ApplicationEvent, OfferState, State, StateEvent, WorkEvent},
    moment::Moment,
};

/// What the view says of an application.
#[derive(Debug, Default, Clone, PartialEq, Fold, Serialize, Deserialize)]
#[fold(ApplicationEvent)]
pub(crate) struct Present {
    #[fold(State(event) => Some(event.state()))]
    pub(crate) state: Option<State>,
    #[fold(State(event) => Some(event.occasion().happened_at))]
    pub(crate) since: Option<Moment>,
    #[fold(State(StateEvent::Submitted { cents, .. }) => *cents)]
    pub(crate) cents: u64,
    #[fold(Offer(event) => Some(event.state()))]
    pub(crate) offer: Option<OfferState>,
    /// Pieces of work that are done.
    #[fold(Work(WorkEvent::Completed { .. }) => self.completed + 1)]
    pub(crate) completed: u32,
    #[fold(State(_) | Offer(_) | Work(_) => self.entries + 1)]
    pub(crate) entries: u32,
}

impl Present {
    pub(crate) const STATE: Column<Self, String> =
        Column::text("application_state", |it: &Self| it.state.map(State::name).into()).indexed();
    pub(crate) const CENTS: Column<Self, i64> =
        Column::integer("cents", |it: &Self| i64::try_from(it.cents).ok().into());
}

impl View for Present {
    const NAME: &'static str = "present";
    const KEYED: Keyed<ApplicationEvent> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::STATE.any(), Self::CENTS.any()];
}
