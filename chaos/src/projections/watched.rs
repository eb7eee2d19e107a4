//! Read models that report every checkpoint which they commit.

use std::{any::Any, fmt, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, ModelTx, ReadModels, Record, RecordIn, Select, StoreError,
    Table, TableRow, Timestamp,
};
use async_trait::async_trait;

use crate::{
    journal::Journal,
    projections::report::{Move, Report},
};

#[derive(Debug)]
pub(crate) struct Watched(pub(crate) Arc<dyn ReadModels>);

struct WatchedTx {
    tx: Box<dyn ModelTx>,
    moves: Vec<Move>,
}

type Kept<T> = Result<T, StoreError>;

#[async_trait]
impl ReadModels for Watched {
    async fn begin(&self) -> Kept<Box<dyn ModelTx>> {
        Ok(Box::new(WatchedTx { tx: self.0.begin().await?, moves: vec![] }))
    }

    async fn record(&self, area: &str, key: &str) -> Kept<Option<String>> {
        self.0.record(area, key).await
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Kept<Vec<Record>> {
        self.0.records(area, prefix, after, limit).await
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Kept<Option<Vec<TableRow>>> {
        self.0.rows(table, select, unchanged).await
    }
}

#[async_trait]
impl ModelTx for WatchedTx {
    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Kept<bool> {
        let is_swapped = self.tx.swap(area, key, from, to).await?;
        if is_swapped && area == "checkpoint" {
            let [from, to] = [from, to].map(|content| content.map(ToOwned::to_owned));
            self.moves.push(Move { key: key.to_owned(), from, to });
        }
        Ok(is_swapped)
    }

    async fn commit(self: Box<Self>) -> Kept<()> {
        let Self { tx, moves } = *self;
        let committed = tx.commit().await;
        if !moves.is_empty() {
            Journal.write(&match committed {
                Ok(()) => Report::Committed(moves),
                Err(_) => Report::Doubtful(moves),
            });
        }
        committed
    }

    async fn now(&mut self) -> Kept<Timestamp> {
        self.tx.now().await
    }

    async fn record(&mut self, area: &str, key: &str) -> Kept<Option<String>> {
        self.tx.record(area, key).await
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Kept<Vec<Record>> {
        self.tx.records(area, prefix, after, limit).await
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Kept<u64> {
        self.tx.count(area, prefix).await
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Kept<()> {
        self.tx.put(area, records).await
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Kept<()> {
        self.tx.remove(area, keys).await
    }

    async fn create_table(&mut self, table: &Table) -> Kept<()> {
        self.tx.create_table(table).await
    }

    async fn drop_table(&mut self, name: &str) -> Kept<()> {
        self.tx.drop_table(name).await
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Kept<Vec<Record>> {
        self.tx.load(table, keys).await
    }

    async fn scan(&mut self, table: &Table, after: &str, limit: usize) -> Kept<Vec<TableRow>> {
        self.tx.scan(table, after, limit).await
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Kept<()> {
        self.tx.store(table, rows).await
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Kept<()> {
        self.tx.unstore(table, keys).await
    }

    async fn lend(&mut self) -> Kept<()> {
        self.tx.lend().await
    }

    async fn give_back(&mut self) -> Kept<()> {
        self.tx.give_back().await
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        self.tx.append(append).await
    }

    /// As the application's projection wants it: of its own store.
    fn as_any(&mut self) -> &mut dyn Any {
        self.tx.as_any()
    }
}

impl fmt::Debug for WatchedTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedTx").field("moves", &self.moves).finish_non_exhaustive()
    }
}
