//! What someone may want of an application. Each is refused where a rule says so, and else happens.

use annals::prelude::*;

use super::super::moment::Moment;
use super::{
    application::Application,
    events::{ApplicationEvent, Occasion, OfferEvent, StateEvent, WorkEvent},
    rules::Refused,
    words::{OfferState, State, Work},
};

/// A customer applies for so much.
#[derive(Debug, Clone)]
pub(crate) struct Submit {
    pub(crate) cents: u64,
    pub(crate) registered_at: Moment,
    pub(crate) occasion: Occasion,
}

/// The application becomes that. [`Submit`] it first.
#[derive(Debug, Clone)]
pub(crate) struct Advance {
    pub(crate) to: State,
    pub(crate) occasion: Occasion,
}

/// An offer becomes that.
#[derive(Debug, Clone)]
pub(crate) struct HandleOffer {
    pub(crate) to: OfferState,
    pub(crate) occasion: Occasion,
}

#[derive(Debug, Clone)]
pub(crate) struct ScheduleWork {
    pub(crate) work: Work,
    pub(crate) occasion: Occasion,
}

#[derive(Debug, Clone)]
pub(crate) struct StartWork {
    pub(crate) work: Work,
    pub(crate) occasion: Occasion,
}

#[derive(Debug, Clone)]
pub(crate) struct CompleteWork {
    pub(crate) work: Work,
    pub(crate) occasion: Occasion,
}

/// Any of them: what a row of a log stands for.
#[derive(Debug, Clone)]
pub(crate) enum Intent {
    Submit(Submit),
    Advance(Advance),
    HandleOffer(HandleOffer),
    ScheduleWork(ScheduleWork),
    StartWork(StartWork),
    CompleteWork(CompleteWork),
}

type Decision = Result<Vec<ApplicationEvent>, Refused>;

impl Command for Submit {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let Submit { cents, registered_at, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_state(State::Submitted)?;
        Ok(vec![ApplicationEvent::State(StateEvent::Submitted { cents, registered_at, occasion })])
    }
}

impl Command for Advance {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let Advance { to, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_state(to)?;
        let event = match to {
            // There would be no amount.
            State::Submitted => return Err(Refused::State { from: application.state(), to }),
            State::PartlySubmitted => StateEvent::PartlySubmitted(occasion),
            State::Preaccepted => StateEvent::Preaccepted(occasion),
            State::Accepted => StateEvent::Accepted(occasion),
            State::Finalised => StateEvent::Finalised(occasion),
            State::Approved => StateEvent::Approved(occasion),
            State::Registered => StateEvent::Registered(occasion),
            State::Activated => StateEvent::Activated(occasion),
            State::Declined => StateEvent::Declined(occasion),
            State::Cancelled => StateEvent::Cancelled(occasion),
        };
        Ok(vec![ApplicationEvent::State(event)])
    }
}

impl Command for HandleOffer {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let HandleOffer { to, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_offer(to)?;
        let event = match to {
            OfferState::Selected => OfferEvent::Selected(occasion),
            OfferState::Created => OfferEvent::Created(occasion),
            OfferState::Sent => OfferEvent::Sent(occasion),
            OfferState::SentBack => OfferEvent::SentBack(occasion),
            OfferState::Accepted => OfferEvent::Accepted(occasion),
            OfferState::Declined => OfferEvent::Declined(occasion),
            OfferState::Cancelled => OfferEvent::Cancelled(occasion),
        };
        Ok(vec![ApplicationEvent::Offer(event)])
    }
}

impl Command for ScheduleWork {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let ScheduleWork { work, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_schedule(work)?;
        Ok(vec![ApplicationEvent::Work(WorkEvent::Scheduled { work, occasion })])
    }
}

impl Command for StartWork {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let StartWork { work, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_scheduled(work)?;
        Ok(vec![ApplicationEvent::Work(WorkEvent::Started { work, occasion })])
    }
}

impl Command for CompleteWork {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        let CompleteWork { work, occasion } = self.clone();
        application.check_order(&occasion)?;
        application.check_scheduled(work)?;
        // What only the aggregate knows goes into the event: so readers need not.
        let started_at = application.work.get(&work).copied().flatten();
        Ok(vec![ApplicationEvent::Work(WorkEvent::Completed { work, started_at, occasion })])
    }
}

impl Command for Intent {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Decision {
        match self {
            Intent::Submit(command) => command.decide(application),
            Intent::Advance(command) => command.decide(application),
            Intent::HandleOffer(command) => command.decide(application),
            Intent::ScheduleWork(command) => command.decide(application),
            Intent::StartWork(command) => command.decide(application),
            Intent::CompleteWork(command) => command.decide(application),
        }
    }
}
