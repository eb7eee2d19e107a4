//! Snapshots in a map.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use annals_core::{Snapshot, SnapshotKey, Snapshots, StoreError};
use async_trait::async_trait;

/// Snapshots in memory, for as long as it lives.
#[derive(Debug, Default)]
pub struct MemorySnapshots {
    kept: Mutex<HashMap<SnapshotKey, Snapshot>>,
}

impl MemorySnapshots {
    fn kept(&self) -> MutexGuard<'_, HashMap<SnapshotKey, Snapshot>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Snapshots for MemorySnapshots {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.kept().get(key).cloned())
    }

    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError> {
        self.kept().insert(key.clone(), snapshot);
        Ok(())
    }
}
