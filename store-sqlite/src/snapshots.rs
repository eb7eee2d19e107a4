//! Snapshots in the same database.

use std::sync::Arc;

use annals_core::{
    EventId, Position, Revision, Snapshot, SnapshotKey, Snapshots, StoreError, Timestamp,
};
use annals_sql::{unreadable, valid};
use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::{
    error::store_error,
    row::{bytes, integer},
    store::Shared,
};

const LOAD_SNAPSHOT: &str = include_str!("../sql/load_snapshot.sql");
const SAVE_SNAPSHOT: &str = include_str!("../sql/save_snapshot.sql");

/// Snapshots in an SQLite database, beside the log.
#[derive(Clone)]
pub struct SqliteSnapshots {
    shared: Arc<Shared>,
}

impl SqliteSnapshots {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl Snapshots for SqliteSnapshots {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let query = sqlx::query(LOAD_SNAPSHOT)
            .bind(key.stream.as_str())
            .bind(key.shape)
            .bind(i64::from(key.version));
        let row = query.fetch_optional(lent.connection()).await.map_err(store_error)?;
        lent.give_back();
        row.map(|row| snapshot(&row)).transpose()
    }

    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut lent = self.shared.writing.begin().await?;
        let query = sqlx::query(SAVE_SNAPSHOT)
            .bind(key.stream.as_str())
            .bind(key.shape)
            .bind(i64::from(key.version))
            .bind(snapshot.revision.get())
            .bind(snapshot.position.get())
            .bind(snapshot.last.0.into_bytes().to_vec())
            .bind(snapshot.recorded_at.as_micros())
            .bind(snapshot.state.as_bytes());
        query.execute(lent.connection()).await.map_err(store_error)?;
        lent.commit().await
    }
}

fn snapshot(row: &SqliteRow) -> Result<Snapshot, StoreError> {
    Ok(Snapshot {
        revision: valid(Revision::new(integer(row, 0)?))?,
        position: valid(Position::new(integer(row, 1)?))?,
        last: EventId(Uuid::from_slice(bytes(row, 2)?).map_err(unreadable)?),
        recorded_at: valid(Timestamp::from_micros(integer(row, 3)?))?,
        state: bytes(row, 4)?.to_vec().into(),
    })
}
