//! Read models in the same database: transactions for them, and what can be read of them.

use std::{any::Any, fmt, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, ModelTx, Position, ReadModels, Record, RecordIn, Select,
    StoreError, StoreErrorKind, Table, TableRow, Timestamp,
};
use annals_sql::valid;
use async_trait::async_trait;
use sqlx::SqliteConnection;

use crate::{
    connections::Lent,
    error::store_error,
    records::{count_records, list_records, load_record, put_records, remove_records, swap_record},
    row::integer,
    rows::{create_table, drop_table, load_rows, remove_rows, scan_rows, store_rows},
    select::select_rows,
    store::{Shared, append_within},
};

const TELL_TIME: &str = include_str!("../sql/tell_time.sql");
const BEGIN_MODEL: &str = include_str!("../sql/begin_model.sql");
const END_MODEL: &str = include_str!("../sql/end_model.sql");

/// Read models in an SQLite database, beside the log. Each view has a table there, which is called
/// `annals_view_` and the name of the view: other programs may read it.
#[derive(Clone)]
pub struct SqliteReadModels {
    shared: Arc<Shared>,
}

/// A transaction for read models.
///
/// While there is one nobody else writes to the file: appends wait for its end, so keep it short, and do
/// not await an append of the same store meanwhile. Dropping it takes everything back, and closes its
/// connection.
pub struct SqliteTx {
    shared: Arc<Shared>,
    lent: Lent,
    /// How far the log is with what was appended here.
    head: Position,
}

impl SqliteTx {
    /// The connection, for whatever a read model is written with, between [`lend`](ModelTx::lend) and
    /// [`give_back`](ModelTx::give_back).
    ///
    /// `COMMIT` and `ROLLBACK` are not for it, and neither is sqlx's `begin`: what was written before would
    /// part from the checkpoint. That is noticed when it is given back, and is an error then.
    /// For a part that may be taken back there is `SAVEPOINT`.
    ///
    /// The connection is the one that appends go over as well, and stays: leave no `PRAGMA` and no
    /// temporary table behind.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        self.lent.connection()
    }
}

impl SqliteReadModels {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[async_trait]
impl ReadModels for SqliteReadModels {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        let lent = self.shared.writing.begin().await?;
        Ok(Box::new(SqliteTx { shared: Arc::clone(&self.shared), lent, head: Position::START }))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let record = load_record(lent.connection(), area, key).await?;
        lent.give_back();
        Ok(record)
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let records = list_records(lent.connection(), area, prefix, after, limit).await?;
        lent.give_back();
        Ok(records)
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let rows = select_rows(lent.connection(), table, select, unchanged).await?;
        lent.give_back();
        Ok(rows)
    }
}

#[async_trait]
impl ModelTx for SqliteTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let row = sqlx::query(TELL_TIME).fetch_one(self.connection()).await.map_err(store_error)?;
        valid(Timestamp::from_micros(integer(&row, 0)?))
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        load_record(self.connection(), area, key).await
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        list_records(self.connection(), area, prefix, after, limit).await
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        count_records(self.connection(), area, prefix).await
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        swap_record(self.connection(), area, key, from, to).await
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        put_records(self.connection(), area, records).await
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        remove_records(self.connection(), area, keys).await
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        create_table(self.connection(), table).await
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        drop_table(self.connection(), name).await
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        load_rows(self.connection(), table, keys).await
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        scan_rows(self.connection(), table, after, limit).await
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        store_rows(self.connection(), table, rows).await
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        remove_rows(self.connection(), table, keys).await
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        let begun = sqlx::query(BEGIN_MODEL).execute(self.connection()).await;
        begun.map(|_| ()).map_err(store_error)
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        let ended = sqlx::query(END_MODEL).execute(self.connection()).await;
        ended.map(|_| ()).map_err(|error| {
            let message = "the transaction was ended before its checkpoint could move";
            StoreError::because(StoreErrorKind::Invalid, message, error)
        })
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        let appended = append_within(self.connection(), append).await?;
        self.head = self.head.max(appended.position);
        Ok(appended)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { shared, lent, head } = *self;
        lent.commit().await?;
        if head > Position::START {
            shared.growth.reached(head);
        }
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl fmt::Debug for SqliteReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteReadModels").finish_non_exhaustive()
    }
}
