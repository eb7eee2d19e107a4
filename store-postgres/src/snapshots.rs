//! Snapshots in the same database.

use annals_core::{
    EventId, Position, Revision, Snapshot, SnapshotKey, Snapshots, StoreError, StoreErrorKind,
};
use async_trait::async_trait;
use sqlx::{Row, postgres::PgRow};

use crate::{connections::Connections, statements::Statements, timestamptz::Timestamptz};

/// Snapshots in a PostgreSQL database, beside the log.
#[derive(Clone)]
pub struct PostgresSnapshots {
    connections: Connections,
    statements: Statements,
}

impl PostgresSnapshots {
    pub(crate) fn new(connections: Connections, statements: Statements) -> Self {
        Self { connections, statements }
    }
}

#[async_trait]
impl Snapshots for PostgresSnapshots {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        let mut lent = self.connections.lend().await?;
        let query = sqlx::query(self.statements.load_snapshot.clone())
            .bind(key.stream.as_str())
            .bind(key.shape)
            .bind(i64::from(key.version))
            .persistent(lent.keeps_statements());
        let row = self.connections.within(query.fetch_optional(lent.connection())).await?;
        lent.give_back().await?;
        row.map(|row| snapshot(&row)).transpose()
    }

    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError> {
        let mut lent = self.connections.lend().await?;
        let query = sqlx::query(self.statements.save_snapshot.clone())
            .bind(key.stream.as_str())
            .bind(key.shape)
            .bind(i64::from(key.version))
            .bind(snapshot.revision.get())
            .bind(snapshot.position.get())
            .bind(snapshot.last.0)
            .bind(Timestamptz(snapshot.recorded_at))
            .bind(snapshot.state.as_bytes())
            .persistent(lent.keeps_statements());
        self.connections.within(query.execute(lent.connection())).await?;
        lent.give_back().await
    }
}

fn snapshot(row: &PgRow) -> Result<Snapshot, StoreError> {
    let read = || {
        let (revision, position): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let (last, Timestamptz(recorded_at)) = (EventId(row.try_get(2)?), row.try_get(3)?);
        let state: Vec<u8> = row.try_get(4)?;
        Ok((revision, position, last, recorded_at, state))
    };
    let (revision, position, last, recorded_at, state) =
        read().map_err(crate::error::store_error)?;
    let (Some(revision), Some(position)) = (Revision::new(revision), Position::new(position))
    else {
        let message = "a snapshot has a number that no snapshot can have";
        return Err(StoreError::new(StoreErrorKind::Unreadable, message));
    };
    Ok(Snapshot { revision, position, last, recorded_at, state: state.into() })
}
