//! The contract of [`ReadModels`].

pub mod records;
pub mod listing;
pub mod swapping;
pub mod tables;
pub mod rows;
pub mod selecting;
pub mod transactions;
pub mod appending;

pub mod model;

use std::{future::Future, sync::Arc};

use annals_core::{
    EventStore, ModelTx, ReadModels, Record, RecordIn, Select, Table, TableColumn, TableRow, Value,
    ValueKind,
};
use tokio::{spawn, task::yield_now};

/// A store of read models, with a table of the application's own beside them, which the rules write to.
pub trait ReadModelsFixture: Send + Sync + 'static {
    /// The store.
    fn read_models(&self) -> Arc<dyn ReadModels>;

    /// The log in the same store, which its transactions can append to; `None` if there is none.
    fn log(&self) -> Option<Arc<dyn EventStore>>;

    /// Writes `value` under `key`, in place of what is there, as the application would: as part of `tx`,
    /// but by no method of it. The rules lend `tx` for it.
    fn write(
        &self,
        tx: &mut dyn ModelTx,
        key: &str,
        value: &str,
    ) -> impl Future<Output = ()> + Send;

    /// What the application finds committed under `key`.
    fn read(&self, key: &str) -> impl Future<Output = Option<String>> + Send;

    /// Whether who reads waits while a transaction that writes is open, and cannot see what was before.
    /// Then the rules do not look meanwhile.
    fn readers_wait(&self) -> bool {
        false
    }
}

/// The area that most rules are about.
const AREA: &str = "checkpoint";

/// A record that is there once [`set_up`] has been called.
const FENCE: RecordIn<'static> = RecordIn { area: AREA, key: "statement", content: "1" };

async fn begin(fixture: &impl ReadModelsFixture) -> Box<dyn ModelTx> {
    fixture.read_models().begin().await.expect("a transaction can begin")
}

async fn commit(tx: Box<dyn ModelTx>) {
    tx.commit().await.expect("a transaction can commit");
}

/// What a transaction says of a record.
async fn record_in(tx: &mut dyn ModelTx, key: &str) -> Option<String> {
    tx.record(AREA, key).await.expect("a record can be read")
}

/// The record that is committed.
async fn record(fixture: &impl ReadModelsFixture, key: &str) -> Option<String> {
    fixture.read_models().record(AREA, key).await.expect("a record can be read")
}

/// The records that a transaction sees.
async fn records_in(tx: &mut dyn ModelTx, prefix: &str, after: &str, limit: usize) -> Vec<Record> {
    tx.records(AREA, prefix, after, limit).await.expect("records can be listed")
}

/// The records that are committed.
async fn records(
    fixture: &impl ReadModelsFixture,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Vec<Record> {
    let records = fixture.read_models().records(AREA, prefix, after, limit).await;
    records.expect("records can be listed")
}

async fn count(tx: &mut dyn ModelTx, prefix: &str) -> u64 {
    tx.count(AREA, prefix).await.expect("records can be counted")
}

async fn put(tx: &mut dyn ModelTx, key: &str, content: &str) {
    tx.put(AREA, &[record_of(key, content)]).await.expect("a record can be put");
}

async fn remove(tx: &mut dyn ModelTx, key: &str) {
    tx.remove(AREA, &[key.into()]).await.expect("a record can be removed");
}

async fn swap(tx: &mut dyn ModelTx, key: &str, from: Option<&str>, to: Option<&str>) -> bool {
    tx.swap(AREA, key, from, to).await.expect("a record can be swapped")
}

/// Swaps in a transaction that is committed if it was so, and dropped if not.
async fn swap_alone(
    fixture: &impl ReadModelsFixture,
    key: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> bool {
    let mut tx = begin(fixture).await;
    let is_swapped = swap(&mut *tx, key, from, to).await;
    if is_swapped {
        commit(tx).await;
    }
    is_swapped
}

fn record_of(key: impl Into<String>, content: impl Into<String>) -> Record {
    Record { key: key.into(), content: content.into() }
}

fn keys_of(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.key.as_str()).collect()
}

/// Lets the application write as part of a transaction.
async fn write(fixture: &impl ReadModelsFixture, tx: &mut dyn ModelTx, key: &str, value: &str) {
    tx.lend().await.expect("a transaction can be lent");
    fixture.write(tx, key, value).await;
    tx.give_back().await.expect("it was not ended meanwhile");
}

/// Makes [`FENCE`] and a table with these rows.
async fn set_up(fixture: &impl ReadModelsFixture, table: &Table, rows: &[TableRow]) {
    let mut tx = begin(fixture).await;
    put(&mut *tx, FENCE.key, FENCE.content).await;
    tx.create_table(table).await.expect("a table can be made");
    store(&mut *tx, table, rows).await;
    commit(tx).await;
}

async fn store(tx: &mut dyn ModelTx, table: &Table, rows: &[TableRow]) {
    tx.store(table, rows).await.expect("rows can be stored");
}

/// The states under these keys, in the order of the keys.
async fn load(tx: &mut dyn ModelTx, table: &Table, keys: &[&str]) -> Vec<Record> {
    let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
    let mut records = tx.load(table, &keys).await.expect("rows can be loaded");
    records.sort_by(|a, b| a.key.cmp(&b.key));
    records
}

/// All rows, as a transaction sees them.
async fn scan(tx: &mut dyn ModelTx, table: &Table) -> Vec<TableRow> {
    tx.scan(table, "", usize::MAX).await.expect("a table can be scanned")
}

/// The committed rows that `select` asks for; `None` if the store says so.
async fn select(
    fixture: &impl ReadModelsFixture,
    table: &Table,
    select: &Select,
) -> Option<Vec<TableRow>> {
    fixture.read_models().rows(table, select, &FENCE).await.expect("rows can be selected")
}

/// All committed rows in the order of their keys.
async fn committed(fixture: &impl ReadModelsFixture, table: &Table) -> Option<Vec<TableRow>> {
    select(fixture, table, &everything()).await
}

fn everything() -> Select {
    let (conditions, limit) = (Vec::new(), usize::MAX);
    Select::Page { conditions, order: None, is_descending: false, after: None, limit }
}

/// A table with a column of each kind, in the order of [`ValueKind`], of which every second is indexed.
fn statement() -> Table {
    table(
        "statement",
        &[
            ("number", ValueKind::Integer),
            ("amount", ValueKind::Real),
            ("owner", ValueKind::Text),
            ("is_open", ValueKind::Boolean),
        ],
    )
}

fn table(name: &str, columns: &[(&str, ValueKind)]) -> Table {
    let column = |(index, &(name, kind)): (usize, &(&str, ValueKind))| TableColumn {
        name: name.into(),
        kind,
        is_indexed: index % 2 == 0,
    };
    let columns = columns.iter().enumerate().map(column).collect();
    Table::new(name, columns).expect("the rules use valid names")
}

/// A row of [`statement`], of which nothing is known but what kind of number it has.
fn row(key: &str, number: i64) -> TableRow {
    let values = vec![Value::Integer(number), Value::Null, Value::Null, Value::Null];
    TableRow { key: key.into(), state: format!(r#"{{"number":{number}}}"#), values }
}

/// Looks at what is committed while a transaction is open, if that is possible.
async fn meanwhile(fixture: &impl ReadModelsFixture, look: impl Future<Output = ()>) {
    if !fixture.readers_wait() {
        look.await;
    }
}

/// Time for others to do something, measured in questions that this store can answer.
async fn round_trips(fixture: &impl ReadModelsFixture, count: usize) {
    for _ in 0..count {
        meanwhile(fixture, async { drop(record(fixture, "nobody").await) }).await;
        // There are stores that never wait: the others come first in the queue of tasks.
        spawn(yield_now()).await.expect("it does not panic");
    }
}
