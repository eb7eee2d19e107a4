//! Replays on read models that are away now and then.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use annals_core::{StoreError, StoreErrorKind};
use annals_projections::RunnerSettings;
use futures::FutureExt;

use crate::{
    ledger::{enter, folded, mend, unfoldable},
    subject::{PATIENCE, Subject, of_both, parking},
    watched::{Call, Hook, Watched},
};

of_both!(
    a_replay_on_read_models_that_fail_now_and_then_leaves_no_key_out,
    a_commit_of_which_nobody_knows_whether_it_was_done_is_not_done_twice,
);

/// Fails every third of those calls, once it is on.
fn failing(call: Call, is_on: &Arc<AtomicU32>) -> Hook {
    let is_on = Arc::clone(is_on);
    Arc::new(move |its| {
        let is_due = its == call
            && is_on.load(Ordering::Acquire) > 0
            && is_on.fetch_add(1, Ordering::AcqRel).is_multiple_of(3);
        let away = || StoreError::new(StoreErrorKind::Unavailable, "away for a moment");
        async move { if is_due { Err(away()) } else { Ok(()) } }.boxed()
    })
}

async fn replay_while(call: Call, subject: Subject) {
    let (poison, is_on) = (unfoldable(), Arc::new(AtomicU32::new(0)));
    let mut subject = subject;
    let models = Arc::clone(&subject.place.models);
    let healthy = subject.clone();
    subject.place.models = Arc::new(Watched::new(models, failing(call, &is_on)));
    let log = subject.place.log.clone();
    for key in ["a", "b", "c", "d"] {
        let amounts: Vec<u64> = [1, poison].into_iter().chain(2..40).collect();
        enter(&*log, key, &amounts).await;
    }
    let end = enter(&*log, "z", &[1]).await;
    let running = subject.start(RunnerSettings { batch_events: 7, ..parking() }).await;
    running.wait_for(end, PATIENCE).await.unwrap();
    mend(poison);
    is_on.store(1, Ordering::Release);
    let answer = healthy.replay(&[]).await;
    is_on.store(0, Ordering::Release);
    assert!(answer.is_done, "{answer:?}");
    assert_eq!(healthy.parked_keys().await, [], "{answer:?}");
    for (key, ledger) in folded::<1>(&*log).await {
        assert_eq!(healthy.read(&key).await, Some(ledger), "{key}");
    }
    running.stop().await.unwrap();
}

async fn a_replay_on_read_models_that_fail_now_and_then_leaves_no_key_out(subject: Subject) {
    replay_while(Call::Begin, subject).await;
}

async fn a_commit_of_which_nobody_knows_whether_it_was_done_is_not_done_twice(subject: Subject) {
    replay_while(Call::Committed, subject).await;
}
