//! Idempotency keys: a command that is sent again takes effect once, and gets the first answer.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use annals::{Invalid, prelude::*};
use annals_testkit::{Call, Fault};
use futures::future::join_all;

use crate::bank::{
    Account, AccountEvent, Empty, Withdraw, ada, counting, deposit, faulty, impatient, log, memory,
    process,
};

#[tokio::test]
async fn a_repeated_command_gets_the_original_answer() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(100)).await.unwrap();
    let first =
        annals.execute(ada(), Withdraw { cents: 80 }).idempotency_key("rent").await.unwrap();
    annals.execute(Account::stream("bob"), deposit(5)).await.unwrap();
    annals.execute(ada(), deposit(100)).await.unwrap();

    let again =
        annals.execute(ada(), Withdraw { cents: 80 }).idempotency_key("rent").await.unwrap();

    assert!(!first.is_repeat() && again.is_repeat());
    assert_eq!(again.revision(), first.revision());
    assert_eq!(again.position(), first.position());
    assert_eq!(again.events(), first.events());
    assert_eq!(again.state(), first.state());
    assert_eq!(log(&*store).await.len(), 4);
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_is_recorded_once() {
    let store = faulty(|call| (call == Call::Append(2)).then_some(Fault::AnswerLost));
    let (here, there) = (process(store.clone(), impatient()), process(store.clone(), impatient()));
    here.execute(ada(), deposit(100)).await.unwrap();

    let lost = here.execute(ada(), Withdraw { cents: 80 }).idempotency_key("rent").await;
    assert!(matches!(lost, Err(ExecuteError::Store(_))), "the outcome is unknown");
    there.execute(ada(), deposit(7)).await.unwrap();

    // There is not enough left for it to be decided anew.
    for annals in [&here, &there] {
        let again =
            annals.execute(ada(), Withdraw { cents: 80 }).idempotency_key("rent").await.unwrap();
        assert_eq!((again.revision().get(), again.state().balance), (2, 20));
    }
    assert_eq!(log(&*store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_with_one_key_one_is_recorded_and_all_get_its_answer() {
    let store = memory();
    let processes: Vec<_> = (0..4).map(|_| process(store.clone(), Settings::default())).collect();
    processes[0].execute(ada(), deposit(100)).await.unwrap();

    let tasks = (0..40).map(|n: usize| {
        let annals = processes[n % processes.len()].clone();
        tokio::spawn(async move {
            annals.execute(ada(), Withdraw { cents: 60 }).idempotency_key("rent").await.unwrap()
        })
    });
    let answers = join_all(tasks).await;

    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| answer.revision().get() == 2));
    assert!(answers.iter().all(|answer| answer.state().balance == 40));
    assert_eq!(answers.iter().filter(|answer| !answer.is_repeat()).count(), 1);
    assert_eq!(log(&*store).await.len(), 2);
}

#[tokio::test]
async fn a_key_in_one_group_twice_is_recorded_once() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings::default());
    let start = |key: &'static str| {
        let annals = annals.clone();
        tokio::spawn(async move { annals.execute(ada(), deposit(1)).idempotency_key(key).await })
    };
    let first = start("a");
    store.holds(1).await;
    let behind = ["b", "c", "b", "a", "d"].map(start);
    tokio::task::yield_now().await;
    store.release();

    let revisions = join_all(behind).await.into_iter();
    let revisions: Vec<_> = revisions.map(|task| task.unwrap().unwrap().revision().get()).collect();
    assert_eq!(revisions, [2, 3, 2, 1, 4]);
    assert_eq!(first.await.unwrap().unwrap().revision().get(), 1);
}

#[tokio::test]
async fn a_key_used_again_with_other_content_is_refused() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(100)).await.unwrap();
    annals.execute(ada(), Withdraw { cents: 10 }).idempotency_key("rent").await.unwrap();

    let another = annals.execute(ada(), Withdraw { cents: 11 }).idempotency_key("rent").await;
    let more = annals.execute(ada(), Empty).idempotency_key("rent").await;
    let other_kind = annals.execute(ada(), deposit(10)).idempotency_key("rent").await;
    let rejected = annals.execute(ada(), Withdraw { cents: 1_000 }).idempotency_key("rent").await;

    assert!(matches!(another, Err(ExecuteError::KeyReused { ref key, .. }) if key == "rent"));
    assert!(matches!(more, Err(ExecuteError::KeyReused { .. })));
    assert!(matches!(other_kind, Err(ExecuteError::KeyReused { .. })));
    assert!(matches!(rejected, Err(ExecuteError::KeyReused { .. })));
    assert_eq!(log(&*store).await.len(), 2);
}

#[tokio::test]
async fn a_key_used_elsewhere_with_other_content_is_refused_on_the_same_state_too() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store.clone(), Settings::default()));
    here.execute(ada(), deposit(100)).await.unwrap();
    there.execute(ada(), Withdraw { cents: 10 }).idempotency_key("rent").await.unwrap();

    // What is remembered here is exactly the state on which it was recorded there.
    let refused = here.execute(ada(), Withdraw { cents: 11 }).idempotency_key("rent").await;
    let again = here.execute(ada(), Withdraw { cents: 10 }).idempotency_key("rent").await.unwrap();

    assert!(matches!(refused, Err(ExecuteError::KeyReused { .. })));
    assert!(again.is_repeat());
    assert_eq!(log(&*store).await.len(), 2);
}

#[tokio::test]
async fn a_rejection_behind_a_repeated_command_is_not_answered_from_a_stale_state() {
    let store = faulty(|call| (call == Call::Append(4)).then_some(Fault::Held));
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store.clone(), Settings::default()));
    here.execute(ada(), deposit(100)).await.unwrap();
    there.execute(ada(), Withdraw { cents: 100 }).idempotency_key("rent").await.unwrap();
    there.execute(ada(), deposit(500)).await.unwrap();

    // Here it is all of a single group, on a state from before: the repeat, and who comes behind it.
    let bob = here.execute(Account::stream("bob"), deposit(1)).into_future();
    let (bob, ()) = tokio::join!(bob, async {
        store.holds(1).await;
        store.release();
    });
    bob.unwrap();
    let (repeat, withdrawn) = tokio::join!(
        here.execute(ada(), Withdraw { cents: 100 }).idempotency_key("rent").into_future(),
        here.execute(ada(), Withdraw { cents: 300 }).into_future(),
    );

    assert!(repeat.unwrap().is_repeat());
    assert_eq!(withdrawn.unwrap().state().balance, 200);
}

#[tokio::test]
async fn one_key_on_two_streams_is_two_commands() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    for id in ["ada", "bob"] {
        let stream = Account::stream(id);
        annals.execute(stream, deposit(1)).idempotency_key("bonus").await.unwrap();
    }
    assert_eq!(log(&*store).await.len(), 2);
}

#[tokio::test]
async fn a_repeated_command_of_several_events_gets_all_of_them() {
    let annals = process(memory(), Settings::default());
    annals.execute(ada(), deposit(9)).await.unwrap();
    let first = annals.execute(ada(), Empty).idempotency_key("close").await.unwrap();
    annals.execute(ada(), deposit(50)).await.unwrap();

    let again = annals.execute(ada(), Empty).idempotency_key("close").await.unwrap();

    assert_eq!((again.revision(), again.events()), (first.revision(), first.events()));
    assert_eq!(again.events().len(), 2);
}

#[tokio::test]
async fn a_command_that_was_rejected_is_decided_anew() {
    let annals = process(memory(), Settings::default());
    let withdraw = || annals.execute(ada(), Withdraw { cents: 10 }).idempotency_key("rent");
    assert!(matches!(withdraw().await, Err(ExecuteError::Rejected(_))));
    annals.execute(ada(), deposit(10)).await.unwrap();
    assert!(!withdraw().await.unwrap().is_repeat());
}

#[tokio::test]
async fn a_repeated_command_is_recognised_whatever_it_now_expects() {
    let annals = process(memory(), Settings::default());
    let deposit = || {
        let deposit = annals.execute(ada(), deposit(10)).idempotency_key("bonus");
        deposit.expected(Expected::NoStream)
    };
    deposit().await.unwrap();
    assert!(deposit().await.unwrap().is_repeat());
}

#[tokio::test]
async fn a_key_that_is_empty_or_endless_is_refused_before_anything_is_recorded() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());
    for key in [String::new(), "k".repeat(256)] {
        let refused = annals.execute(ada(), deposit(1)).idempotency_key(&*key).await;
        let Err(ExecuteError::Invalid(Invalid::Key { bytes })) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(bytes, key.len());
    }
    assert_eq!(store.calls().append, 0);
}

#[tokio::test]
async fn the_first_time_a_key_costs_no_round_trip_of_its_own() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    let before = store.calls();
    annals.execute(ada(), deposit(1)).idempotency_key("bonus").await.unwrap();
    let after = store.calls();
    assert_eq!(after.append - before.append, 1);
    assert_eq!((after.locate, after.read_stream), (before.locate, before.read_stream));
}

#[tokio::test]
async fn a_repeated_command_among_others_is_told_from_them() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(1)).idempotency_key("bonus").await.unwrap();

    let (before, again, after) = tokio::join!(
        annals.execute(ada(), deposit(10)).into_future(),
        annals.execute(ada(), deposit(1)).idempotency_key("bonus").into_future(),
        annals.execute(ada(), deposit(100)).into_future(),
    );

    let balances = [before, again, after].map(|answer| answer.unwrap().state().balance);
    assert_eq!(balances, [11, 1, 111]);
    assert_eq!(log(&*store).await.len(), 3);
}

#[tokio::test]
async fn a_key_used_again_for_more_or_fewer_of_the_same_events_is_refused() {
    let annals = process(memory(), Settings::default());
    annals.execute(ada(), deposit(9)).await.unwrap();
    annals.execute(ada(), Empty).idempotency_key("both").await.unwrap();
    let fewer = annals.execute(ada(), Withdraw { cents: 4 }).idempotency_key("both").await;
    assert!(matches!(fewer, Err(ExecuteError::KeyReused { .. })), "{fewer:?}");

    annals.execute(ada(), deposit(9)).await.unwrap();
    annals.execute(ada(), Withdraw { cents: 4 }).idempotency_key("half").await.unwrap();
    let more = annals.execute(ada(), Empty).idempotency_key("half").await;
    assert!(matches!(more, Err(ExecuteError::KeyReused { .. })), "{more:?}");
}

#[derive(Debug, Clone, PartialEq, Event)]
enum LedgerEvent {
    #[event("credited")]
    Credited { cents: HashMap<String, u64> },
    #[event("debited")]
    Debited { cents: HashMap<String, u64> },
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(LedgerEvent)]
struct Ledger {
    #[fold(Credited { .. } | Debited { .. } => self.entries + 1)]
    entries: u64,
}

impl Aggregate for Ledger {
    const CATEGORY: Category = Category::new("ledger");
}

struct Book(fn(HashMap<String, u64>) -> LedgerEvent);

impl Command for Book {
    type Aggregate = Ledger;
    type Rejection = Infallible;

    fn decide(&self, _: &Ledger) -> Result<Vec<LedgerEvent>, Infallible> {
        Ok(vec![self.0((0..20).map(|n| (n.to_string(), n)).collect())])
    }
}

fn credited(cents: HashMap<String, u64>) -> LedgerEvent {
    LedgerEvent::Credited { cents }
}

fn debited(cents: HashMap<String, u64>) -> LedgerEvent {
    LedgerEvent::Debited { cents }
}

#[tokio::test]
async fn content_is_the_name_and_the_payload_whatever_the_order_of_its_keys() {
    let annals = process(memory(), Settings::default());
    let book = |how| annals.execute(Ledger::stream(1), Book(how)).idempotency_key("entry");
    book(credited).await.unwrap();
    assert!(book(credited).await.unwrap().is_repeat());
    let other = book(debited).await;
    assert!(matches!(other, Err(ExecuteError::KeyReused { .. })), "{other:?}");
}

#[tokio::test]
async fn a_lost_answer_costs_a_group_with_keys_no_more_than_another() {
    let store = faulty(|call| (call == Call::Append(2)).then_some(Fault::AnswerLost));
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    let before = store.calls();
    let keyed = |n: usize| annals.execute(ada(), deposit(1)).idempotency_key(n.to_string());

    let group = join_all((0..100).map(|n| keyed(n).into_future())).await;

    let revisions = group.into_iter().map(|answer| answer.unwrap().revision().get());
    assert!(revisions.eq(2..=101));
    assert_eq!(store.calls().append - before.append, 2);
    assert_eq!(store.calls().read_stream - before.read_stream, 2, "to compare, and to catch up");
}

#[tokio::test]
async fn a_group_of_repeats_is_not_decided_again_for_each_of_them() {
    struct Counted(Arc<AtomicUsize>);

    impl Command for Counted {
        type Aggregate = Account;
        type Rejection = Infallible;

        fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Infallible> {
            self.0.fetch_add(1, Ordering::Relaxed);
            deposit(1).decide(account)
        }
    }

    let annals = process(memory(), Settings::default());
    for n in 0..100 {
        annals.execute(ada(), deposit(1)).idempotency_key(n.to_string()).await.unwrap();
    }
    let decided = Arc::new(AtomicUsize::new(0));
    let again = (0..100).map(|n: usize| {
        let counted = Counted(Arc::clone(&decided));
        annals.execute(ada(), counted).idempotency_key(n.to_string()).into_future()
    });
    assert!(join_all(again).await.into_iter().all(|answer| answer.unwrap().is_repeat()));
    let decided = decided.load(Ordering::Relaxed);
    assert!(decided <= 400, "100 repeats took {decided} decisions");
}
