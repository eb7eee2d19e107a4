//! A store that fails: what is acknowledged is recorded exactly once, and nothing else is claimed.

use std::{collections::HashMap, convert::Infallible};

use annals::{Retry, StoreErrorKind, prelude::*};
use annals_testkit::{Call, Fault};
use futures::future::join_all;

use crate::bank::{
    Account, AccountEvent, Deposit, Withdraw, ada, deposit, faulty, impatient, process, references,
};

/// Every 7th append never arrives, and the answer to every 11th is lost.
fn flaky(call: Call) -> Option<Fault> {
    match call {
        Call::Append(number) if number % 7 == 0 => Some(Fault::RequestLost),
        Call::Append(number) if number % 11 == 0 => Some(Fault::AnswerLost),
        _ => None,
    }
}

/// 64 tasks on `streams` streams send a hundred deposits each. Returns how often each of them was
/// recorded, and whether it was acknowledged.
async fn audit(settings: Settings, streams: usize) -> HashMap<String, (usize, bool)> {
    let store = faulty(flaky);
    let annals = process(store.clone(), settings);
    let tasks = (0..64).map(|task: usize| {
        let annals = annals.clone();
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for number in 0..100 {
                let reference = format!("{task}/{number}");
                let deposit = Deposit { cents: 1, reference: reference.clone() };
                let executed = annals.execute(Account::stream(task % streams), deposit).await;
                if let Err(error) = &executed {
                    let ExecuteError::Store(error) = error else { panic!("{error}") };
                    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
                }
                acknowledged.push((reference, executed.is_ok()));
            }
            acknowledged
        })
    });
    let acknowledged = join_all(tasks).await.into_iter().flat_map(Result::unwrap);
    let mut commands: HashMap<_, _> =
        acknowledged.map(|(reference, is_ok)| (reference, (0, is_ok))).collect();
    for reference in references(&*store).await {
        commands.get_mut(&reference).unwrap().0 += 1;
    }
    assert_eq!(commands.len(), 6_400);
    commands
}

#[tokio::test(flavor = "multi_thread")]
async fn with_retries_every_command_is_acknowledged_and_recorded_exactly_once() {
    for streams in [1, 8] {
        let commands = audit(Settings::default(), streams).await;
        assert!(
            commands.values().all(|(recorded, is_acknowledged)| *recorded == 1 && *is_acknowledged)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_retries_what_is_acknowledged_is_there_once_and_nothing_is_there_twice() {
    for streams in [1, 8] {
        let commands = audit(impatient(), streams).await;
        assert!(commands.values().all(|(recorded, _)| *recorded <= 1));
        assert!(
            commands.values().all(|(recorded, is_acknowledged)| !is_acknowledged || *recorded == 1)
        );
        assert!(
            commands.values().any(|(recorded, is_ok)| !is_ok && *recorded == 0),
            "some never came"
        );
        assert!(
            commands.values().any(|(recorded, is_ok)| !is_ok && *recorded == 1),
            "some are unknown"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pipelining_it_is_the_same() {
    let retry = Retry { times: 1_000, ..Retry::default() };
    let commands = audit(Settings { pipelined: false, retry, ..Settings::default() }, 8).await;
    assert!(
        commands.values().all(|(recorded, is_acknowledged)| *recorded == 1 && *is_acknowledged)
    );
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_not_recorded_again() {
    let store = faulty(|call| (call == Call::Append(1)).then_some(Fault::AnswerLost));
    let annals = process(store.clone(), Settings::default());

    let committed = annals.execute(ada(), deposit(1)).await.unwrap();

    assert_eq!((committed.revision().get(), committed.is_repeat()), (1, false));
    assert_eq!((store.calls().append, annals.counts().retries), (2, 1));
    assert_eq!(references(&*store).await.len(), 1);
}

#[tokio::test]
async fn after_a_failure_the_next_command_sees_the_truth() {
    for (fault, balance) in [(Fault::RequestLost, 100), (Fault::AnswerLost, 20)] {
        let store = faulty(move |call| (call == Call::Append(2)).then_some(fault));
        let annals = process(store.clone(), impatient());
        annals.execute(ada(), deposit(100)).await.unwrap();

        let lost = annals.execute(ada(), Withdraw { cents: 80 }).await;

        assert!(matches!(lost, Err(ExecuteError::Store(_))));
        assert_eq!(annals.load(ada()).await.unwrap().state().balance, balance);
        let withdrawn = annals.execute(ada(), Withdraw { cents: balance }).await.unwrap();
        assert_eq!(withdrawn.state().balance, 0);
    }
}

#[tokio::test]
async fn reading_is_retried_too() {
    let store = faulty(|call| match call {
        Call::ReadStream(1) => Some(Fault::RequestLost),
        Call::ReadStream(2) => Some(Fault::AnswerLost),
        _ => None,
    });
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(100)).await.unwrap();
    assert_eq!(annals.counts().retries, 2);
}

#[tokio::test]
async fn a_store_that_stays_away_fails_every_command_that_waits_for_it() {
    let store = faulty(|call| matches!(call, Call::Append(_)).then_some(Fault::RequestLost));
    let annals = process(store.clone(), Settings::default());
    let executing = (0..10).map(|_| annals.execute(ada(), deposit(1)).into_future());
    for executed in join_all(executing).await {
        let Err(ExecuteError::Store(error)) = executed else { panic!("{executed:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }
    assert_eq!(references(&*store).await.len(), 0);
}

#[tokio::test]
async fn after_a_failure_nothing_is_remembered() {
    let store = faulty(|call| (call == Call::Append(2)).then_some(Fault::AnswerLost));
    let annals = process(store.clone(), impatient());
    annals.execute(ada(), deposit(1)).await.unwrap();
    annals.execute(ada(), deposit(2)).await.unwrap_err();

    let deposited = annals.execute(ada(), deposit(4)).await.unwrap();

    assert_eq!((deposited.state().balance, annals.counts().conflicts), (7, 0));
}

#[tokio::test]
async fn patience_is_renewed_with_every_append_that_succeeds() {
    struct Cents;
    impl Command for Cents {
        type Aggregate = Account;
        type Rejection = Infallible;

        fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Infallible> {
            Ok(vec![AccountEvent::Deposited { cents: 1, reference: String::new() }; 6_000])
        }
    }
    // One append has room for one of them.
    let store = faulty(|call| match call {
        Call::Append(number) if number % 2 == 1 => Some(Fault::RequestLost),
        _ => None,
    });
    let retry = Retry { times: 1, ..Retry::default() };
    let annals = process(store.clone(), Settings { retry, ..Settings::default() });
    let answers = join_all((0..4).map(|_| annals.execute(ada(), Cents).into_future()));
    assert!(answers.await.iter().all(Result::is_ok));
    assert_eq!(store.calls().append, 8);
}

#[tokio::test]
async fn patience_is_not_spent_by_those_before() {
    let store = faulty(|call| match call {
        Call::ReadStream(number) if number > 1 && number % 3 == 0 => Some(Fault::RequestLost),
        _ => None,
    });
    let annals = process(store.clone(), Settings::default());
    let keyed =
        |number: usize| annals.execute(ada(), deposit(1)).idempotency_key(number.to_string());
    for number in 0..40 {
        keyed(number).await.unwrap();
    }
    let again = join_all((0..40).map(|number| keyed(number).into_future())).await;
    assert!(again.into_iter().all(|answer| answer.unwrap().is_repeat()));
}

#[tokio::test]
async fn what_is_recorded_is_answered_before_the_keys_of_others_are_looked_up() {
    let store = faulty(|call| (call == Call::Locate(1)).then_some(Fault::Held));
    let annals = process(store.clone(), Settings::default());
    let (rejected, deposited) = tokio::join!(
        annals.execute(ada(), Withdraw { cents: 5 }).idempotency_key("rent").into_future(),
        async {
            let deposited = annals.execute(ada(), deposit(1)).await;
            store.holds(1).await;
            store.release();
            deposited
        }
    );
    assert!(matches!(rejected, Err(ExecuteError::Rejected(_))));
    assert!(deposited.is_ok());
}
