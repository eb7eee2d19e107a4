//! Whether all is well, and how far behind a projection is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use annals_projections::{Action, Build, Phase, Projection, Recorded, RunnerSettings, Running};
use tokio::sync::watch;

use crate::{
    ledger::{Entry, enter},
    own::{Keep, runner_of},
    place::{Place, swift},
    subject::{PATIENCE, Subject, of_both, until},
};

crate::place::everywhere!(
    a_projection_that_hangs_is_stalled_and_healthy_again_when_it_goes_on,
    it_is_stopped_within_5_s_though_a_batch_hangs_for_ever,
);

of_both!(
    who_stands_by_is_healthy_and_takes_over,
    how_far_behind_each_share_is_is_told_in_events_and_in_time,
);

/// Does nothing, for as long as the gate is closed.
struct Hanging {
    is_closed: watch::Receiver<bool>,
    arrived: Arc<AtomicUsize>,
}

impl<Tx: Keep> Projection<Tx> for Hanging {
    type Event = Entry;
    type Error = String;
    const NAME: &'static str = "hanging";

    async fn project(&self, _: &Recorded<Entry>, _: Build, _: &mut Tx) -> Result<(), String> {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        let mut is_closed = self.is_closed.clone();
        is_closed.wait_for(|is_closed| !*is_closed).await.map(|_| ()).map_err(|e| e.to_string())
    }
}

const STALL: Duration = Duration::from_millis(200);

/// Runs, and hangs once there is something to do.
async fn hang(place: &Place, settings: RunnerSettings) -> (Running, watch::Sender<bool>) {
    let (is_closed, arrived) = (watch::Sender::new(false), Arc::<AtomicUsize>::default());
    let hanging = Hanging { is_closed: is_closed.subscribe(), arrived: Arc::clone(&arrived) };
    let running = runner_of(place, hanging).await.with_settings(settings).start();
    let end = enter(&*place.log, "a", &[1]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    until(|| async { running.status().is_healthy() }).await;
    is_closed.send(true).unwrap();
    let before = arrived.load(Ordering::Acquire);
    enter(&*place.log, "a", &[2]).await;
    until(|| async { arrived.load(Ordering::Acquire) > before }).await;
    (running, is_closed)
}

async fn a_projection_that_hangs_is_stalled_and_healthy_again_when_it_goes_on(place: Place) {
    let settings = RunnerSettings { stall: STALL, ..swift() };
    let (running, is_closed) = hang(&place, settings).await;
    let began = Instant::now();
    until(|| async { matches!(running.status().phase, Phase::Stalled) }).await;
    let (took, beat) = (began.elapsed(), settings.lease / 5);
    assert!(took < STALL + beat + Duration::from_secs(1), "{took:?}; a busy machine has 1 s more");
    assert!(!running.status().is_healthy());

    is_closed.send(false).unwrap();
    let end = enter(&*place.log, "a", &[3]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    until(|| async { running.status().is_healthy() }).await;
    running.stop().await.unwrap();
}

async fn it_is_stopped_within_5_s_though_a_batch_hangs_for_ever(place: Place) {
    let (running, _is_closed) = hang(&place, swift()).await;
    let began = Instant::now();
    running.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // Nobody has to wait for it.
    let (_open, is_closed) = watch::channel(false);
    let next = Hanging { is_closed, arrived: Arc::default() };
    let next = runner_of(&place, next).await.with_settings(swift()).start();
    let end = enter(&*place.log, "a", &[3]).await;
    next.wait_for(end, PATIENCE).await.unwrap();
    next.stop().await.unwrap();
}

/// Where the transaction of who hangs keeps nobody else from theirs.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_stopped_within_5_s_though_the_share_that_hangs_was_taken_from_it() {
    let place = Place::in_postgres().await;
    let (running, _is_closed) = hang(&place, swift()).await;
    let (_open, is_closed) = watch::channel(false);
    let other = Hanging { is_closed, arrived: Arc::default() };
    let settings = RunnerSettings { shares: 4, ..swift() };
    let other = runner_of(&place.again().await, other).await.with_settings(settings).start();
    let end = enter(&*place.log, "b", &[3]).await;
    until(|| async { other.status().shares == (2, 4) }).await;
    let began = Instant::now();
    running.stop().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    other.wait_for(end, PATIENCE).await.unwrap();
    other.stop().await.unwrap();
}

async fn who_stands_by_is_healthy_and_takes_over(subject: Subject) {
    let log = subject.place.log.clone();
    let first = subject.start(swift()).await;
    let end = enter(&*log, "a", &[1]).await;
    first.wait_for(end, PATIENCE).await.unwrap();
    until(|| async { first.status().shares == (1, 1) }).await;
    let second = subject.again().await.start(swift()).await;
    until(|| async { matches!(second.status().phase, Phase::StandingBy) }).await;
    assert!(second.status().is_healthy());
    assert_eq!(second.status().shares, (0, 1));
    second.wait_for(end, PATIENCE).await.unwrap();
    first.stop().await.unwrap();
    let end = enter(&*log, "a", &[2]).await;
    until(|| async { second.status().shares == (1, 1) }).await;
    second.wait_for(end, PATIENCE).await.unwrap();
    until(|| async { matches!(second.status().phase, Phase::Following) }).await;
    second.stop().await.unwrap();
}

async fn how_far_behind_each_share_is_is_told_in_events_and_in_time(subject: Subject) {
    let log = subject.place.log.clone();
    let running = subject.start(RunnerSettings { shares: 2, ..swift() }).await;
    let end = enter(&*log, "a", &[1, 2, 3]).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    assert!(subject.ask(Action::Pause).await.is_done);
    let operator = subject.operator();
    let show = || async { operator.show(subject.name()).await.unwrap().unwrap() };
    // Each share ends with a checkpoint.
    until(|| async { show().await.shares.iter().all(|share| share.worker.is_none()) }).await;
    let before = show().await;
    assert_eq!(before.shares.len(), 2);

    let end = enter(&*log, "a", &[4; 7]).await;
    let behind = show().await;
    assert_eq!(behind.position, before.position);
    assert_eq!(behind.lag, end.get() - before.position.get());
    for (share, before) in behind.shares.iter().zip(&before.shares) {
        assert_eq!(share.lag, before.lag + 7, "{share:?}");
        assert!(share.lag >= 7 && share.lag_time > Duration::ZERO, "{share:?}");
        assert!(share.lag_time < PATIENCE, "{share:?}");
    }
    until(|| async { show().await.lag_time > behind.lag_time }).await;
    assert!(operator.list().await.unwrap().iter().any(|it| it.name == subject.name()));

    assert!(subject.ask(Action::Resume).await.is_done);
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    let after = show().await;
    assert_eq!((after.lag, after.lag_time, after.position), (0, Duration::ZERO, end));
    assert!(after.shares.iter().all(|share| share.lag == 0 && share.worker.is_none()), "{after:?}");
}
