//! Hot streams: commands queue behind each other within a process, and go out in groups.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    time::Duration,
};

use annals::{ExecuteError, Settings, prelude::*};
use annals_testkit::{Call, Fault, FaultyStore};
use futures::{FutureExt, future::join_all};

use crate::bank::{
    Account, Deposit, Empty, Overdrawn, Withdraw, ada, counting, deposit, faulty, faulty_around,
    log, memory, process, references,
};

/// A log whose appends are held from the `first` on, and one process on it.
fn held_from(first: usize) -> (Arc<FaultyStore>, Annals) {
    let store = faulty(move |call| match call {
        Call::Append(number) if number >= first => Some(Fault::Held),
        _ => None,
    });
    let annals = process(store.clone(), Settings::default());
    (store, annals)
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_on_one_hot_stream_lose_nothing_repeat_nothing_and_never_conflict() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());

    let tasks = (0..64).map(|task| {
        let annals = annals.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            for number in 0..50 {
                let reference = format!("{task}/{number}");
                let committed =
                    annals.execute(ada(), Deposit { cents: 1, reference }).await.unwrap();
                let revision = committed.revision();
                assert_eq!(i64::try_from(committed.state().balance).unwrap(), revision.get());
                assert_eq!(committed.position().get(), revision.get());
                seen.push(revision);
            }
            assert!(seen.is_sorted(), "each task sees its own writes in order");
            seen
        })
    });
    let revisions: HashSet<_> =
        join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();

    assert_eq!(revisions.len(), 64 * 50, "each command has a revision of its own");
    let references = references(&*store).await;
    assert_eq!(references.len(), 64 * 50);
    assert_eq!(references.iter().collect::<HashSet<_>>().len(), 64 * 50);
    assert_eq!(annals.counts().conflicts, 0);
    assert!(store.calls().append < 64 * 50, "commands are grouped");
}

#[tokio::test]
async fn commands_behind_an_append_in_flight_are_recorded_in_one() {
    let (store, annals) = held_from(1);
    let first = tokio::spawn(annals.execute(ada(), deposit(1)).into_future());
    store.holds(1).await;

    let behind: Vec<_> = (0..20).map(|_| start(&annals, deposit(1))).collect();
    let all = join_all(behind);
    tokio::task::yield_now().await;
    store.release();
    store.holds(2).await;
    store.release();

    first.await.unwrap().unwrap();
    let revisions: Vec<_> =
        all.await.into_iter().map(|task| task.unwrap().unwrap().revision().get()).collect();
    assert_eq!(revisions, (2..=21).collect::<Vec<_>>(), "in the order in which they came");
    assert_eq!(store.calls().append, 2);
}

#[tokio::test]
async fn each_command_is_decided_on_the_state_that_the_one_before_would_leave() {
    let (store, annals) = held_from(1);
    let deposited = start(&annals, deposit(100));
    store.holds(1).await;

    let withdrawals: Vec<_> = (0..5).map(|_| start(&annals, Withdraw { cents: 30 })).collect();
    tokio::task::yield_now().await;
    store.release();
    store.holds(2).await;
    store.release();

    deposited.await.unwrap().unwrap();
    let mut balances = Vec::new();
    for withdrawal in withdrawals {
        balances.push(match withdrawal.await.unwrap() {
            Ok(committed) => Ok(committed.state().balance),
            Err(ExecuteError::Rejected(overdrawn)) => Err(overdrawn),
            Err(other) => panic!("{other}"),
        });
    }
    let short = Err(Overdrawn { short_by: 20 });
    assert_eq!(balances[..3], [Ok(70), Ok(40), Ok(10)]);
    assert_eq!(balances[3..], [short, Err(Overdrawn { short_by: 20 })]);
}

#[tokio::test]
async fn a_rejection_that_rests_on_an_append_is_answered_only_after_it() {
    let (store, annals) = held_from(2);
    annals.execute(ada(), deposit(100)).await.unwrap();

    let withdrawn = start(&annals, Withdraw { cents: 90 });
    let mut rejected = start(&annals, Withdraw { cents: 90 });
    store.holds(1).await;
    assert!((&mut rejected).now_or_never().is_none(), "it is not known to be true yet");
    store.release();

    assert!(withdrawn.await.unwrap().is_ok());
    let rejected = rejected.await.unwrap();
    assert!(matches!(rejected, Err(ExecuteError::Rejected(Overdrawn { short_by: 80 }))));
}

#[tokio::test]
async fn a_group_that_is_refused_is_decided_again_from_the_true_state() {
    let log = memory();
    let here = faulty_around(log.clone(), |call| (call == Call::Append(2)).then_some(Fault::Held));
    let (annals, there) =
        (process(here.clone(), Settings::default()), process(log, Settings::default()));
    annals.execute(ada(), deposit(100)).await.unwrap();

    let [first, second] = [80, 80].map(|cents| start(&annals, Withdraw { cents }));
    here.holds(1).await;
    // Someone else is first, and deposits what the second withdrawal lacks.
    there.execute(ada(), deposit(100)).await.unwrap();
    here.release();

    let balances = [first, second].map(|task| async { task.await.unwrap().unwrap() });
    let balances = join_all(balances).await.into_iter().map(|answer| answer.state().balance);
    assert_eq!(balances.collect::<Vec<_>>(), [120, 40]);
    assert_eq!(annals.counts().conflicts, 1);
}

#[tokio::test]
async fn a_group_is_no_larger_than_was_set() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings { group: 4, ..Settings::default() });
    let mut tasks = vec![start(&annals, deposit(1))];
    store.holds(1).await;
    tasks.extend((0..12).map(|_| start(&annals, deposit(1))));
    tokio::task::yield_now().await;
    store.release();

    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(store.calls().append, 4, "one, and then three groups of four");
}

#[tokio::test]
async fn one_command_more_than_may_wait_is_refused_and_not_recorded() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings { waiting: 3, ..Settings::default() });
    let mut tasks = vec![start(&annals, deposit(1))];
    store.holds(1).await;
    tasks.extend((0..3).map(|_| start(&annals, deposit(1))));
    tokio::task::yield_now().await;

    let refused = annals.execute(ada(), deposit(1)).await.unwrap_err();

    let ExecuteError::Busy { stream } = refused else { panic!("{refused}") };
    assert_eq!(stream.as_str(), "account:ada");
    store.release();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(log(&*store).await.len(), 4);
}

#[tokio::test]
async fn a_group_that_exceeds_the_limits_of_an_append_is_recorded_in_several() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings::default());
    let mut tasks = vec![start(&annals, deposit(1))];
    store.holds(1).await;
    // Fifteen times 7 MiB is more than an append may have, and less than two.
    let reference = "x".repeat(7 << 20);
    tasks.extend(
        (0..15).map(|_| start(&annals, Deposit { cents: 1, reference: reference.clone() })),
    );
    tokio::task::yield_now().await;
    store.release();

    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(store.calls().append, 3);
    assert_eq!(log(&*store).await.len(), 16);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_pipelining_off_commands_conflict_and_still_nothing_is_lost() {
    let store = memory();
    let retry = annals::Retry { times: 1_000, ..annals::Retry::default() };
    let settings = Settings { pipelined: false, retry, ..Settings::default() };
    let annals = process(store.clone(), settings);

    let tasks = (0..16).map(|_| {
        let annals = annals.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                annals.execute(ada(), deposit(1)).await.unwrap();
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(Result::unwrap);

    assert_eq!(log(&*store).await.len(), 16 * 20);
    assert_eq!(annals.load(ada()).await.unwrap().state().balance, 16 * 20);
}

#[test]
fn a_runtime_that_is_shut_down_takes_no_stream_with_it() {
    let (store, annals) = held_from(1);
    let (send, receive) = mpsc::channel();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let orphan = annals.clone();
    let held = store.clone();
    runtime.block_on(async move {
        let executing = start(&orphan, deposit(1));
        held.holds(1).await;
        send.send(executing).unwrap();
    });
    drop(runtime);
    assert!(receive.recv().is_ok());

    let other = tokio::runtime::Runtime::new().unwrap();
    let committed = other.block_on(in_time(async {
        let executing = start(&annals, deposit(2));
        store.holds(2).await;
        store.release();
        executing.await.unwrap().unwrap()
    }));
    assert_eq!(committed.state().balance, 2, "what was not recorded is not seen");
}

#[test]
fn a_lane_that_was_never_run_takes_no_stream_with_it() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());
    // There is no runtime to run it in, and then one that goes away before it does.
    let executing = annals.execute(ada(), deposit(1)).into_future();
    let outside = catch_unwind(AssertUnwindSafe(|| executing.now_or_never()));
    assert!(outside.is_err(), "it needs a runtime, and says so");
    let stopped = tokio::runtime::Builder::new_current_thread().build().unwrap();
    stopped.block_on(async {
        assert!(annals.execute(ada(), deposit(2)).into_future().now_or_never().is_none());
    });
    drop(stopped);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let executing = annals.execute(ada(), deposit(4)).into_future();
    let committed = runtime.block_on(in_time(executing)).unwrap();
    assert_eq!(committed.state().balance, 4);
}

#[tokio::test]
async fn settings_without_bounds_are_fine() {
    let settings = Settings {
        remembered: usize::MAX,
        group: usize::MAX,
        waiting: usize::MAX,
        saving: usize::MAX,
        ..Settings::default()
    };
    let annals = process(memory(), settings);
    annals.execute(ada(), deposit(1)).await.unwrap();
    let none = Settings { remembered: 0, group: 0, waiting: 0, saving: 0, ..settings };
    let annals = process(memory(), none);
    annals.execute(ada(), deposit(1)).await.unwrap();
}

/// Fails where the alternative is to wait for ever.
async fn in_time<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it ends")
}

/// Sends a command at once, without waiting for its answer.
fn start<C: Command<Aggregate = Account>>(
    annals: &Annals,
    command: C,
) -> tokio::task::JoinHandle<Result<Committed<Account>, ExecuteError<C::Rejection>>> {
    let annals = annals.clone();
    tokio::spawn(async move { annals.execute(ada(), command).await })
}

#[tokio::test]
async fn a_command_for_no_events_in_a_group_is_answered_with_the_position_before_the_group() {
    let annals = process(memory(), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    annals.execute(Account::stream("bob"), deposit(1)).await.unwrap();
    annals.execute(ada(), Withdraw { cents: 1 }).await.unwrap();
    annals.execute(Account::stream("bob"), deposit(1)).await.unwrap();

    let (emptied, deposited) = tokio::join!(
        annals.execute(ada(), Empty).into_future(),
        annals.execute(ada(), deposit(5)).into_future(),
    );

    let (emptied, deposited) = (emptied.unwrap(), deposited.unwrap());
    assert_eq!((emptied.revision().get(), emptied.position().get()), (2, 3));
    assert_eq!((deposited.revision().get(), deposited.position().get()), (3, 5));
}
