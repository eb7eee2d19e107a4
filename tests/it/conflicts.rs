//! Conflicts: who was first, how often it is tried again, and when not.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use annals::{
    Append, AppendError, Appended, Conflict, Envelopes, EventId, EventStore, Filter, Retry,
    Settings, StoreError, Writer, prelude::*,
};
use annals_testkit::{Call, Fault, ManualClock};
use async_trait::async_trait;
use futures::future::join_all;

use crate::bank::{
    Account, AccountEvent, Withdraw, ada, deposit, faulty, impatient, log, memory, process,
};

#[tokio::test]
async fn a_stale_expectation_is_answered_with_the_actual_revision_and_not_retried() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    annals.execute(ada(), deposit(1)).await.unwrap();

    for (expected, is_met) in [
        (Expected::NoStream, false),
        (Expected::At(Revision::START), false),
        (Expected::At(Revision::START.plus(1)), false),
        (Expected::At(Revision::START.plus(3)), false),
        (Expected::At(Revision::START.plus(2)), true),
        (Expected::Exists, true),
        (Expected::Any, true),
    ] {
        let before = annals.load(ada()).await.unwrap().revision();
        let executed = annals.execute(ada(), deposit(1)).expected(expected).await;
        match executed {
            Ok(_) => assert!(is_met, "{expected}"),
            Err(ExecuteError::Conflict(conflict)) => {
                assert!(!is_met, "{expected}");
                let stream = StreamId::parse("account:ada").unwrap();
                assert_eq!(conflict, Conflict { stream, expected, actual: before });
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(log(&*store).await.len(), 5);
}

#[tokio::test]
async fn a_stream_that_must_exist_and_does_not_is_a_conflict() {
    let annals = process(memory(), Settings::default());
    let executed = annals.execute(ada(), deposit(1)).expected(Expected::Exists).await;
    let Err(ExecuteError::Conflict(conflict)) = executed else { panic!("{executed:?}") };
    assert_eq!(conflict.actual, Revision::START);
}

#[tokio::test]
async fn after_a_conflict_the_command_is_decided_on_the_newer_state() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store, Settings::default()));
    here.execute(ada(), deposit(100)).await.unwrap();
    there.execute(ada(), Withdraw { cents: 80 }).await.unwrap();

    // Both remember a balance of which one is not true any more.
    let overdrawn = here.execute(ada(), Withdraw { cents: 80 }).await;
    let withdrawn = here.execute(ada(), Withdraw { cents: 20 }).await.unwrap();

    assert!(matches!(overdrawn, Err(ExecuteError::Rejected(_))));
    assert_eq!(here.counts().conflicts, 1);
    assert_eq!(withdrawn.state().balance, 0);
}

/// A store in which someone else is a moment faster, at those appends, counted from 0.
struct Contended {
    store: Arc<dyn EventStore>,
    conflicts: fn(usize) -> bool,
    appends: AtomicUsize,
}

#[async_trait]
impl EventStore for Contended {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        if (self.conflicts)(self.appends.fetch_add(1, Ordering::Relaxed)) {
            let other = process(Arc::clone(&self.store), Settings::default());
            other.execute(ada(), deposit(1)).await.unwrap();
        }
        self.store.append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.store.read_stream(stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.store.read_log(after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.store.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.store.wait_past(after).await
    }
}

fn contended(conflicts: fn(usize) -> bool, retry: Retry) -> (Annals, Arc<ManualClock>) {
    let store = Contended { store: memory(), conflicts, appends: AtomicUsize::new(0) };
    let clock = Arc::new(ManualClock::default().leaping());
    let writer = Writer::new(Arc::new(store)).with_clock(clock.clone());
    (Annals::on(writer, Settings { retry, ..Settings::default() }), clock)
}

#[tokio::test]
async fn conflicts_are_retried_a_bounded_number_of_times_with_growing_pauses() {
    let longest = Duration::from_millis(40);
    let retry = Retry { times: 7, first: Duration::from_millis(5), longest };
    let (annals, clock) = contended(|_| true, retry);

    let executed = annals.execute(ada(), deposit(1)).await;

    let Err(ExecuteError::Conflict(conflict)) = executed else { panic!("{executed:?}") };
    let Expected::After(last) = conflict.expected else { panic!("{conflict:?}") };
    assert_eq!((last.revision.get(), conflict.actual.get()), (7, 8));
    assert_eq!(annals.counts().conflicts, 8);
    let bounds = [5, 10, 20, 40, 40, 40, 40].map(Duration::from_millis);
    let sleeps = clock.sleeps();
    assert_eq!(sleeps.len(), bounds.len());
    assert!(sleeps.iter().zip(bounds).all(|(sleep, bound)| *sleep <= bound), "{sleeps:?}");
}

#[tokio::test]
async fn as_many_conflicts_as_there_are_retries_are_survived() {
    let (annals, _) = contended(|append| append < 7, Retry { times: 7, ..Retry::default() });
    let committed = annals.execute(ada(), deposit(1)).await.unwrap();
    assert_eq!(committed.revision().get(), 8);
}

#[tokio::test]
async fn a_conflict_on_a_remembered_state_costs_neither_a_pause_nor_a_retry() {
    let store = memory();
    let clock = Arc::new(ManualClock::default());
    let writer = Writer::new(store.clone()).with_clock(clock.clone());
    let (here, there) = (Annals::on(writer, impatient()), process(store, impatient()));
    here.execute(ada(), deposit(1)).await.unwrap();
    there.execute(ada(), deposit(2)).await.unwrap();

    let deposited = here.execute(ada(), deposit(4)).await.unwrap();

    assert_eq!((deposited.state().balance, here.counts().conflicts), (7, 1));
    assert_eq!(clock.sleeps(), []);
}

#[tokio::test]
async fn pauses_are_chosen_at_random() {
    let store = faulty(|call| matches!(call, Call::Append(_)).then_some(Fault::RequestLost));
    let clock = Arc::new(ManualClock::default().leaping());
    let longest = Duration::from_secs(1);
    let retry = Retry { times: 20, first: longest, longest };
    let annals = Annals::on(
        Writer::new(store).with_clock(clock.clone()),
        Settings { retry, ..Settings::default() },
    );
    annals.execute(ada(), deposit(1)).await.unwrap_err();
    let sleeps: HashSet<_> = clock.sleeps().into_iter().collect();
    assert!(sleeps.len() > 10, "{sleeps:?}");
}

#[tokio::test]
async fn a_pause_without_end_is_no_panic() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::RequestLost));
    let clock = Arc::new(ManualClock::default());
    let retry = Retry { times: 1, first: Duration::MAX, longest: Duration::MAX };
    let writer = Writer::new(store).with_clock(clock.clone());
    let annals = Annals::on(writer, Settings { retry, ..Settings::default() });
    let executing = tokio::spawn(annals.execute(ada(), deposit(1)).into_future());
    clock.asked_to_sleep(1).await;
    clock.advance(Duration::from_secs(24 * 60 * 60));
    executing.await.unwrap().unwrap();
}

#[tokio::test]
async fn retries_after_conflicts_are_counted_anew_for_every_command_that_is_answered() {
    struct Cents;

    impl Command for Cents {
        type Aggregate = Account;
        type Rejection = Infallible;

        fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Infallible> {
            Ok(vec![AccountEvent::Deposited { cents: 1, reference: String::new() }; 6_000])
        }
    }

    // One append has room for one of them, and each is beaten once.
    let retry = Retry { times: 1, ..Retry::default() };
    let (annals, _) = contended(|append| append % 2 == 0, retry);
    let answers = join_all((0..4).map(|_| annals.execute(ada(), Cents).into_future())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(annals.counts().conflicts, 4);
}
