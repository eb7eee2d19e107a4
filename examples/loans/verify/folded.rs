//! Every read model by a fold of the whole log, in memory, without anything that keeps it otherwise.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use annals::{Envelope, Filter, Keyed, Position, Recorded, View, prelude::*};
use futures::TryStreamExt;

use super::{
    super::{
        Failure,
        domain::{ApplicationEvent, State},
        models::{Days, Funnel, Present, Throughput, Workload},
    },
    original::Entries,
};

#[derive(Default)]
pub(super) struct Folded {
    /// Up to where the log was read.
    pub(super) position: Position,
    pub(super) funnel: BTreeMap<String, Funnel>,
    pub(super) throughput: BTreeMap<String, Throughput>,
    pub(super) workload: BTreeMap<String, Workload>,
    pub(super) present: BTreeMap<String, Present>,
    pub(super) days: Days,
    pub(super) entries: Entries,
    states: HashMap<String, State>,
}

impl Folded {
    pub(super) async fn of(annals: &Annals) -> Result<Self, Failure> {
        let mut folded = Self::default();
        let mut log = annals.store().read_log(Position::START, Filter::All);
        while let Some(envelope) = log.try_next().await? {
            folded.add(&envelope)?;
        }
        Ok(folded)
    }

    fn add(&mut self, envelope: &Arc<Envelope>) -> Result<(), Failure> {
        self.position = envelope.position;
        fold(&mut self.funnel, envelope)?;
        fold(&mut self.throughput, envelope)?;
        fold(&mut self.workload, envelope)?;
        fold(&mut self.present, envelope)?;
        let Some(event) = envelope.decode::<ApplicationEvent>()? else { return Ok(()) };
        let case = envelope.stream.id();
        self.entries.record(case, &event);
        if let ApplicationEvent::State(event) = event {
            let (day, state) = (event.occasion().happened_at.day(), event.state());
            self.days.entry((day.clone(), state.name().to_owned())).or_default().entered += 1;
            if let Some(before) = self.states.insert(case.to_owned(), state) {
                self.days.entry((day, before.name().to_owned())).or_default().departed += 1;
            }
        }
        Ok(())
    }
}

fn fold<V: View>(rows: &mut BTreeMap<String, V>, envelope: &Arc<Envelope>) -> Result<(), Failure> {
    let Some(event) = envelope.decode::<V::Event>()? else { return Ok(()) };
    let recorded = Recorded { event, envelope: Arc::clone(envelope) };
    let keys = match V::KEYED {
        Keyed::ByStream => vec![envelope.stream.to_string()],
        Keyed::ById => vec![envelope.stream.id().to_owned()],
        Keyed::By(keys) => keys(&recorded),
    };
    for key in keys {
        rows.entry(key.clone()).or_default().project(&key, &recorded);
    }
    Ok(())
}
