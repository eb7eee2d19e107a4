//! Several projections that are fed from one reading of the log.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use annals_core::{EventStore, Fold, Position};
use annals_memory::{MemoryReadModels, MemoryTx};
use annals_projections::{Build, Projection, Recorded, Runner, View};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{
    account::{Deposited, deposit, note},
    counted::CountedLog,
    fold::assert_folded,
    place::Place,
    share_out::{Portion, share_out},
    statement::Statement,
};

crate::place::everywhere!(
    five_projections_read_the_log_about_once,
    projections_of_other_events_are_fed_what_is_theirs,
);

const PATIENCE: Duration = Duration::from_secs(60);

/// Statements under other names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Tally<const N: usize>(Statement);

impl<const N: usize> Fold for Tally<N> {
    type Event = Deposited;

    fn evolve(&mut self, event: &Deposited) {
        self.0.evolve(event);
    }
}

impl<const N: usize> View for Tally<N> {
    const NAME: &'static str = ["tally_0", "tally_1", "tally_2", "tally_3", "tally_4"][N];
}

async fn five_projections_read_the_log_about_once(place: Place) {
    let mut end = Position::START;
    for number in 0..50 {
        end = deposit(&*place.log, number % 7, &[number; 100]).await;
    }
    let log = Arc::new(CountedLog::new(Arc::clone(&place.log)));
    let counted = place.with_log(log.clone());
    let runs = Runner::start_all([
        counted.runner::<Tally<0>>(),
        counted.runner::<Tally<1>>(),
        counted.runner::<Tally<2>>(),
        counted.runner::<Tally<3>>(),
        counted.runner::<Tally<4>>(),
    ]);
    runs.wait_for(end, PATIENCE).await.unwrap();
    assert!(log.read() <= 7_500, "5,000 events, of which {} were read", log.read());
    assert_folded::<Tally<0>>(&place).await;
    assert_folded::<Tally<1>>(&place).await;
    assert_folded::<Tally<2>>(&place).await;
    assert_folded::<Tally<3>>(&place).await;
    assert_folded::<Tally<4>>(&place).await;
    runs.stop().await.unwrap();
}

async fn projections_of_other_events_are_fed_what_is_theirs(place: Place) {
    let runs = Runner::start_all([
        place.runner::<Tally<0>>(),
        place.runner::<Portion>().shares(3),
        place.runner::<Statement>(),
    ]);
    let mut end = Position::START;
    for number in 0..300 {
        match number % 3 {
            0 => deposit(&*place.log, number % 7, &[number]).await,
            1 => share_out(&*place.log, &["1", "2", "3"], number).await,
            _ => note(&*place.log, 1).await,
        };
        end = end.plus(1);
    }
    runs.wait_for(end, PATIENCE).await.unwrap();
    assert!(runs.is_healthy());
    assert_folded::<Tally<0>>(&place).await;
    assert_folded::<Portion>(&place).await;
    assert_folded::<Statement>(&place).await;
    runs.stop().await.unwrap();
}

/// Projects an event when it is let to.
struct Slow {
    lets: Arc<Semaphore>,
    found: Arc<Mutex<BTreeMap<i64, u64>>>,
}

impl Projection<MemoryTx> for Slow {
    type Event = Deposited;
    type Error = String;
    const NAME: &'static str = "slow";

    async fn project(
        &self,
        recorded: &Recorded<Deposited>,
        _: Build,
        _: &mut MemoryTx,
    ) -> Result<(), String> {
        self.lets.acquire().await.unwrap().forget();
        let position = recorded.envelope.position.get();
        self.found.lock().unwrap().insert(position, recorded.event.0);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projection_that_is_slow_does_not_hold_the_others_back() {
    let place = Place::in_memory();
    let (lets, found) = (Arc::new(Semaphore::new(0)), Arc::default());
    let slow = Slow { lets: Arc::clone(&lets), found: Arc::clone(&found) };
    // Of its own, since only one may write to read models in memory at a time.
    let elsewhere = Arc::new(MemoryReadModels::default());
    let log: Arc<dyn EventStore> = Arc::clone(&place.log);
    let slow = Runner::of_projection(log, elsewhere, slow);
    let runs = Runner::start_all([place.runner::<Statement>(), slow, place.runner::<Tally<0>>()]);

    let mut end = Position::START;
    for number in 0..30 {
        end = deposit(&*place.log, number % 7, &[number; 100]).await;
        for name in ["statement", "tally_0"] {
            runs.get(name).unwrap().wait_for(end, PATIENCE).await.unwrap();
        }
    }
    assert!(found.lock().unwrap().is_empty());
    assert!(runs.get("slow").unwrap().status().position < end);

    lets.add_permits(3_000);
    runs.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(found.lock().unwrap().len(), 3_000);
    assert_folded::<Statement>(&place).await;
    runs.stop().await.unwrap();
}
