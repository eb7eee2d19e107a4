//! Stores that break one promise each, and the rules that have to catch them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, Position, Revision,
    StoreError, StreamAppend, StreamId,
};
use annals_testkit::conformance::{event_store::histories, run};
use async_trait::async_trait;

use crate::model_store::ModelStore;

/// What a store does instead of keeping a promise.
#[async_trait]
pub(crate) trait Flaw: Send + Sync + 'static {
    async fn append(&self, store: &ModelStore, append: &Append) -> Result<Appended, AppendError> {
        store.append(append).await
    }

    fn read_stream<'s>(
        &'s self,
        store: &'s ModelStore,
        stream: &StreamId,
        after: Revision,
    ) -> Envelopes<'s> {
        store.read_stream(stream, after)
    }

    fn read_log<'s>(
        &'s self,
        store: &'s ModelStore,
        after: Position,
        filter: Filter,
    ) -> Envelopes<'s> {
        store.read_log(after, filter)
    }

    async fn wait_past(&self, store: &ModelStore, after: Position) -> Result<Position, StoreError> {
        store.wait_past(after).await
    }
}

/// A store that is sound, but for its flaw.
struct Broken<F> {
    store: ModelStore,
    flaw: F,
}

#[async_trait]
impl<F: Flaw> EventStore for Broken<F> {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.flaw.append(&self.store, append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.flaw.read_stream(&self.store, stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.flaw.read_log(&self.store, after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.store.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.flaw.wait_past(&self.store, after).await
    }
}

/// Asserts that `rule` holds for a sound store, and fails for one with that flaw.
#[track_caller]
pub(crate) fn assert_caught(flaw: impl Flaw, rule: impl AsyncFn(Arc<dyn EventStore>)) {
    run(rule(Arc::new(ModelStore::default())));

    let broken = Arc::new(Broken { store: ModelStore::default(), flaw });
    let caught = catch_unwind(AssertUnwindSafe(|| run(rule(broken)))).is_err();
    assert!(caught, "a broken store passes the rule");
}

/// Asserts that stores with that flaw do not agree with the model on any history.
#[track_caller]
pub(crate) fn assert_caught_by_a_history<F: Flaw>(flaw: fn() -> F) {
    let fresh = async || {
        let broken: Arc<dyn EventStore> =
            Arc::new(Broken { store: ModelStore::default(), flaw: flaw() });
        broken
    };
    let histories = || run(histories::any_history_agrees_with_the_model(fresh));
    assert!(catch_unwind(histories).is_err(), "a broken store agrees with the model");
}

/// An append like `append`, with changed parts.
pub(crate) fn changed(append: &Append, change: impl FnMut(&mut StreamAppend)) -> Append {
    let mut parts = append.streams().to_vec();
    parts.iter_mut().for_each(change);
    of_parts(parts)
}

pub(crate) fn of_parts(parts: Vec<StreamAppend>) -> Append {
    Append::to_streams(parts).expect("a part of what is valid is valid")
}
