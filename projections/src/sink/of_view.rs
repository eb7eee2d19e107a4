//! Events into rows: the rows of a batch are loaded by one statement, folded in memory, and written by one.

use std::{collections::HashMap, error::Error, marker::PhantomData, mem};

use annals_core::{
    ModelTx, Record, StoreError, StoreErrorKind, Table, TableColumn, TableRow, guarded,
};

use crate::{
    books::Kind,
    build::Build,
    progress::Progress,
    sink::{Part, Sink, Traits, Unwritten},
    view::{Column, View},
};

/// A view, for the runner.
pub(crate) struct OfView<V> {
    view: PhantomData<fn() -> V>,
}

impl<V: View> OfView<V> {
    pub(crate) fn new() -> Self {
        Self { view: PhantomData }
    }
}

/// The table that a build of a view is kept in.
pub(crate) fn table_of<V: View>(build: Build) -> Result<Table, StoreError> {
    let columns: Vec<TableColumn> = V::COLUMNS.iter().map(Column::declared).collect();
    Table::new(build.table(V::NAME), columns).ok_or_else(|| {
        let message = format!(
            "the view {:?} or one of its columns has no name for a table: a lower-case letter, then \
             lower-case letters, digits and `_`, each column another, and none of them `key` or `state`",
            V::NAME
        );
        StoreError::new(StoreErrorKind::Invalid, message)
    })
}

impl<V: View> Sink for OfView<V> {
    type Event = V::Event;

    fn traits(&self) -> Traits<V::Event> {
        Traits {
            name: V::NAME,
            version: V::VERSION,
            keyed: V::KEYED,
            kind: Kind::View,
            is_split_by_key: true,
            is_built_beside: true,
        }
    }

    async fn begin(&self, build: Build, tx: &mut dyn ModelTx) -> Result<(), StoreError> {
        tx.create_table(&table_of::<V>(build)?).await
    }

    async fn write(
        &self,
        build: Build,
        parts: &[Part<V::Event>],
        tx: &mut dyn ModelTx,
        progress: &Progress,
    ) -> Result<(), Unwritten> {
        if parts.is_empty() {
            return Ok(());
        }
        let table = table_of::<V>(build)?;
        let mut rows = Rows::<V>::of(parts);
        rows.found(tx.load(&table, &rows.keys()).await?);
        for (index, part) in parts.iter().enumerate() {
            rows.take(part).map_err(|source| Unwritten::Part { index, source })?;
            progress.made();
        }
        Ok(tx.store(&table, &rows.written(parts)?).await?)
    }

    async fn discard(&self, build: Build, tx: &mut dyn ModelTx) -> Result<(), StoreError> {
        tx.drop_table(table_of::<V>(build)?.name()).await
    }

    fn check(&self, _: &mut dyn ModelTx) -> Result<(), StoreError> {
        table_of::<V>(Build::new(1, V::VERSION)).map(|_| ())
    }
}

/// The rows of a batch.
struct Rows<'p, V> {
    states: HashMap<&'p str, Row<V>>,
}

enum Row<V> {
    /// It has not been needed yet.
    Stored(String),
    New,
    Folded(V),
}

impl<'p, V: View> Rows<'p, V> {
    fn of(parts: &'p [Part<V::Event>]) -> Self {
        Self { states: parts.iter().map(|part| (part.key.as_str(), Row::New)).collect() }
    }

    fn keys(&self) -> Vec<String> {
        self.states.keys().map(|key| (*key).to_owned()).collect()
    }

    fn found(&mut self, records: Vec<Record>) {
        for Record { key, content } in records {
            if let Some(row) = self.states.get_mut(key.as_str()) {
                *row = Row::Stored(content);
            }
        }
    }

    /// Folds what is for a key into its row.
    fn take(&mut self, part: &'p Part<V::Event>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let key = part.key.as_str();
        let row = self.states.get_mut(key).expect("the rows were made of these parts");
        // If it panics, the whole batch is read again.
        let state = mem::replace(row, Row::New);
        let state = guarded(|| {
            let mut state = match state {
                Row::Stored(text) => serde_json::from_str(&text)?,
                Row::New => V::default(),
                Row::Folded(state) => state,
            };
            state.project(key, &part.recorded);
            Ok::<_, serde_json::Error>(state)
        });
        *row = Row::Folded(state??);
        Ok(())
    }

    /// The rows as they are to be written, in the order of their keys: so that of two that write the same rows
    /// none waits for the other in a circle. A state that cannot be written is its last part's fault.
    fn written(self, parts: &[Part<V::Event>]) -> Result<Vec<TableRow>, Unwritten> {
        let mut rows = Vec::with_capacity(self.states.len());
        for (key, row) in self.states {
            let Row::Folded(state) = row else { continue };
            let written = guarded(|| {
                let values = V::COLUMNS.iter().map(|column| column.value_of(&state)).collect();
                let state = serde_json::to_string(&state)?;
                // What cannot be read again, such as a number that is none, would be the next event's fault.
                serde_json::from_str::<V>(&state)?;
                Ok::<_, serde_json::Error>(TableRow { key: key.to_owned(), state, values })
            });
            let unwritten = |source: Box<dyn Error + Send + Sync>| {
                let index = parts.iter().rposition(|part| part.key == key).unwrap_or_default();
                Unwritten::Part { index, source }
            };
            let written = written.map_err(|panicked| unwritten(panicked.into()))?;
            rows.push(written.map_err(|error| unwritten(error.into()))?);
        }
        rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Ok(rows)
    }
}
