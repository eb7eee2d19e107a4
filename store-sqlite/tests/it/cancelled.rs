//! Whoever leaves in the middle, and what is left.

use annals_core::EventStore;
use annals_sqlite::SqliteStore;
use annals_testkit::cancelled_after;
use futures::future::join_all;
use tokio::{runtime::Builder, spawn, task::yield_now};

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{assert_gapless, ids_in, insist, one, soon, store_error, stream, whole_log},
};

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_are_dropped_at_any_moment_and_repeated_are_recorded_once() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let task = |n: usize| {
        let store = store.clone();
        spawn(async move {
            let mut ids = Vec::new();
            for round in 0..40 {
                let given = one(&stream(&format!("{}", n % 5)));
                if cancelled_after((n + round) % 12, store.append(&given)).await.is_none() {
                    for _ in 0..round % 3 {
                        yield_now().await;
                    }
                }
                insist(&store, &given).await.unwrap();
                ids.extend(given.events().map(annals_core::NewEvent::id));
            }
            ids
        })
    };
    let tasks: Vec<_> = (0..16).map(task).collect();
    let mut given: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let log = whole_log(&store).await;
    assert_gapless(&log, given.len());
    let mut recorded = ids_in(&log);
    recorded.sort();
    given.sort();
    assert!(recorded == given);
}

/// Those who waited in a runtime that was shut down are told, and the store works in another.
#[test]
fn a_runtime_that_is_shut_down_while_appends_wait_leaves_a_store_that_works() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let runtime = || Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let store: SqliteStore = first.block_on(open(&path));
    let mut holder = second.block_on(Sql::connect(&path));
    second.block_on(holder.run("BEGIN IMMEDIATE"));

    let given: Vec<_> = (0..20).map(|n| one(&stream(&n.to_string()))).collect();
    let asked = |append: &annals_core::Append| {
        let (store, append) = (store.clone(), append.clone());
        async move { store.append(&append).await }
    };
    // The first records its own and then, in its runtime, what has come meanwhile.
    let leader = first.spawn(asked(&given[0]));
    first.block_on(crate::words::eventually(async || {
        cancelled_after(1, store.append(&given[1])).await.is_none()
    }));
    let waiting: Vec<_> = given[2..].iter().map(|append| second.spawn(asked(append))).collect();
    second.block_on(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    first.shutdown_background();
    second.block_on(async {
        holder.run("ROLLBACK").await;
        assert!(leader.await.is_err() || !store_was_lost(&store).await);
        for answer in waiting {
            if let Err(error) = soon(answer).await.unwrap() {
                crate::words::assert_unavailable(&store_error(Err(error)), &[]);
            }
        }
        for append in &given {
            soon(insist(&store, append)).await.unwrap();
        }
        assert_gapless(&whole_log(&store).await, given.len());
    });
}

async fn store_was_lost(store: &SqliteStore) -> bool {
    soon(insist(store, &one(&stream("more")))).await.is_err()
}
