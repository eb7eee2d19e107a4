//! How long each resource worked on each day, and how long it did not: one row for each of both.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::domain::{ApplicationEvent, WorkEvent};

/// What the view says of a resource on a day. All times are in milliseconds since 1970: on the day on which
/// clocks are put back, a day has 25 hours.
///
/// Whatever order applications come in, it is the same: an earliest, a latest, numbers and a union.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Workload {
    /// Entries of whatever kind.
    pub(crate) entries: u32,
    /// Pieces of work that were completed.
    pub(crate) completed: u32,
    /// Of these, how many were begun on an earlier day, or nobody knows when: no time is counted for them.
    pub(crate) carried: u32,
    /// From the first entry to the last.
    pub(crate) present: Option<(i64, i64)>,
    /// When it was at work on something: in order, and without overlap.
    pub(crate) busy: Vec<(i64, i64)>,
}

/// What a day comes to, in milliseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(crate) present: i64,
    pub(crate) busy: i64,
}

impl Fold for Workload {
    type Event = ApplicationEvent;

    fn evolve(&mut self, event: &ApplicationEvent) {
        let at = event.occasion().happened_at;
        self.entries += 1;
        self.extend(at.millis());
        let ApplicationEvent::Work(WorkEvent::Completed { started_at, .. }) = event else { return };
        self.completed += 1;
        match started_at {
            Some(started) if started.day() == at.day() => {
                self.extend(started.millis());
                self.add(started.millis(), at.millis());
            }
            _ => self.carried += 1,
        }
    }
}

impl Workload {
    pub(crate) fn shift(&self) -> Shift {
        let length = |(from, to): &(i64, i64)| to - from;
        Shift {
            present: self.present.as_ref().map_or(0, length),
            busy: self.busy.iter().map(length).sum(),
        }
    }

    fn extend(&mut self, at: i64) {
        let (from, to) = self.present.unwrap_or((at, at));
        self.present = Some((from.min(at), to.max(at)));
    }

    /// The union with one more span.
    fn add(&mut self, from: i64, to: i64) {
        if from >= to {
            return;
        }
        let (mut from, mut to) = (from, to);
        self.busy.retain(|&(its_from, its_to)| {
            let is_apart = its_to < from || to < its_from;
            if !is_apart {
                (from, to) = (from.min(its_from), to.max(its_to));
            }
            is_apart
        });
        let place = self.busy.partition_point(|&(its_from, _)| its_from < from);
        self.busy.insert(place, (from, to));
    }
}

impl View for Workload {
    const NAME: &'static str = "workload";
    /// Such as `11181/2012-01-09`. What went by itself is nobody's work.
    const KEYED: Keyed<ApplicationEvent> = Keyed::By(|recorded| {
        let occasion = recorded.event.occasion();
        let day = || occasion.happened_at.day();
        occasion.resource.iter().map(|resource| format!("{resource}/{}", day())).collect()
    });
}
