//! What happens to an application, what that makes of it, and what may happen next.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Event)]
pub enum ApplicationEvent {
    #[event("application-submitted")]
    Submitted { amount: Money },
    #[event("application-preaccepted")]
    Preaccepted,
    #[event("offer-sent")]
    OfferSent { offer: u32 },
    #[event("application-declined")]
    Declined,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Money(u64); // euros

impl Money {
    pub fn of_euros(euros: u64) -> Self {
        Self(euros)
    }

    pub fn euros(self) -> u64 {
        self.0
    }
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    #[default]
    NotThere,
    Submitted,
    Preaccepted,
    Offered,
    Declined,
}

/// Each field says which events change it, and to what.
#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(ApplicationEvent)]
pub struct Application {
    #[fold(
        Submitted => State::Submitted,
        Preaccepted => State::Preaccepted,
        OfferSent => State::Offered,
        Declined => State::Declined,
    )]
    pub state: State,
    #[fold(OfferSent { offer } => *offer)]
    pub offers: u32,
}

impl Aggregate for Application {
    const CATEGORY: Category = Category::new("application");
}

/// A customer applies for that much.
pub struct Submit(pub Money);

/// The application becomes that. [`Submit`] it first.
pub struct Advance(pub State);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the application is {0:?}, and so cannot become {1:?}")]
pub struct Refused(pub State, pub State);

impl Application {
    fn check(&self, to: State) -> Result<(), Refused> {
        use State::{Declined, NotThere, Offered, Preaccepted, Submitted};
        match (self.state, to) {
            (NotThere, Submitted)
            | (Submitted, Preaccepted | Declined)
            | (Preaccepted | Offered, Offered | Declined) => Ok(()),
            (from, to) => Err(Refused(from, to)),
        }
    }
}

impl Command for Submit {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Result<Vec<ApplicationEvent>, Refused> {
        application.check(State::Submitted)?;
        Ok(vec![ApplicationEvent::Submitted { amount: self.0 }])
    }
}

impl Command for Advance {
    type Aggregate = Application;
    type Rejection = Refused;

    fn decide(&self, application: &Application) -> Result<Vec<ApplicationEvent>, Refused> {
        application.check(self.0)?;
        Ok(vec![match self.0 {
            State::Preaccepted => ApplicationEvent::Preaccepted,
            State::Offered => ApplicationEvent::OfferSent { offer: application.offers + 1 },
            State::Declined => ApplicationEvent::Declined,
            to => return Err(Refused(application.state, to)),
        }])
    }
}
