//! A read model that is itself a fold.

use std::{fmt, marker::PhantomData};

use annals_core::{Comparison, Condition, Event, Fold, TableColumn, Value, ValueKind};
use serde::{Serialize, de::DeserializeOwned};

use crate::{key::Keyed, projection::Recorded};

/// A read model that is itself a fold, one row for each key. No SQL has to be written for it.
///
/// ```
/// # use annals_core::{Event, Fold};
/// # use annals_projections::{Column, Keyed, View};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Default, Serialize, Deserialize)]
/// # struct Statement { owner: Option<String>, balance: i64 }
/// # enum AccountEvent {}
/// # impl Event for AccountEvent {
/// #     const NAMES: &'static [&'static str] = &[];
/// #     fn event_type(&self) -> annals_core::EventType { match *self {} }
/// #     fn schema_version(&self) -> annals_core::SchemaVersion { match *self {} }
/// #     fn encode(&self) -> Result<annals_core::Payload, annals_core::EncodeError> { match *self {} }
/// #     fn decode(_: &str, _: annals_core::SchemaVersion, _: &annals_core::Payload)
/// #     -> Result<Option<Self>, annals_core::DecodeError> { Ok(None) }
/// # }
/// # impl Fold for Statement { type Event = AccountEvent; fn evolve(&mut self, _: &AccountEvent) {} }
/// impl Statement {
///     const OWNER: Column<Self, String> = Column::text("owner", |s| s.owner.clone().into());
///     const BALANCE: Column<Self, i64> = Column::integer("balance", |s: &Self| s.balance.into()).indexed();
/// }
///
/// impl View for Statement {
///     const NAME: &'static str = "statement";
///     const KEYED: Keyed<AccountEvent> = Keyed::ById;
///     const COLUMNS: &'static [Column<Self>] = &[Self::OWNER.any(), Self::BALANCE.any()];
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view",
    label = "this is not a view",
    note = "write `impl View for {Self} {{ const NAME: &'static str = \"…\"; }}`; it has to be a fold that \
            serde can write and read"
)]
pub trait View:
    Fold<Event: Event + Send + Sync> + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Under which it is known, and what its tables are named for: a lower-case letter, then lower-case
    /// letters, digits and `_`; at most 36 bytes.
    const NAME: &'static str;

    /// Which of its shapes it has. Raise it whenever a state folded from the same events would come out
    /// different, or a column: then the new one is built beside the old one and takes its place.
    ///
    /// Until it does, rows are those of the old one, also in a program that has the new version: so a state has to
    /// be readable from what the old version has written. A field that is new has `#[serde(default)]`; one that
    /// means something else has another name.
    const VERSION: u32 = 1;

    /// For which keys an event is: each has a row of its own.
    const KEYED: Keyed<Self::Event> = Keyed::ByStream;

    /// What rows can be found by, beside their keys.
    const COLUMNS: &'static [Column<Self>] = &[];

    /// Takes one more event into account, in the row of `key`: by [`evolve`](Fold::evolve), unless it matters
    /// which of several keys that is, or what is known beside the event.
    fn project(&mut self, key: &str, recorded: &Recorded<Self::Event>) {
        let _ = key;
        self.evolve(&recorded.event);
    }
}

/// A column that the rows of a view can be found by: made from the state whenever that is written.
///
/// `T` is what it holds; it may also hold nothing. Where a text contains NUL, or a real number is not finite,
/// there is nothing in the column. Of a text it holds the first 1,000 bytes, or as many as are whole characters:
/// more is no good in an index.
pub struct Column<V, T = Value> {
    name: &'static str,
    kind: ValueKind,
    is_indexed: bool,
    value: fn(&V) -> Value,
    holds: PhantomData<fn() -> T>,
}

impl<V> Column<V, i64> {
    /// A column of whole numbers.
    pub const fn integer(name: &'static str, value: fn(&V) -> Value) -> Self {
        Self::new(name, ValueKind::Integer, value)
    }
}

impl<V> Column<V, f64> {
    /// A column of real numbers.
    pub const fn real(name: &'static str, value: fn(&V) -> Value) -> Self {
        Self::new(name, ValueKind::Real, value)
    }
}

impl<V> Column<V, String> {
    /// A column of texts, ordered by their bytes.
    pub const fn text(name: &'static str, value: fn(&V) -> Value) -> Self {
        Self::new(name, ValueKind::Text, value)
    }
}

impl<V> Column<V, bool> {
    /// A column of yes and no.
    pub const fn boolean(name: &'static str, value: fn(&V) -> Value) -> Self {
        Self::new(name, ValueKind::Boolean, value)
    }
}

impl<V, T> Column<V, T> {
    const fn new(name: &'static str, kind: ValueKind, value: fn(&V) -> Value) -> Self {
        Self { name, kind, is_indexed: false, value, holds: PhantomData }
    }

    /// The same, found quickly.
    #[must_use]
    pub const fn indexed(mut self) -> Self {
        self.is_indexed = true;
        self
    }

    /// The same, whatever it holds: for the list of [`COLUMNS`](View::COLUMNS).
    pub const fn any(self) -> Column<V> {
        Column {
            name: self.name,
            kind: self.kind,
            is_indexed: self.is_indexed,
            value: self.value,
            holds: PhantomData,
        }
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn declared(&self) -> TableColumn {
        TableColumn { name: self.name.to_owned(), kind: self.kind, is_indexed: self.is_indexed }
    }

    /// What it holds for that state.
    pub(crate) fn value_of(&self, state: &V) -> Value {
        let value = cut((self.value)(state));
        let is_kept = match (&value, self.kind) {
            (Value::Integer(_), ValueKind::Integer) | (Value::Boolean(_), ValueKind::Boolean) => {
                true
            }
            (Value::Real(number), ValueKind::Real) => number.is_finite(),
            (Value::Text(text), ValueKind::Text) => !text.contains('\0'),
            _ => false,
        };
        if is_kept { value } else { Value::Null }
    }
}

impl<V: View, T: Into<Value>> Column<V, T> {
    /// Rows in which it is that.
    pub fn is(self, value: impl Into<T>) -> Where<V> {
        self.compared(Comparison::Equal, value.into().into())
    }

    /// Rows in which it holds nothing.
    pub fn is_nothing(self) -> Where<V> {
        self.compared(Comparison::Equal, Value::Null)
    }

    /// Rows in which it is less.
    pub fn below(self, value: impl Into<T>) -> Where<V> {
        self.compared(Comparison::Below, value.into().into())
    }

    /// Rows in which it is that or less.
    pub fn at_most(self, value: impl Into<T>) -> Where<V> {
        self.compared(Comparison::AtMost, value.into().into())
    }

    /// Rows in which it is more.
    pub fn above(self, value: impl Into<T>) -> Where<V> {
        self.compared(Comparison::Above, value.into().into())
    }

    /// Rows in which it is that or more.
    pub fn at_least(self, value: impl Into<T>) -> Where<V> {
        self.compared(Comparison::AtLeast, value.into().into())
    }

    fn compared(self, comparison: Comparison, value: Value) -> Where<V> {
        let condition = Condition { column: self.place(), comparison, value: cut(value) };
        Where { condition, view: PhantomData }
    }

    /// Which of the view's columns it is.
    pub(crate) fn place(&self) -> usize {
        let mut columns = V::COLUMNS.iter();
        let place = columns.position(|column| column.name == self.name);
        place.expect("a column that is asked for is one of the view's `COLUMNS`")
    }
}

/// The most bytes of a text that a column holds.
const MAX_TEXT_BYTES: usize = 1_000;

fn cut(value: Value) -> Value {
    match value {
        Value::Text(mut text) => {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
            Value::Text(text)
        }
        value => value,
    }
}

impl<V, T> Clone for Column<V, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V, T> Copy for Column<V, T> {}

impl<V, T> fmt::Debug for Column<V, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Column({:?}, {:?})", self.name, self.kind)
    }
}

/// What holds for rows of a view.
pub struct Where<V> {
    pub(crate) condition: Condition,
    view: PhantomData<fn() -> V>,
}
