//! Checkpoints, and transactions for read models that move with them.

use annals_core::{
    AdvanceError, Checkpoint, Checkpoints, EventId, Position, StoreError, StoreErrorKind,
};
use annals_sql::check_projection_name;
use sqlx::{PgConnection, Row};

use crate::{
    connections::{Connections, Lent},
    error::store_error,
    statements::Statements,
};

const BEGIN_MODEL: &str = include_str!("../sql/begin_model.sql");
const END_MODEL: &str = include_str!("../sql/end_model.sql");

/// Checkpoints in a PostgreSQL database, and transactions for the read models that are kept there.
#[derive(Clone)]
pub struct PostgresCheckpoints {
    connections: Connections,
    statements: Statements,
}

/// A transaction for a read model. There is no way to commit it but to advance the checkpoint.
///
/// It is READ COMMITTED, whatever the database's default is. Dropping it takes everything back, and
/// closes its connection.
pub struct PgTx {
    lent: Lent,
}

impl PgTx {
    /// The connection, for whatever a read model is written with.
    ///
    /// `COMMIT` and `ROLLBACK` are not for it, and so is not sqlx's `begin`, which would send them: what
    /// was written before would part from the checkpoint. That is noticed when the checkpoint is to
    /// move, and is an error then. For a part that may be taken back there is `SAVEPOINT`.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.lent.connection()
    }
}

impl PostgresCheckpoints {
    pub(crate) fn new(connections: Connections, statements: Statements) -> Self {
        Self { connections, statements }
    }

    /// That all that was written since the beginning is still to be committed.
    async fn end_model(&self, lent: &mut Lent) -> Result<(), StoreError> {
        let ended = sqlx::raw_sql(END_MODEL).execute(lent.connection());
        match self.connections.within(ended).await {
            Err(error) if error.kind() != StoreErrorKind::Unavailable => {
                let message = "the transaction was ended before its checkpoint could move";
                Err(StoreError::because(StoreErrorKind::Invalid, message, error))
            }
            ended => ended.map(|_| ()),
        }
    }

    async fn load_on(&self, lent: &mut Lent, name: &str) -> Result<Checkpoint, StoreError> {
        let query = sqlx::query(self.statements.load_checkpoint.clone())
            .bind(name)
            .persistent(lent.keeps_statements());
        let row = self.connections.within(query.fetch_optional(lent.connection())).await?;
        let Some(row) = row else {
            return Ok(Checkpoint::default());
        };
        let position: i64 = row.try_get(0).map_err(store_error)?;
        let last: Option<_> = row.try_get(1).map_err(store_error)?;
        let position = Position::new(position).ok_or_else(|| {
            StoreError::new(StoreErrorKind::Unreadable, "a checkpoint is before the start")
        })?;
        Ok(Checkpoint { position, last: last.map(EventId) })
    }
}

impl Checkpoints for PostgresCheckpoints {
    type Tx = PgTx;

    async fn load(&self, name: &str) -> Result<Checkpoint, StoreError> {
        check_projection_name(name)?;
        let mut lent = self.connections.lend().await?;
        let checkpoint = self.load_on(&mut lent, name).await?;
        lent.give_back().await?;
        Ok(checkpoint)
    }

    async fn begin(&self) -> Result<PgTx, StoreError> {
        let mut lent = self.connections.begin().await?;
        let model = sqlx::raw_sql(BEGIN_MODEL).execute(lent.connection());
        self.connections.within(model).await?;
        Ok(PgTx { lent })
    }

    async fn advance(
        &self,
        tx: PgTx,
        name: &str,
        from: Checkpoint,
        to: Checkpoint,
    ) -> Result<(), AdvanceError> {
        check_projection_name(name)?;
        let mut lent = tx.lent;
        self.end_model(&mut lent).await?;
        // Only at the start there may be none. One that was there and is not any more, since a rebuild
        // was asked for, is not made again.
        let is_at_start = from == Checkpoint::default();
        let statement = match is_at_start {
            true => &self.statements.begin_checkpoint,
            false => &self.statements.advance_checkpoint,
        };
        let mut query = sqlx::query(statement.clone())
            .bind(name)
            .bind(to.position.get())
            .bind(to.last.map(|id| id.0));
        if !is_at_start {
            query = query.bind(from.position.get()).bind(from.last.map(|id| id.0));
        }
        let query = query.persistent(lent.keeps_statements());
        let advanced = self.connections.within(query.fetch_optional(lent.connection())).await?;
        if advanced.is_none() {
            let actual = self.load_on(&mut lent, name).await?.position;
            return Err(AdvanceError::Superseded { name: name.into(), actual });
        }
        Ok(lent.give_back().await?)
    }
}
