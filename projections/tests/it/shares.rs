//! One projection, worked on by many.

mod fenced;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use annals_core::{Clock, EventStore, Record, SystemClock, Timestamp};
use annals_projections::{RunnerSettings, Running};
use futures::future::BoxFuture;
use serde_json::json;

use crate::{
    ledger::{Ledger, enter, folded},
    place::swift,
    subject::{PATIENCE, Subject, is_soon, of_both, records, until},
};

of_both!(
    each_share_has_one_owner_and_each_event_is_applied_once,
    who_leaves_hands_over_at_once,
    who_ends_without_a_word_is_replaced_after_its_lease,
    more_shares_cut_those_that_there_are_while_they_run,
    clocks_that_are_wrong_by_an_hour_change_nothing,
    a_lease_that_ends_in_a_year_is_not_believed,
);

fn in_shares(shares: u16) -> RunnerSettings {
    RunnerSettings { shares, batch_events: 20, ..swift() }
}

/// Records entries in 40 ledgers, some in each round, and where the last of them stands.
async fn enter_some(log: &dyn EventStore, rounds: std::ops::Range<u64>) -> annals_core::Position {
    let mut end = annals_core::Position::START;
    for round in rounds {
        end = enter(log, &format!("of {}", round * 7 % 40), &[round, round % 3 + 1]).await;
    }
    end
}

async fn assert_folded(subject: &Subject) {
    for (key, ledger) in folded::<1>(&*subject.place.log).await {
        assert_eq!(subject.read(&key).await, Some(ledger), "{key}");
    }
}

/// Who has which share, as leases say.
async fn owners(subject: &Subject) -> BTreeMap<String, String> {
    let leases = records(&subject.place, "lease", &format!("{}/", subject.name())).await;
    let owner = |lease: Record| {
        let content: serde_json::Value = serde_json::from_str(&lease.content).unwrap();
        (lease.key, content["owner"].as_str().unwrap().to_owned())
    };
    leases.into_iter().map(owner).collect()
}

async fn is_shared_by(subject: &Subject, shares: usize, workers: usize) -> bool {
    let owners = owners(subject).await;
    let all: BTreeSet<_> = owners.values().collect();
    let held = |owner: &&String| owners.values().filter(|its| its == owner).count();
    let is_fair = all.iter().all(|owner| held(owner) <= shares.div_ceil(workers));
    owners.len() == shares && all.len() == workers && is_fair
}

async fn each_share_has_one_owner_and_each_event_is_applied_once(subject: Subject) {
    let log = subject.place.log.clone();
    let mut workers = vec![];
    for _ in 0..3 {
        workers.push(subject.again().await.start(in_shares(8)).await);
    }
    let mut end = enter_some(&*log, 0..150).await;
    until(|| is_shared_by(&subject, 8, 3)).await;
    // No two of them have the same, and together they have all.
    until(|| async {
        let held: Vec<_> = workers.iter().map(|worker| worker.status().shares).collect();
        held.iter().map(|(held, _)| held).sum::<usize>() == 8
            && held.iter().all(|(held, all)| (2..=3).contains(held) && *all == 8)
    })
    .await;
    end = end.max(enter_some(&*log, 150..300).await);
    for worker in &workers {
        worker.wait_for(end, PATIENCE).await.unwrap();
    }
    assert_folded(&subject).await;
    for worker in workers {
        worker.stop().await.unwrap();
    }
    assert_eq!(owners(&subject).await, BTreeMap::new(), "who stops keeps nothing");
}

async fn who_leaves_hands_over_at_once(subject: Subject) {
    // So long that nobody waits for its end.
    let settings = RunnerSettings { lease: Duration::from_secs(1_000), ..in_shares(4) };
    let log = subject.place.log.clone();
    let first = subject.start(settings).await;
    let end = enter_some(&*log, 0..20).await;
    first.wait_for(end, PATIENCE).await.unwrap();
    first.stop().await.unwrap();

    let second = subject.again().await.start(settings).await;
    let end = enter_some(&*log, 20..40).await;
    second.wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(second.status().shares, (4, 4));
    assert_folded(&subject).await;
    second.stop().await.unwrap();
}

async fn who_ends_without_a_word_is_replaced_after_its_lease(subject: Subject) {
    let log = subject.place.log.clone();
    let end = enter_some(&*log, 0..40).await;
    let (its, settings) = (subject.again().await, in_shares(4));
    let gone = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let running = runtime.block_on(async {
            let running = its.start(settings).await;
            running.wait_for(end, PATIENCE).await.unwrap();
            running
        });
        runtime.shutdown_timeout(Duration::from_secs(1));
        running
    });
    let gone: Running = gone.join().unwrap();
    let before = owners(&subject).await;
    assert_eq!(before.len(), 4, "it has not given anything up");
    let began = SystemClock.now();
    let second = subject.start(settings).await;
    let end = enter_some(&*log, 40..80).await;
    second.wait_for(end, PATIENCE).await.unwrap();
    let took = SystemClock.now().as_micros() - began.as_micros();
    assert!(took < 10_000_000, "{took} µs");
    let after = owners(&subject).await;
    assert!(after.values().all(|owner| before.values().all(|its| its != owner)), "{after:?}");
    assert_folded(&subject).await;
    second.stop().await.unwrap();
    drop(gone);
}

async fn more_shares_cut_those_that_there_are_while_they_run(subject: Subject) {
    let log = subject.place.log.clone();
    let writing = {
        let log = Arc::clone(&log);
        tokio::spawn(async move { enter_some(&*log, 0..400).await })
    };
    let mut workers = vec![subject.start(in_shares(1)).await];
    for shares in [2, 3, 16] {
        workers.push(subject.again().await.start(in_shares(shares)).await);
        let there = || async {
            let prefix = format!("{}/1/", subject.name());
            records(&subject.place, "checkpoint", &prefix).await.len() >= usize::from(shares)
        };
        until(there).await;
    }
    let end = writing.await.unwrap();
    for worker in &workers {
        worker.wait_for(end, PATIENCE).await.unwrap();
    }
    assert_folded(&subject).await;
    // They lie side by side, from the first slice to the last.
    let marks = records(&subject.place, "checkpoint", &format!("{}/1/", subject.name())).await;
    let mut next = 0;
    for mark in marks {
        let first: i64 = mark.key.rsplit('/').next().unwrap().parse().unwrap();
        assert_eq!(first, next);
        next = crate::subject::field(&mark.content, "end");
    }
    assert_eq!(next, 1_024);
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

/// A clock that is wrong.
struct Wrong(i64);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().as_micros() + self.0).unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

async fn clocks_that_are_wrong_by_an_hour_change_nothing(subject: Subject) {
    let log = subject.place.log.clone();
    let hour = 3_600 * 1_000_000;
    // Not so short that a busy machine makes a lease run out.
    let settings = RunnerSettings { lease: Duration::from_secs(3), ..in_shares(4) };
    let mut workers = vec![];
    for wrong in [hour, -hour] {
        let its = subject.again().await;
        let runner = its.runner_of::<1>(settings).await;
        workers.push(runner.with_clock(Arc::new(Wrong(wrong))).start());
    }
    let end = enter_some(&*log, 0..100).await;
    until(|| is_shared_by(&subject, 4, 2)).await;
    let before = owners(&subject).await;
    let end = end.max(enter_some(&*log, 100..200).await);
    for worker in &workers {
        worker.wait_for(end, PATIENCE).await.unwrap();
        until(|| async { worker.status().is_healthy() }).await;
    }
    assert_folded(&subject).await;
    assert_eq!(owners(&subject).await, before, "neither takes anything from the other");
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

async fn a_lease_that_ends_in_a_year_is_not_believed(subject: Subject) {
    let log = subject.place.log.clone();
    let end = enter_some(&*log, 0..10).await;
    let first = subject.start(in_shares(1)).await;
    first.wait_for(end, PATIENCE).await.unwrap();
    first.stop().await.unwrap();

    let mut tx = subject.place.models.begin().await.unwrap();
    let until = tx.now().await.unwrap().as_micros() + 365 * 24 * 3_600 * 1_000_000;
    let somebody = "01890000-0000-7000-8000-000000000000";
    let lease = json!({ "owner": somebody, "until": until }).to_string();
    let key = format!("{}/1/0000", subject.name());
    tx.put("lease", &[Record { key, content: lease }]).await.unwrap();
    let member = json!({ "version": 1, "until": until }).to_string();
    let key = format!("{}/{somebody}", subject.name());
    tx.put("worker", &[Record { key, content: member }]).await.unwrap();
    tx.commit().await.unwrap();

    let second = subject.start(in_shares(1)).await;
    let end = enter_some(&*log, 10..20).await;
    assert!(
        is_soon(PATIENCE, || async { second.status().position >= end }).await,
        "{:?}",
        second.status()
    );
    assert_folded(&subject).await;
    assert_eq!(subject.read("nobody").await, None::<Ledger>);
    second.stop().await.unwrap();
}
