//! Read models in maps behind one lock, and their transactions, one at a time.

mod committed;
mod transaction;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use annals_core::{
    Clock, ModelTx, Payload, ReadModels, Record, RecordIn, Select, StoreError, SystemClock, Table,
    TableRow,
};
use async_trait::async_trait;
use tokio::sync::Mutex;

use self::committed::{Committed, listed};
pub use self::transaction::MemoryTx;
use crate::{changes::Changes, select::selected, store::SharedLog};

/// Read models in memory, and beside them what an application keeps there: bytes, each under a key.
///
/// Those of [`MemoryStore::read_models`](crate::MemoryStore::read_models) can append to its log; those by
/// [`default`](Self::default) have no log, and the machine's clock. Clones are the same read models.
#[derive(Clone)]
pub struct MemoryReadModels {
    committed: Arc<RwLock<Committed>>,
    /// Whose turn it is to write: whoever has begun a transaction, until it ends.
    turn: Arc<Mutex<()>>,
    log: Option<Arc<SharedLog>>,
    clock: Arc<dyn Clock>,
}

impl MemoryReadModels {
    pub(crate) fn new(log: Option<Arc<SharedLog>>, clock: Arc<dyn Clock>) -> Self {
        Self { committed: Arc::default(), turn: Arc::default(), log, clock }
    }

    /// What the application has committed under `key`.
    pub fn get(&self, key: &str) -> Option<Payload> {
        self.committed().own.get(key).cloned()
    }

    fn committed(&self) -> RwLockReadGuard<'_, Committed> {
        // A commit panics nowhere, so that nothing is half written.
        self.committed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn committing(&self) -> RwLockWriteGuard<'_, Committed> {
        self.committed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ReadModels for MemoryReadModels {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        Ok(Box::new(MemoryTx::new(self.clone(), turn)))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.committed().area(area).get(key).cloned())
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let (committed, unchanged) = (self.committed(), Changes::default());
        Ok(listed(committed.area(area), &unchanged, prefix, after).take(limit).collect())
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let committed = self.committed();
        let record = committed.area(unchanged.area).get(unchanged.key);
        if record.is_none_or(|content| content != unchanged.content) {
            return Ok(None);
        }
        let Some(kept) = committed.tables.get(table.name()) else { return Ok(None) };
        selected(&kept.rows, &kept.columns, table.columns(), select).map(Some)
    }
}

impl Default for MemoryReadModels {
    fn default() -> Self {
        Self::new(None, Arc::new(SystemClock))
    }
}

impl fmt::Debug for MemoryReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReadModels")
            .field("has_log", &self.log.is_some())
            .finish_non_exhaustive()
    }
}
