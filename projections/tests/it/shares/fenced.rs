//! Who was away for longer than its lease commits nothing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use annals_core::{StoreError, StoreErrorKind};
use futures::FutureExt;
use tokio::sync::watch;

use super::{assert_folded, enter_some, in_shares, owners};
use crate::{
    subject::{PATIENCE, Subject, of_both, until},
    watched::{Call, Hook, Watched},
};

of_both!(who_was_paused_past_its_lease_commits_nothing);

mod on_the_server {
    use crate::{place::Place, subject::Subject, watched::Call};

    // There the transaction of who is paused stays open, and others go on all the same.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_view_that_was_paused_before_its_commit_commits_nothing() {
        super::pause_at(Call::Swap, Subject::view(Place::in_postgres().await)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_projection_that_was_paused_before_its_commit_commits_nothing() {
        super::pause_at(Call::Swap, Subject::own(Place::in_postgres().await)).await;
    }
}

async fn who_was_paused_past_its_lease_commits_nothing(subject: Subject) {
    pause_at(Call::Begin, subject).await;
}

async fn pause_at(call: Call, subject: Subject) {
    let log = subject.place.log.clone();
    let (paused, deaf) = (watch::Sender::new(false), Arc::new(AtomicBool::new(false)));
    let hook: Hook = {
        let (paused, deaf) = (paused.subscribe(), Arc::clone(&deaf));
        Arc::new(move |its| {
            let mut paused = paused.clone();
            let is_deaf = its == Call::Now && deaf.load(Ordering::Acquire);
            let goes_on = async move {
                // Whoever beats has no transaction open, or others could do nothing either.
                if its == call || its == Call::Begin {
                    paused.wait_for(|paused| !*paused).await.unwrap();
                }
                let away = || StoreError::new(StoreErrorKind::Unavailable, "it does not answer");
                if is_deaf { Err(away()) } else { Ok(()) }
            };
            goes_on.boxed()
        })
    };
    let mut its = subject.again().await;
    let watched = Watched::new(Arc::clone(&its.place.models), hook);
    its.place.models = Arc::new(watched.clone());
    let first = its.start(in_shares(1)).await;
    let end = enter_some(&*log, 0..20).await;
    first.wait_for(end, PATIENCE).await.unwrap();
    let before = owners(&subject).await;

    paused.send(true).unwrap();
    let end = enter_some(&*log, 20..60).await;
    let second = subject.start(in_shares(1)).await;
    until(|| async {
        let now = owners(&subject).await;
        now.len() == 1 && now != before
    })
    .await;
    if call == Call::Begin {
        second.wait_for(end, PATIENCE).await.unwrap();
    }
    // It wakes, and goes on where it was before it can notice what has happened meanwhile.
    let refused = watched.refused();
    deaf.store(true, Ordering::Release);
    paused.send(false).unwrap();
    until(|| async { watched.refused() > refused }).await;
    deaf.store(false, Ordering::Release);
    let end = end.max(enter_some(&*log, 60..80).await);
    second.wait_for(end, PATIENCE).await.unwrap();
    assert_folded(&subject).await;
    first.stop().await.unwrap();
    second.stop().await.unwrap();
    assert_folded(&subject).await;
}
