//! A log and read models that tell what was asked of them.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use annals_core::{
    Append, AppendError, Appended, Envelope, Envelopes, EventId, EventStore, Filter, ModelTx,
    Position, ReadModels, Record, RecordIn, Revision, Select, StoreError, StreamId, Table,
    TableRow, Timestamp,
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};

/// A log that counts the events which are read from it.
pub(crate) struct CountedLog {
    log: Arc<dyn EventStore>,
    read: Arc<AtomicUsize>,
}

impl CountedLog {
    pub(crate) fn new(log: Arc<dyn EventStore>) -> Self {
        Self { log, read: Arc::default() }
    }

    /// How many events were read.
    pub(crate) fn read(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }

    fn counted<'s>(&self, envelopes: Envelopes<'s>) -> Envelopes<'s> {
        let read = Arc::clone(&self.read);
        let count = move |_: &Arc<Envelope>| {
            read.fetch_add(1, Ordering::Relaxed);
        };
        envelopes.inspect_ok(count).boxed()
    }
}

#[async_trait]
impl EventStore for CountedLog {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.log.append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.counted(self.log.read_stream(stream, after))
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.counted(self.log.read_log(after, filter))
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.log.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.log.wait_past(after).await
    }
}

/// Read models that write down what is asked in each transaction that they are to commit.
pub(crate) struct CountedModels {
    models: Arc<dyn ReadModels>,
    committed: Arc<Mutex<Vec<Vec<&'static str>>>>,
}

impl CountedModels {
    pub(crate) fn new(models: Arc<dyn ReadModels>) -> Self {
        Self { models, committed: Arc::default() }
    }

    /// What was asked in each transaction in which one of `calls` was.
    pub(crate) fn with(&self, calls: &[&str]) -> Vec<Vec<&'static str>> {
        let committed = self.committed.lock().unwrap();
        let is_with = |asked: &&Vec<&str>| asked.iter().any(|call| calls.contains(call));
        committed.iter().filter(is_with).cloned().collect()
    }
}

impl fmt::Debug for CountedModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.models.fmt(f)
    }
}

#[async_trait]
impl ReadModels for CountedModels {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        let tx = self.models.begin().await?;
        let committed = Arc::clone(&self.committed);
        Ok(Box::new(CountedTx { tx, asked: vec!["begin"], committed }))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.models.record(area, key).await
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.models.records(area, prefix, after, limit).await
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        self.models.rows(table, select, unchanged).await
    }
}

struct CountedTx {
    tx: Box<dyn ModelTx>,
    asked: Vec<&'static str>,
    committed: Arc<Mutex<Vec<Vec<&'static str>>>>,
}

impl CountedTx {
    fn ask(&mut self, call: &'static str) -> &mut dyn ModelTx {
        self.asked.push(call);
        &mut *self.tx
    }
}

#[async_trait]
impl ModelTx for CountedTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        self.ask("now").now().await
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.ask("record").record(area, key).await
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.ask("records").records(area, prefix, after, limit).await
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        self.ask("count").count(area, prefix).await
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.ask("swap").swap(area, key, from, to).await
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        self.ask("put").put(area, records).await
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        self.ask("remove").remove(area, keys).await
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        self.ask("create_table").create_table(table).await
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        self.ask("drop_table").drop_table(name).await
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        self.ask("load").load(table, keys).await
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        self.ask("scan").scan(table, after, limit).await
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        self.ask("store").store(table, rows).await
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        self.ask("unstore").unstore(table, keys).await
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        self.ask("lend").lend().await
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        self.ask("give_back").give_back().await
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        self.ask("append").append(append).await
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.asked.push("commit");
        // Before others can see what it wrote.
        self.committed.lock().unwrap().push(self.asked);
        self.tx.commit().await
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self.tx.as_any()
    }
}
