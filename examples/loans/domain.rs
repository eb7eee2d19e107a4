//! Applications for loans: what happens to them, what that makes of them, and what may happen next.

// In the order in which a newcomer reads them.
mod words;
mod events;
mod application;
mod offers;
mod rules;
mod commands;

pub(crate) use application::Application;
pub(crate) use commands::{
    Advance, CompleteWork, HandleOffer, Intent, ScheduleWork, StartWork, Submit,
};
pub(crate) use events::{ApplicationEvent, Occasion, StateEvent, WorkEvent};
pub(crate) use rules::Refused;
pub(crate) use words::{OfferState, State, Step, Work};
