//! Read models and a log in maps, which every transaction copies: sound, but for a flaw.

use std::{
    any::Any,
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelopes, EventId, EventStore, Filter, ModelTx,
    Position, ReadModels, Record, RecordIn, Revision, Select, StoreError, StoreErrorKind, StreamId,
    SystemClock, Table, TableRow, Timestamp,
};
use annals_testkit::{
    Model,
    conformance::{ReadModelsFixture, read_models::model::selected},
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::{
    spawn,
    sync::{OwnedMutexGuard, watch},
    task::yield_now,
};

/// A promise that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Listings of records begin with the one after which they are asked for.
    ListsInclusively,
    /// `_` in a prefix stands for any character.
    MatchesPatterns,
    /// Contents are trimmed.
    TrimsContents,
    /// A swap does not look what is there.
    SwapsBlindly,
    /// A swap compares what is meant: numbers by their value.
    ComparesNumbers,
    /// A swap compares with what is committed.
    ComparesCommitted,
    /// Transactions do not wait for each other; whoever commits last is right.
    WaitsForNobody,
    /// The application's writes are committed at once.
    WritesThrough,
    /// What is dropped is committed.
    CommitsOnDrop,
    /// What is lent is committed before.
    CommitsOnLend,
    /// A table that is made again keeps its rows.
    KeepsRows,
    /// A missing table is taken for an empty one.
    MakesTables,
    /// States are read, and written anew.
    ReadsStates,
    /// Only so many rows are stored at once.
    StoresAThousand,
    /// Scans begin with the row after which they are asked for.
    ScansInclusively,
    /// Rows are given out whatever the record is.
    IgnoresUnchanged,
    /// Rows have all their columns, whichever are asked for.
    KnowsNoColumns,
    /// The record is read at one moment, and rows at another.
    ReadsApart,
    /// Only the first condition is looked at.
    ForgetsConditions,
    /// Pages are not cut where the one before has ended.
    ForgetsPlaces,
    /// Rows in descending order are those in ascending order, cut at the same end.
    CutsBeforeTurning,
    /// The clock is an hour late.
    IsLate,
    /// Appends are recorded at once.
    AppendsAtOnce,
    /// After a conflict nothing more is appended.
    BreaksOnConflict,
    /// Appends beside transactions do not wait for them.
    AppendsBeside,
}

/// The store, and the fixture.
#[derive(Debug, Clone)]
pub(crate) struct Maps {
    flaw: Option<Flaw>,
    committed: Arc<Mutex<State>>,
    head: watch::Sender<Position>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    records: BTreeMap<(String, String), String>,
    tables: BTreeMap<String, BTreeMap<String, TableRow>>,
    /// What the columns of the tables are called.
    columns: BTreeMap<String, Vec<String>>,
    own: BTreeMap<String, String>,
    log: Model,
}

struct MapsTx {
    maps: Maps,
    state: State,
    is_broken: bool,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Maps {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        let (committed, turn) = (Arc::default(), Arc::default());
        Self { flaw, committed, head: watch::Sender::new(Position::START), turn }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn committed(&self) -> MutexGuard<'_, State> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self, state: State) {
        let mut committed = self.committed();
        *committed = state;
        self.head.send_replace(committed.log.head());
    }

    fn listed(&self, state: &State, area: &str, prefix: &str, after: &str) -> Vec<Record> {
        let begins = |key: &str| {
            if !self.has(Flaw::MatchesPatterns) {
                return key.starts_with(prefix);
            }
            let mut chars = key.chars();
            prefix.chars().all(|meant| chars.next().is_some_and(|it| meant == '_' || meant == it))
        };
        let is_past = |key: &str| key > after || self.has(Flaw::ListsInclusively) && key == after;
        let of_area = state.records.iter().filter(|((its, _), _)| its == area);
        let records = of_area
            .map(|((_, key), content)| Record { key: key.clone(), content: content.clone() });
        records.filter(|record| begins(&record.key) && is_past(&record.key)).collect()
    }

    /// A row with the columns that are asked for, of those that there are.
    fn asked(&self, table: &Table, columns: &[String], row: &TableRow) -> TableRow {
        if self.has(Flaw::KnowsNoColumns) {
            return row.clone();
        }
        let place = |name: &String| columns.iter().position(|its| its == name).unwrap();
        let values = names(table).iter().map(|name| row.values[place(name)].clone()).collect();
        TableRow { values, ..row.clone() }
    }

    fn selected(&self, rows: &[TableRow], select: &Select) -> Vec<TableRow> {
        let mut changed = select.clone();
        let mut is_to_turn = false;
        if let Select::Page { conditions, is_descending, after, .. } = &mut changed {
            if self.has(Flaw::ForgetsConditions) {
                conditions.truncate(1);
            }
            if self.has(Flaw::ForgetsPlaces) {
                *after = None;
            }
            is_to_turn = self.has(Flaw::CutsBeforeTurning) && mem::take(is_descending);
        }
        let mut rows = selected(rows, &changed);
        if is_to_turn {
            rows.reverse();
        }
        rows
    }
}

fn names(table: &Table) -> Vec<String> {
    table.columns().iter().map(|column| column.name.clone()).collect()
}

#[async_trait]
impl ReadModels for Maps {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        let turn = match self.flaw {
            Some(Flaw::WaitsForNobody) => None,
            _ => Some(self.turn.clone().lock_owned().await),
        };
        let (maps, state) = (self.clone(), self.committed().clone());
        Ok(Box::new(MapsTx { maps, state, is_broken: false, _turn: turn }))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.committed().records.get(&(area.into(), key.into())).cloned())
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut records = self.listed(&self.committed(), area, prefix, after);
        records.truncate(limit);
        Ok(records)
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let mut state = self.committed().clone();
        let record = state.records.get(&(unchanged.area.into(), unchanged.key.into()));
        let is_unchanged = record.is_some_and(|content| content == unchanged.content);
        if self.has(Flaw::ReadsApart) {
            spawn(yield_now()).await.expect("it does not panic");
            state = self.committed().clone();
        }
        let columns = state.columns.get(table.name());
        let asked = |row: &TableRow| self.asked(table, columns.map_or(&[], Vec::as_slice), row);
        let rows = state.tables.get(table.name());
        let rows = rows.map(|rows| rows.values().map(asked).collect::<Vec<_>>());
        let rows = rows.map(|rows| self.selected(&rows, select));
        if !is_unchanged && !self.has(Flaw::IgnoresUnchanged) {
            return Ok(None);
        }
        Ok(rows.or(self.has(Flaw::MakesTables).then(Vec::new)))
    }
}

#[async_trait]
impl ModelTx for MapsTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let now = SystemClock.now();
        let hour = 3_600_000_000;
        let late = Timestamp::from_micros(now.as_micros() - hour).unwrap();
        Ok(if self.maps.has(Flaw::IsLate) { late } else { now })
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state.records.get(&(area.into(), key.into())).cloned())
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let mut records = self.maps.listed(&self.state, area, prefix, after);
        records.truncate(limit);
        Ok(records)
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        Ok(self.maps.listed(&self.state, area, prefix, "").len().try_into().unwrap())
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        yield_now().await; // As whoever asks a database: others come between.
        let place = (area.to_owned(), key.to_owned());
        let here = match self.maps.flaw {
            Some(Flaw::ComparesCommitted) => self.maps.committed().records.get(&place).cloned(),
            _ => self.state.records.get(&place).cloned(),
        };
        let number = |text: &str| text.parse::<f64>().ok();
        let is_from = match (self.maps.flaw, here.as_deref(), from) {
            (Some(Flaw::SwapsBlindly), ..) => true,
            (Some(Flaw::ComparesNumbers), Some(here), Some(from)) => {
                here == from || number(here).is_some() && number(here) == number(from)
            }
            (_, here, from) => here == from,
        };
        match to {
            _ if !is_from => None,
            Some(to) => self.state.records.insert(place, to.into()),
            None => self.state.records.remove(&place),
        };
        Ok(is_from)
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        for Record { key, content } in records {
            let trims = self.maps.has(Flaw::TrimsContents);
            let content = if trims { content.trim() } else { content };
            self.state.records.insert((area.into(), key.clone()), content.into());
        }
        Ok(())
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        for key in keys {
            self.state.records.remove(&(area.into(), key.clone()));
        }
        Ok(())
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        let rows = self.state.tables.entry(table.name().into()).or_default();
        if !self.maps.has(Flaw::KeepsRows) {
            rows.clear();
        }
        self.state.columns.insert(table.name().into(), names(table));
        Ok(())
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        self.state.tables.remove(name);
        Ok(())
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        let table = &self.state.tables[table.name()];
        let rows = keys.iter().filter_map(|key| table.get(key));
        let record = |row: &TableRow| Record { key: row.key.clone(), content: row.state.clone() };
        Ok(rows.map(record).collect())
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        let is_inclusive = self.maps.has(Flaw::ScansInclusively);
        let rows = self.state.tables[table.name()].values();
        let rows = rows.filter(|row| row.key.as_str() > after || is_inclusive && row.key == after);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        let most = if self.maps.has(Flaw::StoresAThousand) { 1000 } else { usize::MAX };
        for row in rows.iter().take(most) {
            let mut row = row.clone();
            if self.maps.has(Flaw::ReadsStates) {
                row.state = row.state.trim().into();
            }
            let table = self.state.tables.get_mut(table.name()).unwrap();
            table.insert(row.key.clone(), row);
        }
        Ok(())
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        let table = self.state.tables.get_mut(table.name()).unwrap();
        keys.iter().for_each(|key| drop(table.remove(key)));
        Ok(())
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        if self.maps.has(Flaw::CommitsOnLend) {
            self.maps.commit(self.state.clone());
        }
        Ok(())
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        if self.is_broken {
            return Err(StoreError::new(StoreErrorKind::Invalid, "this is over").into());
        }
        let answer = self.state.log.append(append);
        yield_now().await; // As in a swap.
        self.is_broken = answer.is_err() && self.maps.has(Flaw::BreaksOnConflict);
        if self.maps.has(Flaw::AppendsAtOnce) {
            let log = self.state.log.clone();
            let state = State { log, ..self.maps.committed().clone() };
            self.maps.commit(state);
        }
        answer
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.maps.commit(mem::take(&mut self.state));
        self.maps.flaw = None; // What is dropped now is empty.
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for MapsTx {
    fn drop(&mut self) {
        if self.maps.has(Flaw::CommitsOnDrop) {
            self.maps.commit(mem::take(&mut self.state));
        }
    }
}

#[async_trait]
impl EventStore for Maps {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let _turn = match self.flaw {
            Some(Flaw::AppendsBeside) => None,
            _ => Some(self.turn.lock().await),
        };
        let mut state = self.committed().clone();
        let answer = state.log.append(append)?;
        self.commit(state);
        Ok(answer)
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let events: Vec<_> = self.committed().log.read_stream(stream, after).cloned().collect();
        stream::iter(events.into_iter().map(Ok)).boxed()
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let events: Vec<_> = self.committed().log.read_log(after, &filter).cloned().collect();
        stream::iter(events.into_iter().map(Ok)).boxed()
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        Ok(self.committed().log.locate(stream, id))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        let head = self.head.subscribe().wait_for(|head| *head > after).await.map(|head| *head);
        Ok(head.expect("the store is borrowed, so its head is there"))
    }
}

impl ReadModelsFixture for Maps {
    fn read_models(&self) -> Arc<dyn ReadModels> {
        Arc::new(self.clone())
    }

    fn log(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(self.clone()))
    }

    async fn write(&self, tx: &mut dyn ModelTx, key: &str, value: &str) {
        if self.has(Flaw::WritesThrough) {
            self.committed().own.insert(key.into(), value.into());
        }
        let tx: &mut MapsTx = tx.as_any().downcast_mut().expect("it is of this store");
        tx.state.own.insert(key.into(), value.into());
    }

    async fn read(&self, key: &str) -> Option<String> {
        self.committed().own.get(key).cloned()
    }
}
