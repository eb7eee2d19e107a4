//! Waiting for what will not be: whoever waits is told at once and by name, in whatever process.

use std::{mem, time::Duration};

use annals_core::{Fold, Position};
use annals_projections::{
    Action, Keyed, OnFailure, Phase, RunnerSettings, Running, View, WaitError,
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::{
    account::{Deposited, deposit},
    place::{Place, swift},
    statement::{BANE, Statement},
};

crate::place::everywhere!(
    who_waits_for_one_that_nobody_has_ever_run_is_told,
    who_waits_for_one_that_was_stopped_is_told_at_once,
    who_waits_for_one_that_is_paused_is_told_at_once,
    who_waits_for_one_that_has_halted_is_told_at_once,
    who_waits_for_an_event_that_is_set_aside_is_told_at_once,
    who_waits_for_one_that_was_killed_is_told_once_its_lease_is_over,
    who_was_waiting_when_it_stopped_is_told_at_once,
);

/// How long it may take to be told.
const AT_ONCE: Duration = Duration::from_secs(5);

/// For how long one would wait.
const PATIENCE: Duration = Duration::from_secs(600);

/// What who waits in another process is told, soon.
async fn told(place: &Place, position: Position) -> Result<(), WaitError> {
    let elsewhere = place.again().await;
    let rows = elsewhere.rows::<Statement>();
    timeout(AT_ONCE, rows.wait_for(position, PATIENCE)).await.expect("it is told at once")
}

async fn told_here(running: &Running, position: Position) -> Result<(), WaitError> {
    timeout(AT_ONCE, running.wait_for(position, PATIENCE)).await.expect("it is told at once")
}

async fn who_waits_for_one_that_nobody_has_ever_run_is_told(place: Place) {
    let end = deposit(&*place.log, 1, &[1]).await;
    let told = told(&place, end).await;
    assert!(matches!(told, Err(WaitError::Stopped { name: "statement" })), "{told:?}");
}

async fn who_waits_for_one_that_was_stopped_is_told_at_once(place: Place) {
    let there = deposit(&*place.log, 1, &[1]).await;
    let running = place.runner::<Statement>().start();
    told_here(&running, there).await.unwrap();
    running.stop().await.unwrap();
    told(&place, there).await.unwrap();
    let end = deposit(&*place.log, 1, &[1]).await;
    let told = told(&place, end).await;
    assert!(matches!(told, Err(WaitError::Stopped { name: "statement" })), "{told:?}");
}

async fn who_waits_for_one_that_is_paused_is_told_at_once(place: Place) {
    let there = deposit(&*place.log, 1, &[1]).await;
    let running = place.runner::<Statement>().start();
    told_here(&running, there).await.unwrap();
    let operator = place.again().await.operator();
    let answer = operator.ask("statement", Action::Pause, "ada", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    // It may be in the middle of a batch that it was told to end.
    while !matches!(running.status().phase, Phase::Paused) {
        tokio::task::yield_now().await;
    }
    told(&place, there).await.unwrap();
    let end = deposit(&*place.log, 1, &[1]).await;
    for told in [told(&place, end).await, told_here(&running, end).await] {
        assert!(matches!(told, Err(WaitError::Paused { name: "statement" })), "{told:?}");
    }
    let answer = operator.ask("statement", Action::Resume, "ada", PATIENCE).await.unwrap();
    assert!(answer.is_done, "{answer:?}");
    told_here(&running, end).await.unwrap();
}

async fn who_waits_for_one_that_has_halted_is_told_at_once(place: Place) {
    let there = deposit(&*place.log, 1, &[1]).await;
    let end = deposit(&*place.log, 1, &[BANE, 1]).await;
    let running = place.runner::<Statement>().start();
    let here = told_here(&running, end).await;
    assert!(matches!(here, Err(WaitError::Halted { name: "statement", .. })), "{here:?}");
    match told(&place, end).await {
        Err(WaitError::Halted { name: "statement", source }) => {
            let why = source.to_string();
            let says = ["position 2 cannot be projected", "this is never mended"];
            assert!(says.iter().all(|it| why.contains(it)), "{why}");
        }
        other => panic!("{other:?}"),
    }
    told(&place, there).await.unwrap();
    assert!(!running.status().is_healthy());
}

async fn who_waits_for_an_event_that_is_set_aside_is_told_at_once(place: Place) {
    let there = deposit(&*place.log, 1, &[1]).await;
    let aside = deposit(&*place.log, 1, &[BANE]).await;
    let other = deposit(&*place.log, 2, &[1]).await;
    let behind = deposit(&*place.log, 1, &[1]).await;
    let runner = || place.runner::<Statement>().on_failure(OnFailure::PARK).shares(2);
    let running = runner().start();
    told_here(&running, behind).await.unwrap_err();
    for fine in [there, other] {
        told(&place, fine).await.unwrap();
        told_here(&running, fine).await.unwrap();
    }
    for position in [aside, behind] {
        for told in [told(&place, position).await, told_here(&running, position).await] {
            let Err(WaitError::Parked { name: "statement", key }) = &told else {
                panic!("{told:?}")
            };
            assert_eq!(key, "1");
        }
    }
    running.stop().await.unwrap();
    // Not even who has only just begun takes it for projected.
    for _ in 0..20 {
        let running = runner().start();
        while running.status().position < behind {
            let told = told_here(&running, aside).await;
            assert!(matches!(told, Err(WaitError::Parked { .. })), "{told:?}");
        }
        running.stop().await.unwrap();
    }
}

/// Runs it in a runtime of its own, which is then gone from one moment to the next.
async fn killed_after(place: &Place, position: Position) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let elsewhere = place.again().await;
    let running = runtime.spawn(async move {
        let running = elsewhere.runner::<Statement>().start();
        running.wait_for(position, PATIENCE).await.unwrap();
        mem::forget(running); // It is not stopped, but ends.
    });
    running.await.unwrap();
    runtime.shutdown_background();
}

async fn who_waits_for_one_that_was_killed_is_told_once_its_lease_is_over(place: Place) {
    let there = deposit(&*place.log, 1, &[1]).await;
    killed_after(&place, there).await;
    let end = deposit(&*place.log, 1, &[1]).await;
    let told_of_it = told(&place, end).await;
    assert!(matches!(told_of_it, Err(WaitError::Stopped { name: "statement" })), "{told_of_it:?}");
    told(&place, there).await.unwrap();
    // Who comes next goes on, without having to be told.
    let running = place.runner::<Statement>().start();
    told_here(&running, end).await.unwrap();
}

/// A view that nothing ever comes of.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stuck {}

impl Fold for Stuck {
    type Event = Deposited;

    fn evolve(&mut self, _: &Deposited) {
        panic!("it is stuck");
    }
}

impl View for Stuck {
    const NAME: &'static str = "stuck";
    const KEYED: Keyed<Deposited> = Keyed::ById;
}

async fn who_was_waiting_when_it_stopped_is_told_at_once(place: Place) {
    let end = deposit(&*place.log, 1, &[1]).await;
    let settings = RunnerSettings { attempts: u32::MAX, ..swift() };
    let running = place.runner::<Stuck>().with_settings(settings).start();
    while !matches!(running.status().phase, Phase::Retrying(_)) {
        tokio::task::yield_now().await;
    }
    let elsewhere = place.again().await;
    let waiting =
        tokio::spawn(async move { elsewhere.rows::<Stuck>().wait_for(end, PATIENCE).await });
    tokio::task::yield_now().await;
    running.stop().await.unwrap();
    let told = timeout(AT_ONCE, waiting).await.expect("it is told at once").unwrap();
    assert!(matches!(told, Err(WaitError::Stopped { name: "stuck" })), "{told:?}");
}
