//! A log that lost events and gained others: nothing is decided on what was lost.

use std::sync::{Arc, RwLock};

use annals::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, Settings, StoreError,
    prelude::*,
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use crate::bank::{Overdrawn, Withdraw, ada, deposit, memory, memory_of_day, process};

/// A store under which the log can be exchanged, as when a backup is restored or a standby takes over
/// that lacks the tail.
struct Restored {
    log: RwLock<Arc<dyn EventStore>>,
}

impl Restored {
    fn log(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.log.read().unwrap())
    }
}

#[async_trait]
impl EventStore for Restored {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.log().append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let (log, stream) = (self.log(), stream.clone());
        let reading = async move {
            let read: Result<Vec<_>, _> = log.read_stream(&stream, after).try_collect().await;
            read.map(|read| stream::iter(read.into_iter().map(Ok)))
        };
        stream::once(reading).try_flatten().boxed()
    }

    fn read_log(&self, _: Position, _: Filter) -> Envelopes<'_> {
        unreachable!("nobody follows this log")
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.log().locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.log().wait_past(after).await
    }
}

/// A process that remembers a balance of 1,000 at revision 2, of a stream which then really has those
/// deposits.
async fn remembers_a_thousand_but_there_are(deposits: &[u64]) -> Annals {
    let store = Arc::new(Restored { log: RwLock::new(memory()) });
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(400)).await.unwrap();
    annals.execute(ada(), deposit(600)).await.unwrap();

    let now = memory();
    let other = process(now.clone(), Settings::default());
    for cents in deposits {
        other.execute(ada(), deposit(*cents)).await.unwrap();
    }
    *store.log.write().unwrap() = now;
    annals
}

async fn cannot_withdraw_what_was_lost(annals: &Annals, short_by: u64) {
    let withdrawn = annals.execute(ada(), Withdraw { cents: 500 }).await;
    let Err(ExecuteError::Rejected(overdrawn)) = withdrawn else { panic!("{withdrawn:?}") };
    assert_eq!(overdrawn, Overdrawn { short_by });
}

#[tokio::test]
async fn a_state_ahead_of_its_stream_is_loaded_anew() {
    let annals = remembers_a_thousand_but_there_are(&[7]).await;
    cannot_withdraw_what_was_lost(&annals, 493).await;
    let deposited = annals.execute(ada(), deposit(1)).await.unwrap();
    assert_eq!((deposited.state().balance, deposited.revision().get()), (8, 2));
}

#[tokio::test]
async fn a_state_of_a_history_that_was_overtaken_is_loaded_anew() {
    let annals = remembers_a_thousand_but_there_are(&[1, 1, 1]).await;
    cannot_withdraw_what_was_lost(&annals, 497).await;
}

#[tokio::test]
async fn a_state_of_another_history_of_the_same_length_is_loaded_anew() {
    let annals = remembers_a_thousand_but_there_are(&[1, 1]).await;
    cannot_withdraw_what_was_lost(&annals, 498).await;
}

#[tokio::test]
async fn a_rejection_is_not_answered_from_another_history() {
    let annals = remembers_a_thousand_but_there_are(&[4_000, 4_000]).await;
    let withdrawn = annals.execute(ada(), Withdraw { cents: 5_000 }).await.unwrap();
    assert_eq!(withdrawn.state().balance, 3_000);
}

#[tokio::test]
async fn a_state_of_another_history_is_loaded_anew_also_when_a_key_was_sent_again() {
    let log = RwLock::new(memory_of_day(1));
    let store = Arc::new(Restored { log });
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(400)).await.unwrap();
    annals.execute(ada(), deposit(600)).idempotency_key("bonus").await.unwrap();

    let now = memory_of_day(2);
    let other = process(now.clone(), Settings::default());
    other.execute(ada(), deposit(1)).await.unwrap();
    other.execute(ada(), deposit(600)).idempotency_key("bonus").await.unwrap();
    other.execute(ada(), deposit(1)).await.unwrap();
    *store.log.write().unwrap() = now;

    let withdrawn = annals.execute(ada(), Withdraw { cents: 900 }).await;
    assert!(matches!(withdrawn, Err(ExecuteError::Rejected(Overdrawn { short_by: 298 }))));
}
