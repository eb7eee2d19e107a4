//! Logs that are not what a read model was built from.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, Position, Revision,
    StoreError, StreamId,
};
use annals_memory::MemoryReadModels;
use annals_projections::{Halted, WaitError};
use async_trait::async_trait;
use futures::future::{Either, select};

use crate::{
    account::deposit,
    balances::{Balances, log, read, start},
};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_log_that_was_restored_to_an_earlier_state_is_refused() {
    let (first, models) = (log(), MemoryReadModels::default());
    let end = deposit(&*first, 1, &[1; 5]).await;
    let running = start(&first, &models, Balances::new());
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();

    // Shorter; as long, with other events; longer.
    for events in [3, 5, 9] {
        let other = log();
        let end = deposit(&*other, 1, &vec![1; events]).await.plus(10);
        let running = start(&other, &models, Balances::new());
        match running.wait_for(end, PATIENCE).await {
            Err(WaitError::Halted { source: Halted::Forked { position }, .. }) => {
                assert_eq!(position.get(), 5, "{events} events");
            }
            other => panic!("{events} events: {other:?}"),
        }
        assert_eq!(read(&models, 1), Some((5, 5)), "nothing was written");
    }
}

/// A log that becomes another one.
struct Replaced {
    logs: [Arc<dyn EventStore>; 2],
    is_second: AtomicBool,
}

impl Replaced {
    fn now(&self) -> &dyn EventStore {
        &*self.logs[usize::from(self.is_second.load(Ordering::Acquire))]
    }
}

#[async_trait]
impl EventStore for Replaced {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.now().append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.now().read_stream(stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.now().read_log(after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.now().locate(stream, id).await
    }

    /// Whoever waits for the first log wakes with the head of the second.
    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        match select(self.logs[0].wait_past(after), self.logs[1].wait_past(after)).await {
            Either::Left((head, _)) | Either::Right((head, _)) => head,
        }
    }
}

#[tokio::test]
async fn a_log_that_becomes_another_one_while_it_is_followed_is_refused() {
    let (logs, models) = ([log(), log()], MemoryReadModels::default());
    let end = deposit(&*logs[0], 1, &[1; 5]).await;
    deposit(&*logs[1], 2, &[1; 5]).await;
    let replaced = Arc::new(Replaced { logs: logs.clone(), is_second: AtomicBool::new(false) });
    let log: Arc<dyn EventStore> = replaced.clone();
    let running = start(&log, &models, Balances::new());
    running.wait_for(end, PATIENCE).await.unwrap();

    replaced.is_second.store(true, Ordering::Release);
    let later = deposit(&*logs[1], 2, &[1]).await;
    match running.wait_for(later, PATIENCE).await {
        Err(WaitError::Halted { source: Halted::Forked { position }, .. }) => {
            assert_eq!(position, end);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((read(&models, 1), read(&models, 2)), (Some((5, 5)), None));
}
