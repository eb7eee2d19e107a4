//! What a batch of a view costs.

use std::{sync::Arc, time::Duration};

use annals_core::Position;
use annals_projections::RunnerSettings;
use annals_testkit::ManualClock;

use crate::{
    account::deposit,
    counted::CountedModels,
    fold::assert_folded,
    place::{Place, swift},
    share_out::{Portion, share_out},
    statement::Statement,
    subject::until,
};

crate::place::everywhere!(
    a_batch_loads_its_rows_by_one_statement_and_writes_them_by_one,
    what_concerns_a_view_not_costs_it_no_transaction,
    what_comes_while_a_runner_lingers_is_one_batch,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// All that is asked in the transaction of a batch.
const OF_A_BATCH: [&str; 5] = ["begin", "load", "store", "swap", "commit"];

async fn a_batch_loads_its_rows_by_one_statement_and_writes_them_by_one(place: Place) {
    let models = Arc::new(CountedModels::new(Arc::clone(&place.models)));
    let counted = place.with_models(models.clone());
    let mut last = Position::START;
    for number in 0..10 {
        last = deposit(&*place.log, number % 7, &[number; 90]).await;
    }
    let end = share_out(&*place.log, &["1", "2", "3", "4"], 10).await;

    let settings = RunnerSettings { batch_events: 100, ..swift() };
    let running = counted.runner::<Statement>().with_settings(settings).start();
    running.wait_for(last, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(models.with(&["load", "store"]), vec![OF_A_BATCH; 9]);

    let models = Arc::new(CountedModels::new(Arc::clone(&place.models)));
    let counted = place.with_models(models.clone());
    let running = counted.runner::<Portion>().with_settings(settings).start();
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(models.with(&["load", "store"]), vec![OF_A_BATCH; 10]);
    assert_folded::<Portion>(&place).await;
}

async fn what_concerns_a_view_not_costs_it_no_transaction(place: Place) {
    let models = Arc::new(CountedModels::new(Arc::clone(&place.models)));
    let counted = place.with_models(models.clone());
    let running = counted.runner::<Statement>().start();
    let first = deposit(&*place.log, 1, &[1]).await;
    running.wait_for(first, PATIENCE).await.unwrap();
    let before = moves(&models);
    let mut end = first;
    for _ in 0..50 {
        end = share_out(&*place.log, &["1"], 1).await;
    }
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(moves(&models), before);
    assert_folded::<Statement>(&place).await;
}

async fn what_comes_while_a_runner_lingers_is_one_batch(place: Place) {
    let (models, clock) =
        (Arc::new(CountedModels::new(Arc::clone(&place.models))), Arc::new(ManualClock::default()));
    let counted = place.with_models(models.clone());
    let linger = Duration::from_secs(1_000);
    let settings = RunnerSettings { linger, stall: linger * 2, ..swift() };
    let runner = counted.runner::<Statement>().with_settings(settings).with_clock(clock.clone());
    let running = runner.start();

    deposit(&*place.log, 1, &[1]).await;
    until(|| async { clock.sleeps().contains(&linger) }).await;
    let end = deposit(&*place.log, 2, &[1; 9]).await;
    assert!(models.with(&["store"]).is_empty(), "it waits for more");

    clock.advance(linger);
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(models.with(&["store"]), [OF_A_BATCH]);
    assert_folded::<Statement>(&place).await;

    deposit(&*place.log, 3, &[1]).await;
    until(|| async { clock.sleeps().iter().filter(|slept| **slept == linger).count() > 1 }).await;
    running.stop().await.unwrap();
    assert_eq!(models.with(&["store"]), [OF_A_BATCH], "who is to stop begins nothing");
}

/// How many transactions there were that did anything but look after the runner.
fn moves(models: &CountedModels) -> usize {
    let all = models.with(&["commit"]);
    // Those that look after the runner ask what time it is.
    all.iter().filter(|asked| !asked.contains(&"now")).count()
}
