//! A read model: how much is on each account, and how many deposits that took.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use annals_core::{EventStore, Filter, Position, ReadModels, SystemClock};
use annals_memory::{MemoryReadModels, MemoryStore, MemoryTx};
use annals_projections::{Build, Projection, Recorded, Runner, RunnerSettings, Running};
use futures::TryStreamExt;

use crate::account::Deposited;

/// What befalls a deposit before it is projected: the answer of a test, by its position.
type Fate = Arc<dyn Fn(Position) -> Result<(), String> + Send + Sync>;

pub(crate) struct Balances {
    fate: Fate,
    /// Every position that was asked for, in order.
    asked: Arc<Mutex<Vec<i64>>>,
}

impl Balances {
    pub(crate) fn new() -> Self {
        Self::with(|_| Ok(()))
    }

    pub(crate) fn with(
        fate: impl Fn(Position) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self { fate: Arc::new(fate), asked: Arc::default() }
    }

    pub(crate) fn asked(&self) -> Arc<Mutex<Vec<i64>>> {
        Arc::clone(&self.asked)
    }
}

impl Projection<MemoryTx> for Balances {
    type Event = Deposited;
    type Error = String;
    const NAME: &'static str = "balances";

    async fn project(
        &self,
        recorded: &Recorded<Deposited>,
        _: Build,
        tx: &mut MemoryTx,
    ) -> Result<(), String> {
        self.asked.lock().unwrap().push(recorded.envelope.position.get());
        tokio::task::yield_now().await; // Others may do something meanwhile.
        let key = recorded.envelope.stream.to_string();
        let row = tx.get(&key);
        let (cents, deposits) = row.map_or((0, 0), |row| parse(row.as_text().unwrap()));
        tx.put(key, format!("{} {}", cents + recorded.event.0, deposits + 1));
        // After it was written, so that what is written has to be taken back.
        (self.fate)(recorded.envelope.position)
    }
}

fn parse(row: &str) -> (u64, u64) {
    let (cents, deposits) = row.split_once(' ').unwrap();
    (cents.parse().unwrap(), deposits.parse().unwrap())
}

/// Pauses that are over soon.
pub(crate) fn quick() -> RunnerSettings {
    let (first_pause, longest_pause) =
        (std::time::Duration::from_millis(1), std::time::Duration::from_millis(5));
    RunnerSettings { first_pause, longest_pause, ..RunnerSettings::default() }
}

pub(crate) fn log() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

pub(crate) fn start(
    log: &Arc<dyn EventStore>,
    models: &MemoryReadModels,
    balances: Balances,
) -> Running {
    let runner = Runner::of_projection(Arc::clone(log), Arc::new(models.clone()), balances);
    runner.with_settings(quick()).start()
}

/// What the read model has.
pub(crate) fn read(models: &MemoryReadModels, number: u64) -> Option<(u64, u64)> {
    let row = models.get(&format!("account:{number}"))?;
    Some(parse(row.as_text().unwrap()))
}

/// What it should have, by a fold of the whole log.
pub(crate) async fn expected(log: &dyn EventStore) -> BTreeMap<String, (u64, u64)> {
    let mut balances = BTreeMap::new();
    let mut events = log.read_log(Position::START, Filter::of::<Deposited>());
    while let Some(envelope) = events.try_next().await.unwrap() {
        let Deposited(cents) = envelope.decode().unwrap().unwrap();
        let (sum, deposits) = balances.entry(envelope.stream.to_string()).or_insert((0, 0));
        *sum += cents;
        *deposits += 1;
    }
    balances
}

/// Where the projection is, as the next runner will find it.
pub(crate) async fn checkpoint(models: &dyn ReadModels) -> Position {
    let mark = models.record("checkpoint", "balances/1/0000").await.unwrap();
    let mark: serde_json::Value = serde_json::from_str(&mark.unwrap()).unwrap();
    Position::new(mark["position"].as_i64().unwrap()).unwrap()
}
