//! How much may be set aside.

use annals_projections::{Action, OnFailure, RunnerSettings};

use crate::{
    ledger::{enter, folded, mend, of, unfoldable},
    place::swift,
    subject::{PATIENCE, Subject, halted, of_both, until},
};

of_both!(
    beyond_the_limit_it_halts_and_says_so,
    what_halted_over_too_many_goes_on_once_they_are_replayed,
    what_halted_over_too_many_goes_on_once_they_are_discarded,
);

fn up_to(limit: u64) -> RunnerSettings {
    RunnerSettings { on_failure: OnFailure::Park { limit }, batch_events: 50, ..swift() }
}

async fn beyond_the_limit_it_halts_and_says_so(subject: Subject) {
    let (log, poison) = (subject.place.log.clone(), unfoldable());
    let running = subject.start(up_to(10)).await;
    enter(&*log, "a", &[1, poison]).await;
    let enough: Vec<u64> = (1..10).collect();
    enter(&*log, "a", &enough).await;
    let within = enter(&*log, "b", &[1]).await;
    running.wait_for(within, PATIENCE).await.unwrap();
    until(|| async { running.status().parked == 10 }).await;

    enter(&*log, "b", &[2]).await;
    let before = enter(&*log, "b", &[3]).await;
    enter(&*log, "a", &[10]).await;
    let end = enter(&*log, "b", &[4]).await;
    for _ in 0..2 {
        let why = halted(running.wait_for(end, PATIENCE).await);
        assert!(why.contains("10 events are set aside"), "{why}");
    }
    until(|| async { !running.status().is_healthy() }).await;
    // With its next report, it is told elsewhere as well.
    until(|| async {
        let shown = subject.operator().show(subject.name()).await.unwrap().unwrap();
        let why = shown.shares[0].why.clone().unwrap_or_default();
        shown.parked == 10 && why.contains("10 events are set aside")
    })
    .await;
    assert_eq!(subject.read("b").await, Some(of(&[1, 2, 3])), "everything before is in");
    assert_eq!(subject.checkpoint().await, before);
    running.stop().await.unwrap();
}

/// Halts over more than 10, of which as many as may be are set aside.
async fn overfull(subject: &Subject, poison: u64) -> annals_projections::Running {
    let log = &*subject.place.log;
    let amounts: Vec<u64> = [1, poison].into_iter().chain(2..30).collect();
    enter(log, "a", &amounts).await;
    let end = enter(log, "b", &[4]).await;
    let running = subject.start(up_to(10)).await;
    let why = halted(running.wait_for(end, PATIENCE).await);
    assert!(why.contains("10 events are set aside"), "{why}");
    assert_eq!(subject.parked_positions().await, (2..12).collect::<Vec<_>>());
    running
}

async fn what_halted_over_too_many_goes_on_once_they_are_replayed(subject: Subject) {
    let poison = unfoldable();
    let running = overfull(&subject, poison).await;
    mend(poison);
    let answer = subject.replay(&[]).await;
    assert!(answer.is_done, "{answer:?}");
    let end = enter(&*subject.place.log, "b", &[5]).await;
    // It may still look as if it had halted.
    subject.ask(Action::Resume).await;
    until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
    for (key, ledger) in folded::<1>(&*subject.place.log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
    running.stop().await.unwrap();
}

async fn what_halted_over_too_many_goes_on_once_they_are_discarded(subject: Subject) {
    let poison = unfoldable();
    let running = overfull(&subject, poison).await;
    let discard = Action::Discard { keys: vec!["a".to_owned()], reason: "a trial".to_owned() };
    let answer = subject.ask(discard).await;
    assert!(answer.is_done, "{answer:?}");
    let end = enter(&*subject.place.log, "b", &[5]).await;
    subject.ask(Action::Resume).await;
    until(|| async { running.wait_for(end, PATIENCE).await.is_ok() }).await;
    let kept: Vec<u64> = [1].into_iter().chain(11..30).collect();
    assert_eq!(subject.read("a").await, Some(of(&kept)));
    assert_eq!(subject.read("b").await, Some(of(&[4, 5])));
    running.stop().await.unwrap();
}
