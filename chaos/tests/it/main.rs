//! Every scenario, for a short while, with real processes on real servers.

mod processes;

use std::time::Duration;

use annals_chaos::{Run, Scenario, run_postgres};

/// How long writers write. Just long enough for some of each to be killed.
const LENGTH: Duration = Duration::from_secs(10);

async fn check(scenario: Scenario) {
    let program = env!("CARGO_BIN_EXE_annals-chaos").into();
    let run = Run { program, scenario, length: LENGTH, seed: 1 };
    let verdict = run_postgres(&run).await.expect("a server can be started here");
    assert!(verdict.is_kept(), "{verdict}");
    println!("{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_under_load() {
    check(Scenario::Load).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_backends_are_terminated() {
    check(Scenario::Terminated).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_the_server_is_killed() {
    check(Scenario::Crashed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_promise_is_kept_while_writers_are_killed() {
    check(Scenario::Killed).await;
}
