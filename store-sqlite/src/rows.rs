//! Rows of views: a state under a key, with columns to find it by.

use std::collections::HashMap;

use annals_core::{Record, StoreError, Table, TableColumn, TableRow, Value, ValueKind};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use sqlx::{AssertSqlSafe, Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    append::json,
    error::store_error,
    limits::{check_row, check_row_key},
    row::text,
    view::{Text, quoted, text_for, text_of, text_of_index},
};

const CREATE_VIEW_TABLE: &str = include_str!("../sql/create_view_table.sql");
const CREATE_VIEW_INDEX: &str = include_str!("../sql/create_view_index.sql");
const DROP_VIEW_TABLE: &str = include_str!("../sql/drop_view_table.sql");
const LOAD_ROWS: &str = include_str!("../sql/load_rows.sql");
const SCAN_ROWS: &str = include_str!("../sql/scan_rows.sql");
const STORE_ROWS: &str = include_str!("../sql/store_rows.sql");
const MEND_ROW: &str = include_str!("../sql/mend_row.sql");
const REMOVE_ROWS: &str = include_str!("../sql/remove_rows.sql");

/// An empty table with its indexes, in place of the one that may be there.
pub(crate) async fn create_table(
    connection: &mut SqliteConnection,
    table: &Table,
) -> Result<(), StoreError> {
    drop_table(connection, table.name()).await?;
    run(connection, text_of(CREATE_VIEW_TABLE, table)).await?;
    for column in table.columns().iter().filter(|column| column.is_indexed) {
        run(connection, text_of_index(CREATE_VIEW_INDEX, table, column)).await?;
    }
    Ok(())
}

pub(crate) async fn drop_table(
    connection: &mut SqliteConnection,
    name: &str,
) -> Result<(), StoreError> {
    // No table has another name than that of a table.
    match Table::new(name, Vec::new()) {
        Some(table) => run(connection, text_for(DROP_VIEW_TABLE, table.name())).await,
        None => Ok(()),
    }
}

/// The states under these keys.
pub(crate) async fn load_rows(
    connection: &mut SqliteConnection,
    table: &Table,
    keys: &[String],
) -> Result<Vec<Record>, StoreError> {
    keys.iter().try_for_each(|key| check_row_key(key))?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query(statement(LOAD_ROWS, table)).bind(json(&keys));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| Ok(Record { key: text(row, 0)?, content: text(row, 1)? })).collect()
}

pub(crate) async fn scan_rows(
    connection: &mut SqliteConnection,
    table: &Table,
    after: &str,
    limit: usize,
) -> Result<Vec<TableRow>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = sqlx::query(statement(SCAN_ROWS, table)).bind(after).bind(limit);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| table_row(row, table)).collect()
}

pub(crate) async fn store_rows(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: &[TableRow],
) -> Result<(), StoreError> {
    rows.iter().try_for_each(|row| check_row(table, row))?;
    if rows.is_empty() {
        return Ok(());
    }
    // An empty blob would be a null to `substr`.
    let mut states = vec![0];
    let mut given = Vec::with_capacity(rows.len());
    for row in rows {
        given.push(Given { begin: states.len() + 1, row }); // SQL counts from 1.
        states.extend_from_slice(row.state.as_bytes());
    }
    let query = sqlx::query(statement(STORE_ROWS, table)).bind(json(&given)).bind(states);
    let stored = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    mend(connection, table, rows, &stored).await
}

pub(crate) async fn remove_rows(
    connection: &mut SqliteConnection,
    table: &Table,
    keys: &[String],
) -> Result<(), StoreError> {
    keys.iter().try_for_each(|key| check_row_key(key))?;
    if keys.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(statement(REMOVE_ROWS, table)).bind(json(&keys));
    query.execute(connection).await.map(|_| ()).map_err(store_error)
}

/// A row, as every statement that reads whole ones answers it.
pub(crate) fn table_row(row: &SqliteRow, table: &Table) -> Result<TableRow, StoreError> {
    let value = |(column, n): (&TableColumn, usize)| value(row, n, column.kind);
    let values = table.columns().iter().zip(2..).map(value).collect::<Result<_, _>>()?;
    Ok(TableRow { key: text(row, 0)?, state: text(row, 1)?, values })
}

fn value(row: &SqliteRow, n: usize, kind: ValueKind) -> Result<Value, StoreError> {
    let value = match kind {
        ValueKind::Integer => {
            row.try_get_unchecked::<Option<_>, _>(n).map(|it| it.map(Value::Integer))
        }
        ValueKind::Real => row.try_get_unchecked::<Option<_>, _>(n).map(|it| it.map(Value::Real)),
        ValueKind::Text => row.try_get_unchecked::<Option<_>, _>(n).map(|it| it.map(Value::Text)),
        ValueKind::Boolean => {
            row.try_get_unchecked::<Option<_>, _>(n).map(|it| it.map(Value::Boolean))
        }
    };
    Ok(value.map_err(store_error)?.unwrap_or(Value::Null))
}

/// SQLite does not promise to read decimals as the number that they are nearest to, and now and then reads its
/// neighbour. What it made of them is compared with what was given.
async fn mend(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: &[TableRow],
    stored: &[SqliteRow],
) -> Result<(), StoreError> {
    if stored.is_empty() {
        return Ok(());
    }
    let given: HashMap<_, _> = rows.iter().map(|row| (row.key.as_str(), &row.values)).collect();
    for row in stored {
        let key = text(row, 0)?;
        let Some(values) = given.get(key.as_str()) else { continue };
        let reals = table.columns().iter().zip(*values);
        let reals = reals.filter(|(column, _)| column.kind == ValueKind::Real);
        for ((column, given), n) in reals.zip(1..) {
            if let Value::Real(number) = given
                && value(row, n, ValueKind::Real)? != *given
            {
                let text = text_of(MEND_ROW, table).replace("{column}", &quoted(&column.name));
                let query = sqlx::query(AssertSqlSafe(text)).bind(&key).bind(number);
                query.execute(&mut *connection).await.map_err(store_error)?;
            }
        }
    }
    Ok(())
}

fn statement(template: &str, table: &Table) -> Text {
    AssertSqlSafe(text_of(template, table))
}

/// Once, and kept by nobody.
async fn run(connection: &mut SqliteConnection, text: String) -> Result<(), StoreError> {
    let run = sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await;
    run.map(|_| ()).map_err(store_error)
}

/// A row as `store_rows.sql` takes it: its key, where its state begins and how long it is, and what its columns
/// hold.
struct Given<'a> {
    begin: usize,
    row: &'a TableRow,
}

impl Serialize for Given<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let TableRow { key, state, values } = self.row;
        let mut row = serializer.serialize_seq(Some(3 + values.len()))?;
        row.serialize_element(key)?;
        row.serialize_element(&self.begin)?;
        row.serialize_element(&state.len())?;
        for value in values {
            match value {
                Value::Null => row.serialize_element(&())?,
                Value::Integer(number) => row.serialize_element(number)?,
                Value::Real(number) => row.serialize_element(number)?,
                Value::Text(text) => row.serialize_element(text)?,
                Value::Boolean(is_so) => row.serialize_element(&u8::from(*is_so))?,
            }
        }
        row.end()
    }
}
