//! What may happen to an application, and what may not: the rules that the bank's log always keeps.
//!
//! `docs/loans.md` says how they were found, and which others are broken by how many cases.

use super::super::moment::Moment;
use super::{
    application::Application,
    events::Occasion,
    words::{OfferState, State, Work},
};

/// Why something may not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("entry {entry} comes after entry {last} of the same application")]
    Late { entry: u32, last: u32 },
    #[error("{at} is before {last}, when the entry before it happened")]
    Earlier { at: Moment, last: Moment },
    #[error("the application is {}, and so cannot become {}", named(*.from), .to.name())]
    State { from: Option<State>, to: State },
    #[error("the offer is {}, and so none can become {}", offer(*.from), .to.name())]
    Offer { from: Option<OfferState>, to: OfferState },
    #[error("no offer can become {} while the application is {}", .to.name(), named(*.state))]
    OfferWhile { state: Option<State>, to: OfferState },
    #[error("{} cannot be scheduled while the application is {}", .work.name(), named(*.state))]
    WorkWhile { state: Option<State>, work: Work },
    #[error("{} is not scheduled before an offer was {}", .work.name(), .offer.name())]
    WorkBefore { work: Work, offer: OfferState },
    #[error("{} was never scheduled", .0.name())]
    NotScheduled(Work),
}

fn named(state: Option<State>) -> &'static str {
    state.map_or("not there", State::name)
}

fn offer(state: Option<OfferState>) -> &'static str {
    state.map_or("not there", OfferState::name)
}

impl Application {
    /// Entries come in their order, and in that of time.
    pub(super) fn check_order(&self, occasion: &Occasion) -> Result<(), Refused> {
        if occasion.entry <= self.entry {
            return Err(Refused::Late { entry: occasion.entry, last: self.entry });
        }
        match self.last_at {
            Some(last) if occasion.happened_at < last => {
                Err(Refused::Earlier { at: occasion.happened_at, last })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_state(&self, to: State) -> Result<(), Refused> {
        use State::{
            Accepted, Activated, Approved, Cancelled, Declined, Finalised, PartlySubmitted,
            Preaccepted, Registered, Submitted,
        };
        let from = self.state();
        let may = match (from, to) {
            (None, Submitted)
            | (Some(Submitted), PartlySubmitted)
            | (Some(PartlySubmitted), Preaccepted)
            | (Some(Preaccepted), Accepted)
            | (Some(Accepted), Finalised) => true,
            (Some(PartlySubmitted | Preaccepted | Accepted | Finalised), Declined | Cancelled) => {
                true
            }
            // These three come in any order, each once.
            (
                Some(Finalised | Approved | Registered | Activated),
                Approved | Registered | Activated,
            ) => !self.states.contains(&to),
            _ => false,
        };
        if may { Ok(()) } else { Err(Refused::State { from, to }) }
    }

    pub(super) fn check_offer(&self, to: OfferState) -> Result<(), Refused> {
        use State::{Accepted, Activated, Approved, Cancelled, Declined, Finalised, Registered};
        let state = self.state();
        let is_time = match to {
            OfferState::Selected => matches!(state, Some(Accepted | Finalised)),
            OfferState::Created | OfferState::Sent | OfferState::SentBack => {
                state == Some(Finalised)
            }
            OfferState::Accepted => {
                matches!(state, Some(Finalised | Approved | Registered | Activated))
            }
            OfferState::Declined => matches!(state, Some(Finalised | Declined)),
            OfferState::Cancelled => matches!(state, Some(Finalised | Cancelled)),
        };
        if !is_time {
            return Err(Refused::OfferWhile { state, to });
        }
        if !self.offers.may_become(to) {
            return Err(Refused::Offer { from: self.offers.at_hand, to });
        }
        Ok(())
    }

    pub(super) fn check_schedule(&self, work: Work) -> Result<(), Refused> {
        use State::{Activated, Approved, Finalised, PartlySubmitted, Registered, Submitted};
        let state = self.state();
        let is_time = match work {
            Work::HandleLeads => state == Some(PartlySubmitted),
            Work::ChangeContract => {
                matches!(state, Some(Finalised | Approved | Registered | Activated))
            }
            _ => state.is_some_and(|state| state != Submitted && !state.is_end()),
        };
        if !is_time {
            return Err(Refused::WorkWhile { state, work });
        }
        let (is_due, offer) = match work {
            Work::ChaseDocuments => (self.offers.was_sent, OfferState::Sent),
            Work::AssessApplication => (self.offers.was_sent_back, OfferState::SentBack),
            _ => return Ok(()),
        };
        if is_due { Ok(()) } else { Err(Refused::WorkBefore { work, offer }) }
    }

    /// Work is begun and done once it was scheduled; that it was begun before it is done is no rule.
    pub(super) fn check_scheduled(&self, work: Work) -> Result<(), Refused> {
        if self.work.contains_key(&work) { Ok(()) } else { Err(Refused::NotScheduled(work)) }
    }
}
