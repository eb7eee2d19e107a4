//! An application: the state that commands are decided on.

use std::collections::BTreeMap;

use annals::prelude::*;

use super::super::moment::Moment;
use super::{
    events::{ApplicationEvent, WorkEvent},
    offers::Offers,
    words::{State, Work},
};

/// Each field says which events change it, and to what.
#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(ApplicationEvent)]
pub(crate) struct Application {
    /// Every state it was in, in this order; the last is what it is.
    #[fold(State(event) => |states| states.push(event.state()))]
    pub(crate) states: Vec<State>,

    #[fold(Offer(event) => self.offers.after(event))]
    pub(crate) offers: Offers,

    /// All work that was ever scheduled, and since when it is under way.
    #[fold(
        Work(WorkEvent::Scheduled { work, .. }) => |all| { all.entry(*work).or_default(); },
        Work(WorkEvent::Started { work, occasion }) => |all| {
            all.insert(*work, Some(occasion.happened_at));
        },
        Work(WorkEvent::Completed { work, .. }) => |all| { all.insert(*work, None); },
    )]
    pub(crate) work: BTreeMap<Work, Option<Moment>>,

    /// Up to which entry its file is recorded.
    #[fold(
        State(event) => event.occasion().entry,
        Offer(event) => event.occasion().entry,
        Work(event) => event.occasion().entry,
    )]
    pub(crate) entry: u32,

    /// When that happened.
    #[fold(
        State(event) => Some(event.occasion().happened_at),
        Offer(event) => Some(event.occasion().happened_at),
        Work(event) => Some(event.occasion().happened_at),
    )]
    pub(crate) last_at: Option<Moment>,
}

impl Aggregate for Application {
    const CATEGORY: Category = Category::new("application");
}

impl Application {
    /// What it is. Nothing, before it is submitted.
    pub(crate) fn state(&self) -> Option<State> {
        self.states.last().copied()
    }
}
