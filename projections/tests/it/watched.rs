//! Read models in which a test can hold up or fail what somebody does.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use annals_core::{
    Append, AppendError, Appended, ModelTx, ReadModels, Record, RecordIn, Select, StoreError,
    Table, TableRow, Timestamp,
};
use async_trait::async_trait;
use futures::future::BoxFuture;

/// What is about to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Begin,
    /// Of a checkpoint.
    Swap,
    /// A commit was done, and its answer may be lost.
    Committed,
    /// What time it is, which is asked at every beat.
    Now,
}

pub(crate) type Hook =
    Arc<dyn Fn(Call) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// The same read models; before each of these calls the hook is asked, which may wait or fail.
#[derive(Clone)]
pub(crate) struct Watched {
    inner: Arc<dyn ReadModels>,
    hook: Hook,
    refused: Arc<AtomicUsize>,
}

impl Watched {
    pub(crate) fn new(inner: Arc<dyn ReadModels>, hook: Hook) -> Self {
        Self { inner, hook, refused: Arc::default() }
    }

    /// How often a checkpoint was to be moved by somebody whose it was not any more.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").finish_non_exhaustive()
    }
}

#[async_trait]
impl ReadModels for Watched {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        (self.hook)(Call::Begin).await?;
        Ok(Box::new(WatchedTx { inner: self.inner.begin().await?, watched: self.clone() }))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.inner.record(area, key).await
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.inner.records(area, prefix, after, limit).await
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        self.inner.rows(table, select, unchanged).await
    }
}

struct WatchedTx {
    inner: Box<dyn ModelTx>,
    watched: Watched,
}

#[async_trait]
impl ModelTx for WatchedTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        (self.watched.hook)(Call::Now).await?;
        self.inner.now().await
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.inner.record(area, key).await
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.inner.records(area, prefix, after, limit).await
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        self.inner.count(area, prefix).await
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        if area != "checkpoint" {
            return self.inner.swap(area, key, from, to).await;
        }
        (self.watched.hook)(Call::Swap).await?;
        let is_swapped = self.inner.swap(area, key, from, to).await?;
        self.watched.refused.fetch_add(usize::from(!is_swapped), Ordering::AcqRel);
        Ok(is_swapped)
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        self.inner.put(area, records).await
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        self.inner.remove(area, keys).await
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        self.inner.create_table(table).await
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        self.inner.drop_table(name).await
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        self.inner.load(table, keys).await
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        self.inner.scan(table, after, limit).await
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        self.inner.store(table, rows).await
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        self.inner.unstore(table, keys).await
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        self.inner.lend().await
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        self.inner.give_back().await
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        self.inner.append(append).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit().await?;
        (self.watched.hook)(Call::Committed).await
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self.inner.as_any()
    }
}
