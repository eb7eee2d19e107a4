//! Every scenario of read models, for a short while, with real processes on real servers and files.

use std::time::Duration;

use annals_chaos::{ProjectionsRun, ProjectionsScenario, Store, run_projections};
use tokio::sync::Mutex;

/// How long it is, where that can be said.
const LENGTH: Duration = Duration::from_secs(4);

/// One at a time: each has a bound to keep, and many processes of its own.
static TURN: Mutex<()> = Mutex::const_new(());

async fn check(store: Store, scenario: ProjectionsScenario) {
    let _turn = TURN.lock().await;
    let program = env!("CARGO_BIN_EXE_annals-chaos").into();
    let asked = ProjectionsRun { program, store, scenario, length: LENGTH, seed: 1 };
    let outcome = run_projections(&asked).await.expect("the run can be made");
    assert!(outcome.is_kept(), "{outcome}");
    println!("{outcome}");
}

macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Store::Postgres).await;
            })+
        }
        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Store::Sqlite).await;
            })+
        }
    };
}

on_both!(
    read_models_equal_a_fold_of_the_log_however_often_their_processes_are_killed,
    a_process_that_is_stopped_past_its_leases_wakes_and_commits_nothing,
    read_models_are_exact_while_processes_join_and_leave,
    what_was_waited_for_is_never_stale_in_another_process,
    who_reads_while_a_read_model_is_rebuilt_sees_no_error_and_no_mixture,
    one_poisonous_key_is_set_aside_and_replayed_in_order,
    read_models_are_exact_though_clocks_are_wrong_by_an_hour,
);

async fn read_models_equal_a_fold_of_the_log_however_often_their_processes_are_killed(
    store: Store,
) {
    check(store, ProjectionsScenario::Killed).await;
}

async fn a_process_that_is_stopped_past_its_leases_wakes_and_commits_nothing(store: Store) {
    check(store, ProjectionsScenario::Stopped).await;
}

async fn read_models_are_exact_while_processes_join_and_leave(store: Store) {
    check(store, ProjectionsScenario::Crowd).await;
}

async fn what_was_waited_for_is_never_stale_in_another_process(store: Store) {
    check(store, ProjectionsScenario::Waited).await;
}

async fn who_reads_while_a_read_model_is_rebuilt_sees_no_error_and_no_mixture(store: Store) {
    check(store, ProjectionsScenario::Rebuilt).await;
}

async fn one_poisonous_key_is_set_aside_and_replayed_in_order(store: Store) {
    check(store, ProjectionsScenario::Poisoned).await;
}

async fn read_models_are_exact_though_clocks_are_wrong_by_an_hour(store: Store) {
    check(store, ProjectionsScenario::Skewed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_are_exact_and_go_on_within_5_s_when_the_server_is_restarted() {
    check(Store::Postgres, ProjectionsScenario::Restarted).await;
}
