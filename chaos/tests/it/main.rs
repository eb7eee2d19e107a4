//! Every scenario, for a short while, with real processes on real servers and files.

mod processes;
mod projections;

use std::time::Duration;

use annals_chaos::{Run, Scenario, Store, run};

/// How long writers write. Just long enough for some of each to be killed.
const LENGTH: Duration = Duration::from_secs(10);

async fn check(store: Store, scenario: Scenario) {
    let program = env!("CARGO_BIN_EXE_annals-chaos").into();
    let asked = Run { program, store, scenario, length: LENGTH, seed: 1 };
    let verdict = run(&asked).await.expect("a server can be started here, and a file be made");
    assert!(verdict.is_kept(), "{verdict}");
    println!("{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_under_load() {
    check(Store::Postgres, Scenario::Load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_backends_are_terminated() {
    check(Store::Postgres, Scenario::Terminated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_the_server_is_killed() {
    check(Store::Postgres, Scenario::Crashed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_writers_are_killed() {
    check(Store::Postgres, Scenario::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_under_load_from_two_processes_on_one_file() {
    check(Store::Sqlite, Scenario::Load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_the_process_that_writes_to_a_file_is_killed() {
    check(Store::Sqlite, Scenario::Killed).await;
}
