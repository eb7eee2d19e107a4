//! What happens to applications, their offers, and the work on them.
//!
//! Three enums, and one that has them all: who is interested in states alone reads `StateEvent`.

use annals::{UpcastError, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::moment::Moment;
use super::words::{OfferState, State, Work};

/// Where, when and by whom something was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Occasion {
    /// Which entry of the application's file it is, counted from 1.
    pub(crate) entry: u32,
    pub(crate) happened_at: Moment,
    /// A number, or nobody where it went by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum ApplicationEvent {
    #[event(nested)]
    State(StateEvent),
    #[event(nested)]
    Offer(OfferEvent),
    #[event(nested)]
    Work(WorkEvent),
}

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum StateEvent {
    #[event("application-submitted", version = 2, upcast(1 = euros_to_cents))]
    Submitted { cents: u64, registered_at: Moment, occasion: Occasion },
    #[event("application-partly-submitted")]
    PartlySubmitted(Occasion),
    #[event("application-preaccepted")]
    Preaccepted(Occasion),
    #[event("application-accepted")]
    Accepted(Occasion),
    #[event("application-finalised")]
    Finalised(Occasion),
    #[event("application-approved")]
    Approved(Occasion),
    #[event("application-registered")]
    Registered(Occasion),
    #[event("application-activated")]
    Activated(Occasion),
    #[event("application-declined")]
    Declined(Occasion),
    #[event("application-cancelled")]
    Cancelled(Occasion),
}

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum OfferEvent {
    #[event("offer-selected")]
    Selected(Occasion),
    #[event("offer-created")]
    Created(Occasion),
    #[event("offer-sent")]
    Sent(Occasion),
    #[event("offer-sent-back")]
    SentBack(Occasion),
    #[event("offer-accepted")]
    Accepted(Occasion),
    #[event("offer-declined")]
    Declined(Occasion),
    #[event("offer-cancelled")]
    Cancelled(Occasion),
}

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum WorkEvent {
    #[event("work-scheduled")]
    Scheduled { work: Work, occasion: Occasion },
    #[event("work-started")]
    Started { work: Work, occasion: Occasion },
    /// What was never seen to be started may be completed all the same.
    #[event("work-completed")]
    Completed { work: Work, started_at: Option<Moment>, occasion: Occasion },
}

/// Version 1 counted whole euros.
fn euros_to_cents(mut payload: Value) -> Result<Value, UpcastError> {
    let fields = payload.as_object_mut().ok_or_else(|| UpcastError::new("no object"))?;
    let euros = fields.remove("euros").and_then(|euros| euros.as_u64());
    let cents = euros.and_then(|euros| euros.checked_mul(100));
    fields.insert("cents".into(), cents.ok_or_else(|| UpcastError::new("no euros"))?.into());
    Ok(payload)
}

impl StateEvent {
    /// What the application is after it.
    pub(crate) fn state(&self) -> State {
        match self {
            Self::Submitted { .. } => State::Submitted,
            Self::PartlySubmitted(_) => State::PartlySubmitted,
            Self::Preaccepted(_) => State::Preaccepted,
            Self::Accepted(_) => State::Accepted,
            Self::Finalised(_) => State::Finalised,
            Self::Approved(_) => State::Approved,
            Self::Registered(_) => State::Registered,
            Self::Activated(_) => State::Activated,
            Self::Declined(_) => State::Declined,
            Self::Cancelled(_) => State::Cancelled,
        }
    }

    pub(crate) fn occasion(&self) -> &Occasion {
        match self {
            Self::Submitted { occasion, .. }
            | Self::PartlySubmitted(occasion)
            | Self::Preaccepted(occasion)
            | Self::Accepted(occasion)
            | Self::Finalised(occasion)
            | Self::Approved(occasion)
            | Self::Registered(occasion)
            | Self::Activated(occasion)
            | Self::Declined(occasion)
            | Self::Cancelled(occasion) => occasion,
        }
    }
}

impl OfferEvent {
    /// What the offer at hand is after it; what it says of which offer is in [`super::offers`].
    pub(crate) fn state(&self) -> OfferState {
        match self {
            Self::Selected(_) => OfferState::Selected,
            Self::Created(_) => OfferState::Created,
            Self::Sent(_) => OfferState::Sent,
            Self::SentBack(_) => OfferState::SentBack,
            Self::Accepted(_) => OfferState::Accepted,
            Self::Declined(_) => OfferState::Declined,
            Self::Cancelled(_) => OfferState::Cancelled,
        }
    }

    pub(crate) fn occasion(&self) -> &Occasion {
        match self {
            Self::Selected(occasion)
            | Self::Created(occasion)
            | Self::Sent(occasion)
            | Self::SentBack(occasion)
            | Self::Accepted(occasion)
            | Self::Declined(occasion)
            | Self::Cancelled(occasion) => occasion,
        }
    }
}

impl WorkEvent {
    pub(crate) fn work(&self) -> Work {
        match self {
            Self::Scheduled { work, .. }
            | Self::Started { work, .. }
            | Self::Completed { work, .. } => *work,
        }
    }

    pub(crate) fn occasion(&self) -> &Occasion {
        match self {
            Self::Scheduled { occasion, .. }
            | Self::Started { occasion, .. }
            | Self::Completed { occasion, .. } => occasion,
        }
    }
}

impl ApplicationEvent {
    pub(crate) fn occasion(&self) -> &Occasion {
        match self {
            Self::State(event) => event.occasion(),
            Self::Offer(event) => event.occasion(),
            Self::Work(event) => event.occasion(),
        }
    }
}
