//! Logs in memory: each its own, and gone with its store.

use std::{future::ready, time::Duration};

use annals_core::{EventStore, Expected, Filter, Position, ReadModels};
use annals_sqlite::{SqliteSettings, SqliteStore};
use futures::{StreamExt, TryStreamExt, future::join};
use tokio::task::yield_now;

use crate::words::{
    append, assert_gapless, event_of, events, one, record, soon, stream, whole_log,
};

async fn fresh() -> SqliteStore {
    SqliteStore::open("sqlite::memory:", SqliteSettings::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_are_two_logs_and_clones_are_one() {
    let (one, other) = (fresh().await, fresh().await);
    record(&one, "ada", 2).await;
    record(&one.clone(), "ada", 1).await;
    assert_gapless(&whole_log(&one).await, 3);
    assert_gapless(&whole_log(&other).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_go_on_while_a_long_reading_is_held_open() {
    let store = fresh().await;
    record(&store, "ada", 5_000).await;
    let mut reading = store.read_log(Position::START, Filter::All);
    reading.next().await.unwrap().unwrap();
    for _ in 0..100 {
        soon(store.append(&one(&stream("bob")))).await.unwrap();
    }
    let rest = reading.try_fold(1, |count, _| ready(Ok(count + 1))).await.unwrap();
    assert_eq!(rest, 5_000);
    assert_gapless(&whole_log(&store).await, 5_100);
}

/// Unlike in a file, who reads waits for who writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_goes_on_when_a_transaction_ends() {
    let store = fresh().await;
    record(&store, "ada", 3).await;
    let tx = store.read_models().begin().await.unwrap();
    let (log, ()) = join(whole_log(&store), async {
        for _ in 0..100 {
            yield_now().await;
        }
        drop(tx);
    })
    .await;
    assert_gapless(&log, 3);

    let patience = Duration::from_millis(200);
    let settings = SqliteSettings { busy_timeout: patience, ..SqliteSettings::default() };
    let store = SqliteStore::open("sqlite::memory:", settings).await.unwrap();
    let tx = store.read_models().begin().await.unwrap();
    let refused = store.read_log(Position::START, Filter::All).try_collect::<Vec<_>>().await;
    crate::words::assert_unavailable(&refused.unwrap_err(), &["locked"]);
    drop(tx);
    assert_gapless(&whole_log(&store).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_and_written_without_pause_is_all_answered() {
    let store = fresh().await;
    let writers = (0..8).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                store.append(&one(&stream(&n.to_string()))).await.unwrap();
                whole_log(&store).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        soon(writer).await.unwrap();
    }
    assert_gapless(&whole_log(&store).await, 400);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_gone_with_its_store() {
    use crate::{
        processes::{Other, part, say},
        words::eventually,
    };
    let field = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name).map(String::from));
        line.unwrap().trim().trim_end_matches(" kB").parse::<usize>().unwrap()
    };
    if part().is_some() {
        let round = async || {
            let store = fresh().await;
            let large = event_of("large", "x".repeat(1 << 20));
            store.append(&append(&stream("it"), Expected::Any, vec![large])).await.unwrap();
            store.append(&append(&stream("it"), Expected::Any, events(3))).await.unwrap();
            assert_eq!(whole_log(&store).await.len(), 4);
        };
        for _ in 0..50 {
            round().await;
        }
        let (memory, threads) = (field("VmRSS:"), field("Threads:"));
        for _ in 0..250 {
            round().await;
        }
        eventually(async || field("Threads:") <= threads.max(10)).await;
        return say(&format!("{}", field("VmRSS:").saturating_sub(memory)));
    }
    let test = "in_memory_only::a_log_is_gone_with_its_store";
    let mut other = Other::play(test, "it", "");
    let more: usize = other.hear().parse().unwrap();
    other.end();
    assert!(more < 50 << 10, "{more} KiB more after 250 logs of 1 MiB");
}
