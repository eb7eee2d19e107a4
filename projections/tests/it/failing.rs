//! Projections, logs and databases that fail.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use annals_core::Position;
use annals_memory::{MemoryReadModels, MemoryTx};
use annals_projections::{Build, Halted, Phase, Projection, Recorded, Runner, Running, WaitError};
use annals_testkit::{Call, Fault, FaultyStore};

use crate::{
    account::{Deposited, deposit},
    balances::{Balances, checkpoint, log, quick, read, start},
    subject::until,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// How often an event is projected before its projection halts.
fn times() -> usize {
    usize::try_from(quick().attempts).unwrap() + 1
}

async fn halted(running: &Running, log_end: Position) -> Halted {
    match running.wait_for(log_end, PATIENCE).await {
        Err(WaitError::Halted { name: "balances", source }) => source,
        other => panic!("expected it to halt, got {other:?}"),
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_projected_halts_it_and_all_before_it_is_there() {
    let (log, models) = (log(), MemoryReadModels::default());
    let end = deposit(&*log, 1, &[1; 10]).await;
    let balances = Balances::with(|position| match position.get() {
        7 => Err("there is no seven".to_owned()),
        _ => Ok(()),
    });
    let asked = balances.asked();
    let running = start(&log, &models, balances);

    let Halted::Failed { position, source } = halted(&running, end).await else { panic!() };
    assert_eq!((position.get(), source.to_string().as_str()), (7, "there is no seven"));
    assert_eq!(checkpoint(&models).await.get(), 6);
    assert_eq!(read(&models, 1), Some((6, 6)));
    assert!(!running.status().is_healthy());
    let tried = asked.lock().unwrap().iter().filter(|position| **position == 7).count();
    assert!((times()..=times() + 1).contains(&tried), "tried {tried} times");
}

#[tokio::test]
async fn a_panic_is_a_failure_like_any_other() {
    let (log, models) = (log(), MemoryReadModels::default());
    let end = deposit(&*log, 1, &[1; 3]).await;
    let panics = |position: Position| match position.get() {
        2 => panic!("two is too much"),
        _ => Ok(()),
    };
    let running = start(&log, &models, Balances::with(panics));
    let Halted::Failed { position, source } = halted(&running, end).await else { panic!() };
    assert_eq!((position.get(), source.to_string().as_str()), (2, "panicked: two is too much"));
    assert_eq!(read(&models, 1), Some((1, 1)));
}

#[tokio::test]
async fn what_fails_now_and_then_is_tried_again_and_applied_once() {
    let (log, models) = (log(), MemoryReadModels::default());
    let end = deposit(&*log, 1, &[1; 200]).await;
    let calls = AtomicUsize::new(0);
    let fails = move |_| match calls.fetch_add(1, Ordering::Relaxed) % 37 {
        36 => Err("not now".to_owned()),
        _ => Ok(()),
    };
    let running = start(&log, &models, Balances::with(fails));
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(read(&models, 1), Some((200, 200)));
}

#[tokio::test]
async fn a_log_that_is_away_for_a_while_is_waited_for() {
    let (inner, models) = (log(), MemoryReadModels::default());
    let end = deposit(&*inner, 1, &[1; 50]).await;
    let away = |call| match call {
        Call::ReadLog(1..=10) | Call::WaitPast(1..=10) => Some(Fault::RequestLost),
        Call::ReadLog(11..=20) => Some(Fault::AnswerLost),
        _ => None,
    };
    let log: Arc<dyn annals_core::EventStore> = Arc::new(FaultyStore::new(inner, away));
    let running = start(&log, &models, Balances::new());
    running.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(read(&models, 1), Some((50, 50)));

    // Now that it answers, all is well, also if nothing more happens.
    while !running.status().is_healthy() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_again_and_again_is_not_healthy_in_between() {
    let (log, models) = (log(), MemoryReadModels::default());
    deposit(&*log, 1, &[1; 3]).await;
    let fails =
        |position: Position| if position.get() == 2 { Err("no".to_owned()) } else { Ok(()) };
    let running = start(&log, &models, Balances::with(fails));
    let (mut was_retrying, mut end) = (false, false);
    while !end {
        let status = running.status();
        end = matches!(status.phase, Phase::Halted(_));
        was_retrying |= matches!(status.phase, Phase::Retrying(_));
        assert!(!was_retrying || !status.is_healthy(), "{:?}", status.phase);
        tokio::task::yield_now().await;
    }
}

/// Counts nothing, and has no place to do so until there is room.
struct Roomy {
    has_room: Arc<AtomicBool>,
}

impl Projection<MemoryTx> for Roomy {
    type Event = Deposited;
    type Error = &'static str;
    const NAME: &'static str = "roomy";

    async fn begin(&self, _: Build, _: &mut MemoryTx) -> Result<(), &'static str> {
        if self.has_room.load(Ordering::Relaxed) { Ok(()) } else { Err("there is no room") }
    }

    async fn project(
        &self,
        _: &Recorded<Deposited>,
        _: Build,
        _: &mut MemoryTx,
    ) -> Result<(), &'static str> {
        Ok(())
    }
}

#[tokio::test]
async fn what_cannot_be_begun_is_told_to_who_waits_and_goes_on_when_it_can() {
    let (log, has_room) = (log(), Arc::new(AtomicBool::new(false)));
    let end = deposit(&*log, 1, &[1; 3]).await;
    let roomy = Roomy { has_room: Arc::clone(&has_room) };
    let models = Arc::new(MemoryReadModels::default());
    let running = Runner::of_projection(log, models, roomy).with_settings(quick()).start();

    let error = running.wait_for(end, PATIENCE).await.unwrap_err();
    let WaitError::Halted { name: "roomy", source: Halted::Store(error) } = error else {
        panic!("expected it to halt, got {error:?}");
    };
    assert_eq!(error.source().expect("why").to_string(), "there is no room");
    assert!(!running.status().is_healthy());

    has_room.store(true, Ordering::Relaxed);
    until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
    assert!(running.status().is_healthy());
}

#[test]
fn a_projection_whose_runtime_is_gone_is_seen_to_have_ended() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(async {
        let (log, models) = (log(), MemoryReadModels::default());
        let end = deposit(&*log, 1, &[1]).await;
        let running = start(&log, &models, Balances::new());
        running.wait_for(end, PATIENCE).await.unwrap();
        running
    });
    drop(runtime);
    assert!(matches!(running.status().phase, Phase::Halted(Halted::Cut)));
}
