//! Catching up, following, and coming to an end.

use std::{sync::Arc, time::Duration};

use annals_core::Position;
use annals_memory::MemoryReadModels;
use annals_projections::{Phase, Runner, RunnerSettings};

use crate::{
    account::{deposit, note},
    balances::{Balances, checkpoint, log, quick, read, start},
};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_projection_catches_up_and_then_follows() {
    let (log, models) = (log(), MemoryReadModels::default());
    deposit(&*log, 1, &[1, 2, 3]).await;
    let running = start(&log, &models, Balances::new());
    let there = deposit(&*log, 2, &[10]).await;
    running.wait_for(there, PATIENCE).await.unwrap();
    assert_eq!((read(&models, 1), read(&models, 2)), (Some((6, 3)), Some((10, 1))));

    let later = deposit(&*log, 1, &[4]).await;
    running.wait_for(later, PATIENCE).await.unwrap();
    assert_eq!(read(&models, 1), Some((10, 4)));
    assert_eq!(running.status().lag(), 0);
    assert!(running.status().is_healthy());
}

#[tokio::test]
async fn what_concerns_it_not_moves_the_checkpoint_all_the_same() {
    let (log, models) = (log(), MemoryReadModels::default());
    let running = start(&log, &models, Balances::new());
    deposit(&*log, 1, &[1]).await;
    let noted = note(&*log, 1).await;
    running.wait_for(noted, PATIENCE).await.unwrap();
    assert_eq!(read(&models, 1), Some((1, 1)));

    let mut last = noted;
    for _ in 0..1_500 {
        last = note(&*log, 1).await;
    }
    running.wait_for(last, PATIENCE).await.unwrap();
    assert!(checkpoint(&models).await >= noted.plus(400), "now and then it is kept");
    running.stop().await.unwrap();
    assert_eq!(checkpoint(&models).await, last, "and at the end");
}

#[tokio::test]
async fn a_projection_goes_on_where_the_one_before_it_was_stopped() {
    let (log, models) = (log(), MemoryReadModels::default());
    for round in 1..=5 {
        let there = deposit(&*log, 1, &[1; 100]).await;
        let balances = Balances::new();
        let asked = balances.asked();
        let running = start(&log, &models, balances);
        running.wait_for(there, PATIENCE).await.unwrap();
        let status = running.stop().await.unwrap();
        assert!(matches!(status.phase, Phase::Stopped), "{:?}", status.phase);
        assert_eq!(asked.lock().unwrap().len(), 100, "nothing is projected again");
        assert_eq!(read(&models, 1), Some((round * 100, round * 100)));
    }
}

#[tokio::test]
async fn a_batch_has_no_more_events_and_bytes_than_it_may() {
    let log = log();
    let there = deposit(&*log, 1, &[1; 50]).await;
    let few = RunnerSettings { batch_events: 7, ..quick() };
    let small = RunnerSettings { batch_bytes: 1, ..quick() };
    let none = RunnerSettings { batch_events: 0, batch_bytes: 0, ..quick() };
    for (name, settings) in [("few", few), ("small", small), ("none", none)] {
        let models = MemoryReadModels::default();
        let runner = Runner::of_projection(log.clone(), Arc::new(models.clone()), Balances::new());
        let running = runner.with_settings(settings).start();
        running.wait_for(there, PATIENCE).await.unwrap();
        assert_eq!(read(&models, 1), Some((50, 50)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_runners_each_event_is_applied_by_one() {
    let (log, models) = (log(), MemoryReadModels::default());
    let runners = [(); 2].map(|()| start(&log, &models, Balances::new()));
    let mut there = Position::START;
    for _ in 0..50 {
        there = deposit(&*log, 1, &[1; 20]).await;
    }
    for running in &runners {
        running.wait_for(there, PATIENCE).await.unwrap();
    }
    assert_eq!(read(&models, 1), Some((1_000, 1_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_what_runs_stops_it_though_there_is_more_to_do() {
    let (log, models) = (log(), MemoryReadModels::default());
    let mut there = Position::START;
    for _ in 0..100 {
        there = deposit(&*log, 1, &[1; 100]).await;
    }
    let balances = Balances::new();
    let asked = Arc::downgrade(&balances.asked());
    let one_by_one = RunnerSettings { batch_events: 1, ..quick() };
    let runner = Runner::of_projection(log.clone(), Arc::new(models.clone()), balances);
    let running = runner.with_settings(one_by_one).start();
    running.wait_for(Position::START.plus(1), PATIENCE).await.unwrap();
    drop(running);
    // The task drops the projection when it ends.
    while asked.upgrade().is_some() {
        tokio::task::yield_now().await;
    }
    assert!(checkpoint(&models).await < there);
}
