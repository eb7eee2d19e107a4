//! Rows of views, as stores keep them: a state under a key, with columns to find it by.

use std::cmp::Ordering;

/// The longest the name of a table or a column may be, in bytes: 48, so that with what stores put around it
/// every database keeps it whole.
pub const MAX_TABLE_NAME_BYTES: usize = 48;

/// A table of rows, each a state under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    name: String,
    columns: Vec<TableColumn>,
}

/// What a row can be found by, beside its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// A lower-case letter, then lower-case letters, digits and `_`; at most [`MAX_TABLE_NAME_BYTES`].
    pub name: String,
    /// What it holds, where it holds anything.
    pub kind: ValueKind,
    /// Whether rows are often looked for by it.
    pub is_indexed: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// An `i64`.
    Integer,
    /// A finite `f64`.
    Real,
    /// A text without NUL, ordered by its bytes.
    Text,
    /// `false` comes before `true`.
    Boolean,
}

/// What a column holds in one row.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Value {
    /// Nothing, which comes before everything else.
    Null,
    /// An [`Integer`](ValueKind::Integer).
    Integer(i64),
    /// A [`Real`](ValueKind::Real).
    Real(f64),
    /// A [`Text`](ValueKind::Text).
    Text(String),
    /// A [`Boolean`](ValueKind::Boolean).
    Boolean(bool),
}

macro_rules! into_value {
    ($($from:ty => $variant:ident),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}

into_value! {
    i64 => Integer,
    i32 => Integer,
    u32 => Integer,
    f64 => Real,
    String => Text,
    &str => Text,
    bool => Boolean,
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// What it is kept under: 1 to 255 bytes without control characters.
    pub key: String,
    /// A text that is JSON. It is kept byte for byte.
    pub state: String,
    /// What its columns hold, in the order of the table.
    pub values: Vec<Value>,
}

/// Which rows, in which order.
#[derive(Debug, Clone, PartialEq)]
pub enum Select {
    /// Those under these keys, as far as there are any, in no particular order.
    Keys(Vec<String>),
    /// Those that all conditions hold for.
    Page {
        /// What holds for them.
        conditions: Vec<Condition>,
        /// By which column they are ordered, and by their keys where that is equal; by their keys alone if
        /// there is none.
        order: Option<usize>,
        /// Whether the last come first.
        is_descending: bool,
        /// Only those behind this place in that order.
        after: Option<Place>,
        /// How many at most.
        limit: usize,
    },
}

/// What holds for a column of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Which column of the table, counted from 0.
    pub column: usize,
    /// How it compares.
    pub comparison: Comparison,
    /// With what. [`Value::Null`] is equal to itself; every other comparison with it, or of it, is false.
    pub value: Value,
}

/// How a column compares with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It is the same.
    Equal,
    /// It is less.
    Below,
    /// It is less, or the same.
    AtMost,
    /// It is more.
    Above,
    /// It is more, or the same.
    AtLeast,
}

/// Where a row stands in an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// What the column holds that rows are ordered by; [`Value::Null`] if it is by their keys alone.
    pub value: Value,
    /// Its key.
    pub key: String,
}

impl Table {
    /// A table of that name, with those columns. `None` if a name is not as [`TableColumn::name`] says, or
    /// two columns have the same, or one that every table has: `key` or `state`.
    pub fn new(name: impl Into<String>, columns: Vec<TableColumn>) -> Option<Self> {
        let name = name.into();
        let mut names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        names.extend(["key", "state"]);
        names.sort_unstable();
        let is_repeated = names.windows(2).any(|pair| pair[0] == pair[1]);
        let are_names = is_table_name(&name) && names.into_iter().all(is_table_name);
        (are_names && !is_repeated).then_some(Self { name, columns })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its rows can be found by, beside their keys.
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }
}

/// Whether every database takes that as a part of the name of a table, or as that of a column.
fn is_table_name(name: &str) -> bool {
    name.len() <= MAX_TABLE_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

impl Condition {
    /// Whether it holds where the column holds `value`.
    pub fn holds_for(&self, value: &Value) -> bool {
        if *value == Value::Null || self.value == Value::Null {
            return self.comparison == Comparison::Equal && *value == self.value;
        }
        let Some(order) = value.partial_cmp(&self.value) else { return false };
        match self.comparison {
            Comparison::Equal => order == Ordering::Equal,
            Comparison::Below => order == Ordering::Less,
            Comparison::AtMost => order != Ordering::Greater,
            Comparison::Above => order == Ordering::Greater,
            Comparison::AtLeast => order != Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Condition, Table, TableColumn, Value, ValueKind};

    fn column(name: &str) -> TableColumn {
        TableColumn { name: name.into(), kind: ValueKind::Text, is_indexed: false }
    }

    #[test]
    fn a_table_has_a_plain_name_and_each_column_once() {
        assert!(Table::new("statement_2", vec![column("owner"), column("balance")]).is_some());
        for name in ["", "Statement", "2nd", "a b", "a\"", "ä", "_a", &"x".repeat(49)] {
            assert_eq!(Table::new(name, vec![]), None, "{name}");
            assert_eq!(Table::new("statement", vec![column(name)]), None, "{name}");
        }
        for columns in [["owner", "owner"], ["key", "owner"], ["owner", "state"]] {
            assert_eq!(Table::new("statement", columns.map(column).into()), None);
        }
    }

    #[test]
    fn nothing_is_equal_to_nothing_and_compares_with_nothing_else() {
        let condition = |comparison, value| Condition { column: 0, comparison, value };
        assert!(condition(Comparison::Equal, Value::Null).holds_for(&Value::Null));
        assert!(!condition(Comparison::AtLeast, Value::Null).holds_for(&Value::Null));
        assert!(!condition(Comparison::Below, Value::Integer(1)).holds_for(&Value::Null));
        assert!(condition(Comparison::Below, Value::Integer(1)).holds_for(&Value::Integer(0)));
    }
}
