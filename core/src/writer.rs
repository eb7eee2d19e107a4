//! The write side over one store: what `execute` and `load` need, in one place.

use std::{fmt, sync::Arc};

use crate::{
    append::AppendError,
    clock::{Clock, SystemClock},
    counters::{Counters, Counts},
    retry::Retry,
    snapshot::Snapshots,
    store::EventStore,
    store_error::{StoreError, StoreErrorKind},
};

/// Executes commands and loads states, over one store. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Writer {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) snapshots: Option<Arc<dyn Snapshots>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retry: Retry,
    pub(crate) counters: Arc<Counters>,
}

impl Writer {
    /// Over that store, without snapshots, with the machine's clock.
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        let (clock, retry) = (Arc::new(SystemClock), Retry::default());
        Self { store, snapshots: None, clock, retry, counters: Arc::default() }
    }

    /// With a place for the snapshots of aggregates that ask for them.
    #[must_use]
    pub fn with_snapshots(mut self, snapshots: Arc<dyn Snapshots>) -> Self {
        self.snapshots = Some(snapshots);
        self
    }

    /// Over another store.
    #[must_use]
    pub fn with_store(mut self, store: Arc<dyn EventStore>) -> Self {
        self.store = store;
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// With other retries.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Where it writes.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.counters.counts()
    }

    /// Does something that the store may be unavailable for, until it was not or patience is at its
    /// end. What is done must bear being done twice.
    pub(crate) async fn persistently<T, E: MayBeUnavailable, F: Future<Output = Result<T, E>>>(
        &self,
        operation: impl Fn() -> F,
    ) -> Result<T, E> {
        let mut attempts = self.retry.begin();
        loop {
            match operation().await {
                Err(error) if error.is_unavailable() && attempts.next(&*self.clock).await => {
                    self.counters.retries.increment();
                }
                result => return result,
            }
        }
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        f.debug_struct("Writer").field("counts", &counts).finish_non_exhaustive()
    }
}

/// An error behind which there may be a store that is unavailable for a while.
pub(crate) trait MayBeUnavailable {
    fn is_unavailable(&self) -> bool;
}

impl MayBeUnavailable for StoreError {
    fn is_unavailable(&self) -> bool {
        self.kind() == StoreErrorKind::Unavailable
    }
}

impl MayBeUnavailable for AppendError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}
