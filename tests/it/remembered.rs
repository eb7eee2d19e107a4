//! Remembered states: they save round trips, and never make an answer stale.

use annals::{ExecuteError, Settings, prelude::*};

use crate::bank::{Account, Empty, Overdrawn, Withdraw, ada, counting, deposit, memory, process};

#[tokio::test]
async fn a_command_on_a_remembered_state_costs_one_round_trip() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(100)).await.unwrap();
    let before = store.calls();

    annals.execute(ada(), Withdraw { cents: 30 }).await.unwrap();

    let after = store.calls();
    assert_eq!((after.append - before.append, after.read_stream - before.read_stream), (1, 0));
}

#[tokio::test]
async fn without_pipelining_states_are_remembered_too() {
    let store = counting();
    let annals = process(store.clone(), Settings { pipelined: false, ..Settings::default() });
    for _ in 0..3 {
        annals.execute(ada(), deposit(100)).await.unwrap();
    }
    assert_eq!((store.calls().append, store.calls().read_stream), (3, 1));
}

#[tokio::test]
async fn a_rejection_is_never_answered_from_a_stale_state() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store, Settings::default()));
    here.execute(ada(), deposit(10)).await.unwrap();
    there.execute(ada(), deposit(90)).await.unwrap();

    let withdrawn = here.execute(ada(), Withdraw { cents: 100 }).await.unwrap();

    assert_eq!(withdrawn.state().balance, 0);
}

#[tokio::test]
async fn a_decision_for_no_events_is_never_answered_from_a_stale_state() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store, Settings::default()));
    here.execute(ada(), Empty).await.unwrap();
    there.execute(ada(), deposit(90)).await.unwrap();

    let emptied = here.execute(ada(), Empty).await.unwrap();

    assert_eq!(emptied.events().len(), 2);
}

#[tokio::test]
async fn an_expectation_is_never_judged_by_a_stale_state() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store, Settings::default()));
    here.execute(ada(), deposit(10)).await.unwrap();
    let at = there.execute(ada(), deposit(90)).await.unwrap().revision();

    let deposited = here.execute(ada(), deposit(1)).expected(Expected::At(at)).await.unwrap();

    assert_eq!(deposited.revision(), at.plus(1));
}

#[tokio::test]
async fn a_rejection_that_is_confirmed_is_answered_with_the_newest_state() {
    let store = memory();
    let (here, there) =
        (process(store.clone(), Settings::default()), process(store, Settings::default()));
    here.execute(ada(), deposit(10)).await.unwrap();
    there.execute(ada(), deposit(20)).await.unwrap();

    let rejected = here.execute(ada(), Withdraw { cents: 100 }).await.unwrap_err();

    assert!(matches!(rejected, ExecuteError::Rejected(Overdrawn { short_by: 70 })), "{rejected}");
}

#[tokio::test]
async fn no_more_states_are_remembered_than_was_set() {
    let store = counting();
    let annals = process(store.clone(), Settings { remembered: 2, ..Settings::default() });
    for id in [1, 2, 3] {
        annals.execute(Account::stream(id), deposit(100)).await.unwrap();
    }
    let loads = store.calls().read_stream;

    annals.execute(Account::stream(3), deposit(1)).await.unwrap();
    annals.execute(Account::stream(2), deposit(1)).await.unwrap();
    assert_eq!(store.calls().read_stream, loads, "the two last ones are remembered");

    annals.execute(Account::stream(1), deposit(1)).await.unwrap();
    assert_eq!(store.calls().read_stream, loads + 1, "the first one is forgotten");
}

#[tokio::test]
async fn with_remembering_off_every_command_loads() {
    let store = counting();
    let annals = process(store.clone(), Settings { remembered: 0, ..Settings::default() });
    for loads in 1..=3 {
        annals.execute(ada(), deposit(100)).await.unwrap();
        assert_eq!(store.calls().read_stream, loads);
    }
}

#[tokio::test]
async fn an_answer_keeps_its_state_when_later_commands_change_it() {
    let annals = process(memory(), Settings::default());
    let first = annals.execute(ada(), deposit(1)).await.unwrap();
    let second = annals.execute(ada(), deposit(2)).await.unwrap();
    assert_eq!((first.state().balance, second.state().balance), (1, 3));
    assert_eq!((first.revision().get(), second.revision().get()), (1, 2));
}

#[tokio::test]
async fn two_aggregates_of_one_category_do_not_share_a_state() {
    #[derive(Debug, Default, Clone, Fold)]
    #[fold(crate::bank::AccountEvent)]
    struct Activity {
        #[fold(Deposited | Withdrawn => self.movements + 1)]
        movements: u64,
    }

    impl Aggregate for Activity {
        const CATEGORY: Category = Account::CATEGORY;
    }

    struct Look;

    impl Command for Look {
        type Aggregate = Activity;
        type Rejection = std::convert::Infallible;

        fn decide(
            &self,
            _: &Activity,
        ) -> Result<Vec<crate::bank::AccountEvent>, std::convert::Infallible> {
            Ok(vec![])
        }
    }

    let annals = process(memory(), Settings::default());
    annals.execute(ada(), deposit(70)).await.unwrap();
    let looked = annals.execute(Activity::stream("ada"), Look).await.unwrap();
    assert_eq!(looked.state().movements, 1);
    assert_eq!(looked.position(), Position::START.plus(1));
}
