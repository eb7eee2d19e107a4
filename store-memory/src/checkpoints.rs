//! Checkpoints, and the read models that move with them, in maps behind one lock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use annals_core::{AdvanceError, Checkpoint, Checkpoints, Payload, StoreError};

/// Checkpoints in memory, together with read models: rows of bytes, each under a key.
#[derive(Debug, Default, Clone)]
pub struct MemoryCheckpoints {
    committed: Arc<Mutex<Committed>>,
}

#[derive(Debug, Default)]
struct Committed {
    checkpoints: HashMap<String, Checkpoint>,
    rows: BTreeMap<String, Payload>,
}

/// Writes to read models that are not yet committed, and never are unless the checkpoint advances.
#[derive(Debug)]
pub struct MemoryTx {
    committed: Arc<Mutex<Committed>>,
    /// `None` stands for a row that was removed.
    changes: BTreeMap<String, Option<Payload>>,
}

impl MemoryCheckpoints {
    /// The row that is committed under `key`.
    pub fn get(&self, key: &str) -> Option<Payload> {
        lock(&self.committed).rows.get(key).cloned()
    }
}

impl MemoryTx {
    /// The row under `key` as this transaction left it.
    pub fn get(&self, key: &str) -> Option<Payload> {
        match self.changes.get(key) {
            Some(change) => change.clone(),
            None => lock(&self.committed).rows.get(key).cloned(),
        }
    }

    /// Writes the row under `key`.
    pub fn put(&mut self, key: impl Into<String>, row: impl Into<Payload>) {
        self.changes.insert(key.into(), Some(row.into()));
    }

    /// Removes the row under `key`.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.changes.insert(key.into(), None);
    }
}

impl Checkpoints for MemoryCheckpoints {
    type Tx = MemoryTx;

    async fn load(&self, name: &str) -> Result<Checkpoint, StoreError> {
        Ok(lock(&self.committed).checkpoints.get(name).copied().unwrap_or_default())
    }

    async fn begin(&self) -> Result<MemoryTx, StoreError> {
        Ok(MemoryTx { committed: Arc::clone(&self.committed), changes: BTreeMap::new() })
    }

    async fn advance(
        &self,
        tx: MemoryTx,
        name: &str,
        from: Checkpoint,
        to: Checkpoint,
    ) -> Result<(), AdvanceError> {
        let mut committed = lock(&self.committed);
        let actual = committed.checkpoints.get(name).copied().unwrap_or_default();
        if actual != from {
            return Err(AdvanceError::Superseded { name: name.into(), actual: actual.position });
        }
        committed.checkpoints.insert(name.into(), to);
        for (key, change) in tx.changes {
            match change {
                Some(row) => committed.rows.insert(key, row),
                None => committed.rows.remove(&key),
            };
        }
        Ok(())
    }
}

fn lock(committed: &Mutex<Committed>) -> MutexGuard<'_, Committed> {
    committed.lock().unwrap_or_else(PoisonError::into_inner)
}
