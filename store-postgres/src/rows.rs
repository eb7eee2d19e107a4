//! Rows of views: read from what the database answers, and written as its arguments.

use annals_core::{
    Record, Select, StoreError, StoreErrorKind, Table, TableColumn, TableRow, Value, ValueKind,
};
use sqlx::{
    Encode, Postgres, Row, Type, ValueRef,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgRow, PgTypeInfo, types::Oid},
};

use crate::{
    connections::Query,
    error::store_error,
    names::{check_row_key, check_text, invalid},
    pages::{Asked, Page},
    tables::TableStatements,
};

/// What is asked for rows under the condition that a record is unchanged, which is bound by itself.
pub(crate) enum Find<'a> {
    Keys(&'a [String]),
    Page(Page<'a>, i64),
}

impl<'a> Find<'a> {
    pub(crate) fn of(of: &TableStatements<'_>, select: &'a Select) -> Result<Self, StoreError> {
        match select {
            Select::Keys(keys) => {
                keys.iter().try_for_each(|key| check_text(key))?;
                Ok(Self::Keys(keys))
            }
            Select::Page { conditions, order, is_descending, after, limit } => {
                let (order, is_descending, after) = (*order, *is_descending, after.as_ref());
                let page = Page::of(of, &Asked { conditions, order, is_descending, after })?;
                Ok(Self::Page(page, i64::try_from(*limit).unwrap_or(i64::MAX)))
            }
        }
    }

    pub(crate) fn bind(&self, query: Query<'a>) -> Query<'a> {
        match self {
            Self::Keys(keys) => query.bind(*keys),
            Self::Page(page, limit) => page.bind(query.bind(*limit)),
        }
    }
}

/// A row of a table, unless it is nothing but nulls.
pub(crate) fn row(table: &Table, row: &PgRow) -> Result<Option<TableRow>, StoreError> {
    let Some(key) = bytes(row, 0)? else {
        return Ok(None);
    };
    let (key, state) = (utf8(key)?, text(row, 1)?);
    let columns = table.columns().iter().zip(2..);
    let values = columns.map(|(column, n)| value(column.kind, row, n)).collect::<Result<_, _>>()?;
    Ok(Some(TableRow { key, state, values }))
}

/// The state under a key.
pub(crate) fn state(row: &PgRow) -> Result<Record, StoreError> {
    Ok(Record { key: text(row, 0)?, content: text(row, 1)? })
}

fn value(kind: ValueKind, row: &PgRow, column: usize) -> Result<Value, StoreError> {
    let Some(bytes) = bytes(row, column)? else {
        return Ok(Value::Null);
    };
    let number = || bytes.try_into().map_err(unreadable);
    Ok(match (kind, bytes) {
        (ValueKind::Integer, _) => Value::Integer(i64::from_be_bytes(number()?)),
        (ValueKind::Real, _) => Value::Real(f64::from_be_bytes(number()?)),
        (ValueKind::Text, _) => Value::Text(utf8(bytes)?),
        (ValueKind::Boolean, [byte]) => Value::Boolean(*byte != 0),
        (ValueKind::Boolean, _) => return Err(unreadable("a truth value has one byte")),
    })
}

/// A text in a row.
pub(crate) fn text(row: &PgRow, column: usize) -> Result<String, StoreError> {
    bytes(row, column)?.ok_or_else(|| unreadable("it has nothing where it must")).and_then(utf8)
}

/// A column as it came, in PostgreSQL's binary format, in which text and JSON are themselves. The driver
/// would look at its type each time.
fn bytes(row: &PgRow, column: usize) -> Result<Option<&[u8]>, StoreError> {
    let value = row.try_get_raw(column).map_err(store_error)?;
    if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(unreadable) }
}

fn utf8(bytes: &[u8]) -> Result<String, StoreError> {
    str::from_utf8(bytes).map(str::to_owned).map_err(unreadable)
}

fn unreadable(error: impl Into<BoxDynError>) -> StoreError {
    let message = "a row of a read model is not what it should be";
    StoreError::because(StoreErrorKind::Unreadable, message, error)
}

/// Rows as the arguments of the statement that writes them: a column for each.
pub(crate) fn bind_rows<'a>(
    query: Query<'a>,
    table: &Table,
    rows: &'a [TableRow],
) -> Result<Query<'a>, StoreError> {
    for row in rows {
        check_row(table, row)?;
    }
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    let states: Vec<_> = rows.iter().map(|row| Json(&row.state)).collect();
    let columns = (0..).zip(table.columns());
    Ok(columns.fold(query.bind(keys).bind(states), |query, (number, column)| {
        bind_column(query, column, rows.iter().map(move |row| &row.values[number]))
    }))
}

fn bind_column<'a>(
    query: Query<'a>,
    column: &TableColumn,
    values: impl Iterator<Item = &'a Value>,
) -> Query<'a> {
    macro_rules! bind {
        ($kind:path, $value:ident => $as:expr) => {{
            let values = values.map(|value| match value {
                $kind($value) => Some($as),
                _ => None,
            });
            query.bind(values.collect::<Vec<_>>())
        }};
    }
    match column.kind {
        ValueKind::Integer => bind!(Value::Integer, number => *number),
        ValueKind::Real => bind!(Value::Real, number => *number),
        ValueKind::Text => bind!(Value::Text, text => text.as_str()),
        ValueKind::Boolean => bind!(Value::Boolean, is_so => *is_so),
    }
}

fn check_row(table: &Table, row: &TableRow) -> Result<(), StoreError> {
    check_row_key(&row.key)?;
    check_text(&row.state)?;
    if row.values.len() != table.columns().len() {
        return Err(invalid("a row has another number of values than its table has columns"));
    }
    let mut values = table.columns().iter().zip(&row.values);
    values.try_for_each(|(column, value)| check_value(column.kind, value))
}

/// Whether a column of that kind can hold that value.
pub(crate) fn check_value(kind: ValueKind, value: &Value) -> Result<(), StoreError> {
    match (kind, value) {
        (ValueKind::Text, Value::Text(text)) => check_text(text),
        (ValueKind::Real, Value::Real(number)) if !number.is_finite() => {
            Err(invalid("a number that is kept is finite"))
        }
        (_, Value::Null)
        | (ValueKind::Integer, Value::Integer(_))
        | (ValueKind::Real, Value::Real(_))
        | (ValueKind::Boolean, Value::Boolean(_)) => Ok(()),
        _ => Err(invalid("a value is of another kind than its column")),
    }
}

/// A text that is JSON. As a text it would have to be converted, each by itself.
struct Json<'a>(&'a str);

/// Source of the numbers: as for timestamps.
impl Type<Postgres> for Json<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(114))
    }
}

impl PgHasArrayType for Json<'_> {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(199))
    }
}

impl Encode<'_, Postgres> for Json<'_> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0, buffer)
    }
}
