//! Opening a log by its URL, and following it.

use annals::{EventType, Filter, OpenError, prelude::*};
use futures::{FutureExt, StreamExt, TryStreamExt};

use crate::bank::{Account, AccountEvent, Withdraw, ada, deposit};

#[tokio::test]
async fn each_memory_log_is_one_of_its_own() {
    let (one, other) =
        (Annals::open("memory:").await.unwrap(), Annals::open("memory:").await.unwrap());
    one.execute(ada(), deposit(1)).await.unwrap();
    assert_eq!(one.clone().load(ada()).await.unwrap().state().balance, 1);
    assert_eq!(other.load(ada()).await.unwrap().revision(), Revision::START);
}

#[tokio::test]
async fn a_log_in_a_file_is_there_when_it_is_opened_again() {
    let directory = concat!(env!("CARGO_TARGET_TMPDIR"), "/opened-again");
    let _ = std::fs::remove_dir_all(directory);
    let url = format!("sqlite://{directory}/made with it/bank.db");
    let annals = Annals::open(&url).await.unwrap();
    annals.execute(ada(), deposit(1)).await.unwrap();
    drop(annals);
    let again = Annals::open(&url).await.unwrap().execute(ada(), deposit(1)).await.unwrap();
    assert_eq!(again.state().balance, 2);
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_scheme_that_does_not_exist_is_an_error_that_names_those_that_do() {
    let opened = Annals::open("redis://localhost").await;
    let Err(error @ OpenError::UnknownScheme { .. }) = opened else { panic!("{opened:?}") };
    assert_eq!(
        error.to_string(),
        "`redis:` is not a scheme of Annals; there are `memory:` (feature `memory`), `sqlite:` (feature `sqlite`), `postgres:` (feature `postgres`)"
    );
}

#[tokio::test]
async fn a_subscription_catches_up_and_then_follows() {
    let annals = Annals::open("memory:").await.unwrap();
    annals.execute(ada(), deposit(1)).await.unwrap();
    annals.execute(ada(), deposit(2)).await.unwrap();

    let after_first = Position::START.plus(1);
    let mut events = annals.subscribe(after_first, Filter::All);
    let second = events.try_next().await.unwrap().unwrap();
    assert_eq!(second.position, after_first.plus(1));

    assert!(events.next().now_or_never().is_none(), "there is no more to be read yet");
    let (third, executed) = tokio::join!(events.try_next(), async {
        annals.execute(Account::stream("bob"), deposit(3)).await.unwrap()
    });
    assert_eq!(third.unwrap().unwrap().position, executed.position());
}

#[tokio::test]
async fn a_subscription_outlives_whoever_asked_for_it() {
    let annals = Annals::open("memory:").await.unwrap();
    let mut events = annals.subscribe(Position::START, Filter::All);
    annals.execute(ada(), deposit(1)).await.unwrap();
    drop(annals);
    let followed = tokio::spawn(async move { events.try_next().await.unwrap().unwrap().position });
    assert_eq!(followed.await.unwrap(), Position::START.plus(1));
}

#[tokio::test]
async fn a_subscription_gives_only_what_its_filter_lets_through() {
    let annals = Annals::open("memory:").await.unwrap();
    for cents in 1..=5 {
        annals.execute(ada(), deposit(10)).await.unwrap();
        annals.execute(ada(), Withdraw { cents }).await.unwrap();
    }

    let withdrawn: Filter = [EventType::new("money-withdrawn")].into_iter().collect();
    let positions: Vec<_> = annals
        .subscribe(Position::START, withdrawn)
        .map(|event| event.unwrap().position.get())
        .take(5)
        .collect()
        .await;
    assert_eq!(positions, [2, 4, 6, 8, 10]);

    let all = annals.subscribe(Position::START, Filter::of::<AccountEvent>()).take(10).count();
    assert_eq!(all.await, 10);
}
