//! Checkpoints, and transactions for read models that move with them.

use std::sync::Arc;

use annals_core::{
    AdvanceError, Checkpoint, Checkpoints, EventId, Position, StoreError, StoreErrorKind,
};
use annals_sql::{check_projection_name, unreadable, valid};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use crate::{connections::Lent, error::store_error, row::integer, store::Shared};

const BEGIN_MODEL: &str = include_str!("../sql/begin_model.sql");
const END_MODEL: &str = include_str!("../sql/end_model.sql");
const LOAD_CHECKPOINT: &str = include_str!("../sql/load_checkpoint.sql");
const BEGIN_CHECKPOINT: &str = include_str!("../sql/begin_checkpoint.sql");
const ADVANCE_CHECKPOINT: &str = include_str!("../sql/advance_checkpoint.sql");

/// Checkpoints in an SQLite database, and transactions for the read models that are kept there.
#[derive(Clone)]
pub struct SqliteCheckpoints {
    shared: Arc<Shared>,
}

/// A transaction for a read model. There is no way to commit it but to advance the checkpoint.
///
/// While there is one nobody else writes to the file: appends wait for its end, so keep it short, and do
/// not await an append of the same store meanwhile. Dropping it takes everything back, and closes its
/// connection.
pub struct SqliteTx {
    lent: Lent,
}

impl SqliteTx {
    /// The connection, for whatever a read model is written with.
    ///
    /// `COMMIT` and `ROLLBACK` are not for it, and neither is sqlx's `begin`: what was written before would
    /// part from the checkpoint. That is noticed when the checkpoint is to move, and is an error then.
    /// For a part that may be taken back there is `SAVEPOINT`.
    ///
    /// The connection is the one that appends go over as well, and stays: leave no `PRAGMA` and no
    /// temporary table behind.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        self.lent.connection()
    }
}

impl SqliteCheckpoints {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Checkpoints for SqliteCheckpoints {
    type Tx = SqliteTx;

    async fn load(&self, name: &str) -> Result<Checkpoint, StoreError> {
        check_projection_name(name)?;
        let mut lent = self.shared.reading.lend().await?;
        let checkpoint = load_on(lent.connection(), name).await?;
        lent.give_back();
        Ok(checkpoint)
    }

    async fn begin(&self) -> Result<SqliteTx, StoreError> {
        let mut lent = self.shared.writing.begin().await?;
        sqlx::query(BEGIN_MODEL).execute(lent.connection()).await.map_err(store_error)?;
        Ok(SqliteTx { lent })
    }

    async fn advance(
        &self,
        tx: SqliteTx,
        name: &str,
        from: Checkpoint,
        to: Checkpoint,
    ) -> Result<(), AdvanceError> {
        check_projection_name(name)?;
        let mut lent = tx.lent;
        sqlx::query(END_MODEL).execute(lent.connection()).await.map_err(|error| {
            let message = "the transaction was ended before its checkpoint could move";
            StoreError::because(StoreErrorKind::Invalid, message, error)
        })?;
        // Only at the start there may be none. One that was there and is not any more, since a rebuild
        // was asked for, is not made again.
        let is_at_start = from == Checkpoint::default();
        let statement = if is_at_start { BEGIN_CHECKPOINT } else { ADVANCE_CHECKPOINT };
        let id = |checkpoint: Checkpoint| checkpoint.last.map(|id| id.0.into_bytes().to_vec());
        let mut query = sqlx::query(statement).bind(name).bind(to.position.get()).bind(id(to));
        if !is_at_start {
            query = query.bind(from.position.get()).bind(id(from));
        }
        let advanced = query.fetch_optional(lent.connection()).await.map_err(store_error)?;
        if advanced.is_none() {
            let actual = load_on(lent.connection(), name).await?.position;
            return Err(AdvanceError::Superseded { name: name.into(), actual });
        }
        Ok(lent.commit().await?)
    }
}

async fn load_on(connection: &mut SqliteConnection, name: &str) -> Result<Checkpoint, StoreError> {
    let query = sqlx::query(LOAD_CHECKPOINT).bind(name);
    let Some(row) = query.fetch_optional(connection).await.map_err(store_error)? else {
        return Ok(Checkpoint::default());
    };
    let last: Option<&[u8]> = row.try_get(1).map_err(store_error)?;
    let last = last.map(Uuid::from_slice).transpose().map_err(unreadable)?.map(EventId);
    Ok(Checkpoint { position: valid(Position::new(integer(&row, 0)?))?, last })
}
