//! Records: small texts, each in an area under a key.

use annals_core::{Record, StoreError};
use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};

use crate::{
    append::json,
    error::store_error,
    limits::{check_area, check_place, check_record, check_text},
    row::{integer, text},
};

const LOAD_RECORD: &str = include_str!("../sql/load_record.sql");
const LIST_RECORDS: &str = include_str!("../sql/list_records.sql");
const COUNT_RECORDS: &str = include_str!("../sql/count_records.sql");
const INSERT_RECORD: &str = include_str!("../sql/insert_record.sql");
const CHANGE_RECORD: &str = include_str!("../sql/change_record.sql");
const DELETE_RECORD: &str = include_str!("../sql/delete_record.sql");
const PUT_RECORDS: &str = include_str!("../sql/put_records.sql");
const REMOVE_RECORDS: &str = include_str!("../sql/remove_records.sql");

pub(crate) async fn load_record(
    connection: &mut SqliteConnection,
    area: &str,
    key: &str,
) -> Result<Option<String>, StoreError> {
    check_place(area, key)?;
    let query = sqlx::query(LOAD_RECORD).bind(area).bind(key);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    row.map(|row| text(&row, 0)).transpose()
}

pub(crate) async fn list_records(
    connection: &mut SqliteConnection,
    area: &str,
    prefix: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    check_area(area)?;
    // In no key there is what stands here: none is between the two.
    let first = format!("{after}\u{1}");
    let first = if first.as_str() > prefix { first.as_str() } else { prefix };
    let query = bind_end(sqlx::query(LIST_RECORDS).bind(area).bind(first), prefix);
    let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| Ok(Record { key: text(row, 0)?, content: text(row, 1)? })).collect()
}

pub(crate) async fn count_records(
    connection: &mut SqliteConnection,
    area: &str,
    prefix: &str,
) -> Result<u64, StoreError> {
    check_area(area)?;
    let query = bind_end(sqlx::query(COUNT_RECORDS).bind(area).bind(prefix), prefix);
    let row = query.fetch_one(connection).await.map_err(store_error)?;
    Ok(u64::try_from(integer(&row, 0)?).unwrap_or_default())
}

/// Whether it was `from`, and is `to` now. Nobody else writes meanwhile.
pub(crate) async fn swap_record(
    connection: &mut SqliteConnection,
    area: &str,
    key: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<bool, StoreError> {
    check_place(area, key)?;
    check_text("a record", to.unwrap_or_default())?;
    let query = |statement| sqlx::query(statement).bind(area).bind(key);
    let query = match (from, to) {
        (None, None) => return Ok(load_record(connection, area, key).await?.is_none()),
        (None, Some(to)) => query(INSERT_RECORD).bind(to),
        (Some(from), Some(to)) => query(CHANGE_RECORD).bind(to).bind(from),
        (Some(from), None) => query(DELETE_RECORD).bind(from),
    };
    let swapped = query.execute(connection).await.map_err(store_error)?;
    Ok(swapped.rows_affected() == 1)
}

pub(crate) async fn put_records(
    connection: &mut SqliteConnection,
    area: &str,
    records: &[Record],
) -> Result<(), StoreError> {
    check_area(area)?;
    records.iter().try_for_each(|record| check_record(area, record))?;
    if records.is_empty() {
        return Ok(());
    }
    let given: Vec<_> = records.iter().map(|record| (&record.key, &record.content)).collect();
    let query = sqlx::query(PUT_RECORDS).bind(area).bind(json(&given));
    query.execute(connection).await.map(|_| ()).map_err(store_error)
}

pub(crate) async fn remove_records(
    connection: &mut SqliteConnection,
    area: &str,
    keys: &[String],
) -> Result<(), StoreError> {
    check_area(area)?;
    keys.iter().try_for_each(|key| check_place(area, key))?;
    if keys.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(REMOVE_RECORDS).bind(area).bind(json(&keys));
    query.execute(connection).await.map(|_| ()).map_err(store_error)
}

type Asked<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Binds what comes behind every text that begins with `prefix`, and behind nothing else that does.
fn bind_end<'q>(query: Asked<'q>, prefix: &str) -> Asked<'q> {
    match end_of(prefix) {
        Some(end) => query.bind(end),
        // Of no bytes it would be a null.
        None => query.bind(vec![0_u8]),
    }
}

/// The first text, by its bytes, behind all that begin with `prefix`. There is none if that is empty, or of
/// nothing but the last character there is.
fn end_of(prefix: &str) -> Option<String> {
    let mut end = String::from(prefix);
    while let Some(last) = end.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::end_of;

    #[test]
    fn the_end_of_a_prefix_is_behind_all_that_begin_with_it_and_before_all_else() {
        for (prefix, end) in [
            ("a", Some("b")),
            ("a/", Some("a0")),
            ("\u{7f}", Some("\u{80}")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("\u{ffff}", Some("\u{10000}")),
            ("a\u{10ffff}\u{10ffff}", Some("b")),
            ("", None),
            ("\u{10ffff}\u{10ffff}", None),
        ] {
            assert_eq!(end_of(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
