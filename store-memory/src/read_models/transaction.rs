//! A transaction: changes that only it sees, until they are made.

use std::{any::Any, fmt, ops::Bound};

use annals_core::{
    Append, AppendError, Appended, ModelTx, Payload, Record, StoreError, StoreErrorKind, Table,
    TableColumn, TableRow, Timestamp,
};
use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use super::{
    MemoryReadModels,
    committed::{Kept, listed},
};
use crate::{
    changes::{Changes, Map},
    store::Appending,
};

/// Writes to read models that are not yet committed. No other transaction begins before it ends.
pub struct MemoryTx {
    models: MemoryReadModels,
    areas: Map<Changes<String>>,
    tables: Map<TableChanges>,
    own: Changes<Payload>,
    /// What is to be appended, once there is something.
    appending: Option<Appending>,
    /// Given up when this is committed or dropped.
    _turn: OwnedMutexGuard<()>,
}

/// What becomes of a table.
#[derive(Default)]
struct TableChanges {
    start: Start,
    rows: Changes<TableRow>,
}

/// What a table begins with, before its rows are changed.
#[derive(Default, PartialEq)]
enum Start {
    /// With what is committed of it, if it is there.
    #[default]
    Committed,
    /// With nothing: it was made here, with these columns.
    Empty(Vec<TableColumn>),
    /// It was dropped here.
    Missing,
}

impl MemoryTx {
    pub(super) fn new(models: MemoryReadModels, turn: OwnedMutexGuard<()>) -> Self {
        let (areas, tables, own) = (Map::new(), Map::new(), Changes::default());
        Self { models, areas, tables, own, appending: None, _turn: turn }
    }

    /// What the application keeps under `key`, as this transaction left it.
    pub fn get(&self, key: &str) -> Option<Payload> {
        self.own.get(&self.models.committed().own, key).cloned()
    }

    /// Has the application keep `row` under `key`.
    pub fn put(&mut self, key: impl Into<String>, row: impl Into<Payload>) {
        self.own.set(key, Some(row.into()));
    }

    /// Removes what the application keeps under `key`.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.own.set(key, None);
    }

    /// What `look` finds in an area: what is committed, and what has changed since.
    fn in_area<T>(
        &mut self,
        area: &str,
        look: impl FnOnce(&Map<String>, &mut Changes<String>) -> T,
    ) -> T {
        let changes = self.areas.entry(area.into()).or_default();
        look(self.models.committed().area(area), changes)
    }

    /// What `look` finds in a table: what it begins with, and what has changed since.
    fn in_table<T>(
        &mut self,
        table: &Table,
        look: impl FnOnce(&Map<TableRow>, &mut Changes<TableRow>) -> T,
    ) -> Result<T, StoreError> {
        static EMPTY: Map<TableRow> = Map::new();
        let committed = self.models.committed();
        let changes = self.tables.entry(table.name().into()).or_default();
        let start = match changes.start {
            Start::Committed => committed.tables.get(table.name()).map(|kept| &kept.rows),
            Start::Empty(_) => Some(&EMPTY),
            Start::Missing => None,
        };
        let start = start.ok_or_else(|| invalid(format!("there is no table {}", table.name())))?;
        Ok(look(start, &mut changes.rows))
    }
}

#[async_trait]
impl ModelTx for MemoryTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        Ok(self.models.clock.now())
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.in_area(area, |committed, changes| changes.get(committed, key).cloned()))
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        Ok(self.in_area(area, |committed, changes| {
            listed(committed, changes, prefix, after).take(limit).collect()
        }))
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        let count =
            self.in_area(area, |committed, changes| listed(committed, changes, prefix, "").count());
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        // Whoever else swaps has not even begun.
        Ok(self.in_area(area, |committed, changes| {
            let is_from = changes.get(committed, key).map(String::as_str) == from;
            if is_from {
                changes.set(key, to.map(String::from));
            }
            is_from
        }))
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        self.in_area(area, |_, changes| {
            for Record { key, content } in records {
                changes.set(key, Some(content.clone()));
            }
        });
        Ok(())
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        self.in_area(area, |_, changes| keys.iter().for_each(|key| changes.set(key, None)));
        Ok(())
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        let start = Start::Empty(table.columns().to_vec());
        let made = TableChanges { start, rows: Changes::default() };
        self.tables.insert(table.name().into(), made);
        Ok(())
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        let dropped = TableChanges { start: Start::Missing, rows: Changes::default() };
        self.tables.insert(name.into(), dropped);
        Ok(())
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        self.in_table(table, |start, changes| {
            let rows = keys.iter().filter_map(|key| changes.get(start, key));
            let record =
                |row: &TableRow| Record { key: row.key.clone(), content: row.state.clone() };
            rows.map(record).collect()
        })
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        self.in_table(table, |start, changes| {
            let rows = changes.range(start, Bound::Excluded(after));
            rows.take(limit).map(|(_, row)| row.clone()).collect()
        })
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        self.in_table(table, |_, changes| {
            rows.iter().for_each(|row| changes.set(&row.key, Some(row.clone())));
        })
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        self.in_table(table, |_, changes| keys.iter().for_each(|key| changes.set(key, None)))
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        Ok(()) // By what is public here nobody can end it.
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        let appending = match (&mut self.appending, &self.models.log) {
            (Some(appending), _) => appending,
            (none, Some(log)) => none.insert(Appending::begin(log).await),
            (None, None) => return Err(invalid("these read models were made without a log").into()),
        };
        appending.append(append)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { models, areas, tables, own, appending, _turn } = *self;
        let mut committed = models.committing();
        for (area, changes) in areas {
            changes.apply(committed.areas.entry(area).or_default());
        }
        for (name, TableChanges { start, rows }) in tables {
            if start != Start::Committed {
                committed.tables.remove(&name);
            }
            if let Start::Empty(columns) = start {
                committed.tables.insert(name.clone(), Kept { columns, ..Kept::default() });
            }
            if let Some(table) = committed.tables.get_mut(&name) {
                rows.apply(&mut table.rows);
            }
        }
        own.apply(&mut committed.own);
        if let Some(appending) = appending {
            appending.commit(); // Who is woken by it finds the rest when this lock is given up.
        }
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl fmt::Debug for MemoryTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTx").field("models", &self.models).finish_non_exhaustive()
    }
}

fn invalid(message: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, message)
}
