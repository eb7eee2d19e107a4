//! The model as a store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, Position, Revision,
    StoreError, StreamId,
};
use annals_testkit::Model;
use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::watch;

pub(crate) struct ModelStore {
    model: Mutex<Model>,
    head: watch::Sender<Position>,
}

impl Default for ModelStore {
    fn default() -> Self {
        Self { model: Mutex::default(), head: watch::Sender::new(Position::START) }
    }
}

impl ModelStore {
    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for ModelStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let mut model = self.model();
        let answer = model.append(append)?;
        self.head.send_replace(model.head());
        Ok(answer)
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let events: Vec<_> = self.model().read_stream(stream, after).cloned().collect();
        stream::iter(events.into_iter().map(Ok)).boxed()
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let events: Vec<_> = self.model().read_log(after, &filter).cloned().collect();
        stream::iter(events.into_iter().map(Ok)).boxed()
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        Ok(self.model().locate(stream, id))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        let head = self.head.subscribe().wait_for(|head| *head > after).await.map(|head| *head);
        Ok(head.expect("the store is borrowed, so its head is there"))
    }
}
