//! What is no record and no row, and is refused before anything is asked.

use annals_core::{Record, StoreError, Table, TableRow, Value, ValueKind};

use crate::settings::invalid;

/// The longest an area may be, and the key of a row, in bytes.
const NAME_BYTES: usize = 255;

/// The longest the key of a record may be, in bytes.
const KEY_BYTES: usize = 1500;

pub(crate) fn check_area(area: &str) -> Result<(), StoreError> {
    check_name("an area", area, NAME_BYTES)
}

/// Whether records can be in that area under that key.
pub(crate) fn check_place(area: &str, key: &str) -> Result<(), StoreError> {
    check_area(area)?;
    check_name("the key of a record", key, KEY_BYTES)
}

pub(crate) fn check_record(area: &str, record: &Record) -> Result<(), StoreError> {
    check_place(area, &record.key)?;
    check_text("a record", &record.content)
}

pub(crate) fn check_row_key(key: &str) -> Result<(), StoreError> {
    check_name("the key of a row", key, NAME_BYTES)
}

/// Whether the table can have that row.
pub(crate) fn check_row(table: &Table, row: &TableRow) -> Result<(), StoreError> {
    check_row_key(&row.key)?;
    check_text("a state", &row.state)?;
    if row.values.len() != table.columns().len() {
        let (values, columns) = (row.values.len(), table.columns().len());
        return Err(invalid(format!("a row with {values} values is none of {columns} columns")));
    }
    for (column, value) in table.columns().iter().zip(&row.values) {
        check_kind(&column.name, column.kind, value)?;
        match value {
            Value::Text(text) => check_text("a text in a row", text)?,
            Value::Real(number) if !number.is_finite() => {
                return Err(invalid("a number in a row is finite"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a column can hold that, or be compared with it.
pub(crate) fn check_kind(column: &str, kind: ValueKind, value: &Value) -> Result<(), StoreError> {
    match (kind, value) {
        (_, Value::Null)
        | (ValueKind::Integer, Value::Integer(_))
        | (ValueKind::Real, Value::Real(_))
        | (ValueKind::Text, Value::Text(_))
        | (ValueKind::Boolean, Value::Boolean(_)) => Ok(()),
        _ => Err(invalid(format!("the column `{column}` does not hold what {value:?} is"))),
    }
}

pub(crate) fn check_text(what: &str, text: &str) -> Result<(), StoreError> {
    let message = || invalid(format!("{what} has a NUL"));
    (!text.contains('\0')).then_some(()).ok_or_else(message)
}

fn check_name(what: &str, name: &str, most: usize) -> Result<(), StoreError> {
    let is_name = (1..=most).contains(&name.len()) && !name.contains(char::is_control);
    let message = || invalid(format!("{what} has 1 to {most} bytes and no control characters"));
    is_name.then_some(()).ok_or_else(message)
}
