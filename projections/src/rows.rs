//! Reading a view.

use std::{
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use annals_core::{
    AsOf, Clock, Condition, EventStore, Filter, Place, Position, ReadModels, RecordIn, Revision,
    Select, StoreError, StoreErrorKind, Table, TableRow, Value, guarded,
};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::{
    books,
    build::Build,
    key::{Keyed, is_key},
    projection::Recorded,
    runner::Runner,
    view::{Column, View, Where},
    waiting::{WaitError, Waiting},
};

/// How often what is read may be replaced while one reads it.
const ATTEMPTS: usize = 20;

/// The rows of a view. While it is rebuilt, all that is read together is of the old build or all of the new.
///
/// Where there is nothing yet, since no runner was ever started, there are no rows.
pub struct Rows<V> {
    log: Arc<dyn EventStore>,
    models: Arc<dyn ReadModels>,
    clock: Arc<dyn Clock>,
    waiting: Waiting,
    /// The build that was read last, as its record has it.
    live: Mutex<Option<String>>,
    view: PhantomData<fn() -> V>,
}

impl<V: View> Rows<V> {
    /// The rows that are kept in `models`, of what is in `log`.
    pub fn new(
        log: Arc<dyn EventStore>,
        models: Arc<dyn ReadModels>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (its, kept) = (Arc::clone(&log), Arc::clone(&models));
        let waiting = Waiting::new(its, kept, Arc::clone(&clock), V::NAME, V::KEYED);
        Self { log, models, clock, waiting, live: Mutex::default(), view: PhantomData }
    }

    /// What keeps them up to date, to be started.
    pub fn runner(&self) -> Runner {
        let (log, models) = (Arc::clone(&self.log), Arc::clone(&self.models));
        Runner::of_view::<V>(log, models).with_clock(Arc::clone(&self.clock))
    }

    /// The state under a key.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read; [`Unreadable`](StoreErrorKind::Unreadable) if it is not what `V`
    /// writes. This holds for everything here.
    pub async fn get(&self, key: &str) -> Result<Option<V>, StoreError> {
        let rows = self.find(vec![key.to_owned()]).await?;
        rows.first().map(state).transpose()
    }

    /// The states under these keys, as far as there are any.
    pub async fn get_many<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<BTreeMap<String, V>, StoreError> {
        let keys = keys.into_iter().map(Into::into).collect();
        let rows = self.find(keys).await?;
        rows.into_iter().map(|row| Ok((row.key.clone(), state(&row)?))).collect()
    }

    /// Asks for rows by their columns.
    pub fn query(&self) -> Query<'_, V> {
        Query {
            rows: self,
            conditions: vec![],
            order: None,
            is_descending: false,
            after: None,
            limit: 100,
        }
    }

    /// Waits until everything up to `position` is in the view, whoever works on it.
    ///
    /// # Errors
    ///
    /// [`WaitError`]: at once if the view has halted, is paused or was stopped, or if the event at that position
    /// is set aside.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> Result<(), WaitError> {
        self.waiting.wait_for(position, patience, None).await
    }

    /// What the state under a key was, folded from the log: from the stream alone where the view is
    /// [`ByStream`](Keyed::ByStream), else from all events of the view's types.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the log cannot be read, or an event of it.
    pub async fn as_of(&self, key: &str, as_of: AsOf) -> Result<Option<V>, StoreError> {
        let filter = Filter::of::<V::Event>();
        let stream = match V::KEYED {
            Keyed::ByStream => annals_core::StreamId::parse(key).ok(),
            _ => None,
        };
        let mut envelopes = match &stream {
            Some(stream) => self.log.read_stream(stream, Revision::START),
            None => self.log.read_log(Position::START, filter),
        };
        let mut state = None;
        // Everything up to the last event of then counts, whatever its time says.
        let mut later = vec![];
        while let Some(envelope) = envelopes.try_next().await? {
            let is_then = as_of.includes(&envelope);
            if !is_then && matches!(as_of, AsOf::Position(_)) {
                break;
            }
            let unreadable = |error: Box<dyn std::error::Error + Send + Sync>| {
                let message = format!("the event at position {} cannot be read", envelope.position);
                StoreError::because(StoreErrorKind::Unreadable, message, error)
            };
            let decoded = guarded(|| envelope.decode::<V::Event>())
                .map_err(|panicked| unreadable(panicked.into()))?
                .map_err(|error| unreadable(error.into()))?;
            let Some(event) = decoded else { continue };
            let recorded = Recorded { event, envelope: Arc::clone(&envelope) };
            let keys = V::KEYED.of(&recorded).map_err(|error| unreadable(error.into()))?;
            if !keys.iter().any(|its| its == key) {
                continue;
            }
            later.push(recorded);
            if is_then {
                for recorded in later.drain(..) {
                    state.get_or_insert_with(V::default).project(key, &recorded);
                }
            }
        }
        Ok(state)
    }

    async fn find(&self, mut keys: Vec<String>) -> Result<Vec<TableRow>, StoreError> {
        // No row has another one, and not every store can be asked for it.
        keys.retain(|key| is_key(key));
        self.select(&[], &Select::Keys(keys)).await
    }

    /// Selects rows of what is read now; `columns` are those that it speaks of, by their places in there.
    async fn select(
        &self,
        columns: &[Column<V>],
        select: &Select,
    ) -> Result<Vec<TableRow>, StoreError> {
        let key = books::part(V::NAME);
        for _ in 0..ATTEMPTS {
            let known = self.live().clone();
            let live = match known {
                Some(live) => live,
                None => match self.models.record("live", &key).await? {
                    Some(live) => live,
                    None => return Ok(vec![]),
                },
            };
            let build: Build = books::read(&live)?;
            // Only these: what was built by an older version may not have the others.
            let columns = columns.iter().map(Column::declared).collect();
            let table = Table::new(build.table(V::NAME), columns).ok_or_else(|| {
                let message = format!("{:?} is no name for a table", V::NAME);
                StoreError::new(StoreErrorKind::Invalid, message)
            })?;
            let unchanged = RecordIn { area: "live", key: &key, content: &live };
            let rows = self.models.rows(&table, select, &unchanged).await?;
            *self.live() = rows.is_some().then_some(live);
            if let Some(rows) = rows {
                return Ok(rows);
            }
        }
        let message = format!("{} was replaced again and again while it was read", V::NAME);
        Err(StoreError::new(StoreErrorKind::Unavailable, message))
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn state<V: View>(row: &TableRow) -> Result<V, StoreError> {
    serde_json::from_str(&row.state).map_err(|error| {
        let message = format!("the row of {:?} in {} cannot be read", row.key, V::NAME);
        StoreError::because(StoreErrorKind::Unreadable, message, error)
    })
}

/// A question for rows, on its way.
///
/// ```
/// # use annals_core::StoreError;
/// # use annals_projections::{Column, Rows, View};
/// # async fn ask<V: View>(rows: &Rows<V>, balance: Column<V, i64>) -> Result<(), StoreError> {
/// let rich = rows.query().filter(balance.at_least(1_000_000)).order_by(balance).descending();
/// let first = rich.clone().limit(20).page().await?;
/// if let Some(cursor) = first.next {
///     let second = rich.after(cursor).limit(20).page().await?;
/// }
/// # Ok(()) }
/// ```
#[must_use = "nothing is asked until its page is awaited"]
pub struct Query<'r, V> {
    rows: &'r Rows<V>,
    conditions: Vec<Condition>,
    order: Option<usize>,
    is_descending: bool,
    after: Option<Place>,
    limit: usize,
}

/// Some of the rows that were asked for.
#[derive(Debug, Clone)]
pub struct PageOf<V> {
    /// Keys and states, in order.
    pub rows: Vec<(String, V)>,
    /// Where the next ones begin, if there may be any.
    pub next: Option<Cursor>,
}

/// Where a page ends. Good for the same question, asked again; as a text also by who asked from outside. Such a
/// text says nothing that the page did not say.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(Place);

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is no place where a page ends")]
pub struct InvalidCursor;

/// A [`Value`] in the text of a cursor.
#[derive(Serialize, Deserialize)]
enum Written {
    N,
    I(i64),
    R(f64),
    T(String),
    B(bool),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { value, key } = &self.0;
        let value = match value {
            Value::Null => Written::N,
            Value::Integer(number) => Written::I(*number),
            Value::Real(number) => Written::R(*number),
            Value::Text(text) => Written::T(text.clone()),
            Value::Boolean(is) => Written::B(*is),
        };
        f.write_str(&serde_json::to_string(&(value, key)).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (value, key) = serde_json::from_str(text).map_err(|_| InvalidCursor)?;
        let value = match value {
            Written::N => Value::Null,
            Written::I(number) => Value::Integer(number),
            Written::R(number) => Value::Real(number),
            Written::T(text) => Value::Text(text),
            Written::B(is) => Value::Boolean(is),
        };
        Ok(Self(Place { value, key }))
    }
}

impl<V> Clone for Query<'_, V> {
    fn clone(&self) -> Self {
        Self { conditions: self.conditions.clone(), after: self.after.clone(), ..*self }
    }
}

impl<V: View> Query<'_, V> {
    /// Only rows that this holds for, together with what was said before.
    pub fn filter(mut self, holds: Where<V>) -> Self {
        self.conditions.push(holds.condition);
        self
    }

    /// In the order of that column, and of their keys where that is equal; what holds nothing comes first. In
    /// the order of their keys, if it is not said.
    pub fn order_by<T: Into<Value>>(mut self, column: Column<V, T>) -> Self {
        self.order = Some(column.place());
        self
    }

    /// The last first.
    pub fn descending(mut self) -> Self {
        self.is_descending = true;
        self
    }

    /// Only what comes after a page.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor.0);
        self
    }

    /// At most so many. 100, if it is not said.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Asks.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for [`Rows::get`]; also if what is read was built by a version that did not have these
    /// columns.
    pub async fn page(self) -> Result<PageOf<V>, StoreError> {
        let Self { rows, conditions, order, is_descending, after, limit } = self;
        // The columns that are spoken of, and where they stand among these.
        let mut places: Vec<usize> = conditions.iter().map(|it| it.column).chain(order).collect();
        places.sort_unstable();
        places.dedup();
        let place = |column: usize| places.partition_point(|place| *place < column);
        let columns: Vec<_> = places.iter().map(|place| V::COLUMNS[*place]).collect();
        let conditions = conditions.into_iter();
        let conditions =
            conditions.map(|it| Condition { column: place(it.column), ..it }).collect();
        let order = order.map(place);
        let select = Select::Page { conditions, order, is_descending, after, limit };
        let found = rows.select(&columns, &select).await?;
        let next = found.last().filter(|_| found.len() >= limit).map(|last| {
            let value = order.map_or(Value::Null, |order| last.values[order].clone());
            Cursor(Place { value, key: last.key.clone() })
        });
        let states = found.into_iter().map(|row| Ok((row.key.clone(), state(&row)?)));
        Ok(PageOf { rows: states.collect::<Result<_, StoreError>>()?, next })
    }
}

impl<V: View> fmt::Debug for Rows<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("view", &V::NAME).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use annals_core::{Place, Value};

    use super::{Cursor, InvalidCursor};

    #[test]
    fn a_cursor_is_the_same_after_it_was_a_text() {
        let values = [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(0.1 + 0.2),
            Value::Text("ä\"\u{10ffff}".into()),
            Value::Boolean(true),
        ];
        for value in values {
            let cursor = Cursor(Place { value, key: "account:\u{e4}/%".into() });
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        assert_eq!("[]".parse::<Cursor>(), Err(InvalidCursor));
    }
}
