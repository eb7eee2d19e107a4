//! Callers that go away: what they asked for is recorded whole or not at all.

use annals::{Settings, prelude::*};
use annals_testkit::{Call, Fault, cancelled_after};

use crate::bank::{Empty, ada, counting, deposit, faulty, log, process};

/// Drops a command of two events after any number of polls; then the next command must be decided on
/// what is really recorded.
async fn drop_after_any_number_of_polls(settings: Settings) {
    for polls in 0.. {
        let store = counting();
        let annals = process(store.clone(), settings);
        annals.execute(ada(), deposit(9)).await.unwrap();

        let emptied = cancelled_after(polls, annals.execute(ada(), Empty).into_future()).await;
        let deposited = annals.execute(ada(), deposit(100)).await.unwrap();

        let log = log(&*store).await;
        assert!([2, 4].contains(&log.len()), "after {polls} polls there are {}", log.len());
        let balance = if log.len() == 4 { 100 } else { 109 };
        assert_eq!(deposited.state().balance, balance, "after {polls} polls");
        assert_eq!(annals.load(ada()).await.unwrap().state().balance, balance);
        if let Some(emptied) = emptied {
            assert_eq!(emptied.unwrap().revision().get(), 3);
            assert!(polls > 1, "it was dropped at least once");
            return;
        }
    }
}

#[tokio::test]
async fn a_dropped_command_is_recorded_whole_or_not_at_all() {
    drop_after_any_number_of_polls(Settings::default()).await;
}

#[tokio::test]
async fn without_pipelining_a_dropped_command_is_recorded_whole_or_not_at_all() {
    drop_after_any_number_of_polls(Settings { pipelined: false, ..Settings::default() }).await;
}

#[tokio::test]
async fn a_caller_that_leaves_takes_nobody_with_it() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings::default());
    let first = spawn(&annals, 1);
    store.holds(1).await;
    let (leaves, stays) = (spawn(&annals, 10), spawn(&annals, 100));
    tokio::task::yield_now().await;

    first.abort();
    leaves.abort();
    assert!(leaves.await.unwrap_err().is_cancelled());
    store.release();

    // The first was with the store already; the second was not even decided.
    assert_eq!(stays.await.unwrap(), 101);
    assert_eq!(log(&*store).await.len(), 2);
}

fn spawn(annals: &Annals, cents: u64) -> tokio::task::JoinHandle<u64> {
    let annals = annals.clone();
    tokio::spawn(
        async move { annals.execute(ada(), deposit(cents)).await.unwrap().state().balance },
    )
}
