//! How long each application took from its submission to its end, with columns to find it by.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::{
    domain::{State, StateEvent},
    moment::Moment,
};

/// Amounts below which applications are told apart, in euros.
pub(crate) const BANDS: [(u64, &str); 5] = [
    (5_000, "below 5,000"),
    (10_000, "5,000 to 9,999"),
    (20_000, "10,000 to 19,999"),
    (50_000, "20,000 to 49,999"),
    (u64::MAX, "50,000 and more"),
];

/// What the view says of an application.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Throughput {
    pub(crate) euros: u64,
    pub(crate) submitted_at: Option<Moment>,
    /// How it ended: activated, declined or cancelled.
    pub(crate) outcome: Option<State>,
    pub(crate) ended_at: Option<Moment>,
}

impl Fold for Throughput {
    type Event = StateEvent;

    fn evolve(&mut self, event: &StateEvent) {
        match event {
            StateEvent::Submitted { cents, occasion, .. } => {
                self.euros = cents / 100;
                self.submitted_at = Some(occasion.happened_at);
            }
            StateEvent::Activated(occasion)
            | StateEvent::Declined(occasion)
            | StateEvent::Cancelled(occasion) => {
                self.outcome = Some(event.state());
                self.ended_at = Some(occasion.happened_at);
            }
            _ => {}
        }
    }
}

impl Throughput {
    pub(crate) const BAND: Column<Self, String> =
        Column::text("band", |it: &Self| it.band().into()).indexed();
    pub(crate) const OUTCOME: Column<Self, String> =
        Column::text("outcome", |it: &Self| it.outcome.map(State::name).into());
    pub(crate) const MILLIS: Column<Self, i64> =
        Column::integer("millis", |it: &Self| it.millis().into()).indexed();

    pub(crate) fn band(&self) -> &'static str {
        let band = BANDS.iter().find(|(below, _)| self.euros < *below);
        band.map_or("", |(_, band)| band)
    }

    /// How long it took, if it has ended.
    pub(crate) fn millis(&self) -> Option<i64> {
        Some(self.ended_at?.millis() - self.submitted_at?.millis())
    }
}

impl View for Throughput {
    const NAME: &'static str = "throughput";
    const KEYED: Keyed<StateEvent> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] =
        &[Self::BAND.any(), Self::MILLIS.any(), Self::OUTCOME.any()];
}
