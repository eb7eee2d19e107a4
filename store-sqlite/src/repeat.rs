//! Looks up what of an append is recorded already.

use std::slice;

use annals_core::{Append, EventId, Last, Position, Revision, StoreError, Timestamp};
use annals_sql::{Answer, Recorded, ends_before, original_answer, unreadable, valid};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;

use crate::{
    append::{ids, json},
    error::store_error,
};

const FIND_EVENTS: &str = include_str!("../sql/find_events.sql");
const FIND_ENDS: &str = include_str!("../sql/find_ends.sql");

/// What an append of which something is recorded is to be answered.
pub(crate) async fn answer_repeated(
    connection: &mut SqliteConnection,
    append: &Append,
) -> Result<Answer, StoreError> {
    let query = sqlx::query(FIND_EVENTS).bind(ids(slice::from_ref(append)));
    let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let recorded = rows.iter().map(recorded).collect::<Result<Vec<_>, _>>()?;
    let ends = match ends_before(append, &recorded) {
        Some(before) => Some(find_ends(connection, append, &before).await?),
        None => None,
    };
    original_answer(append, &recorded, ends.as_deref())
}

fn recorded(row: &SqliteRow) -> Result<Recorded, StoreError> {
    let read = || Ok((get(row, 0)?, row.try_get(1)?, get(row, 2)?, get(row, 3)?, get(row, 4)?));
    let (index, stream, revision, position, recorded_at) = read().map_err(store_error)?;
    Ok(Recorded {
        index: valid(usize::try_from(index).ok())?,
        stream,
        revision: valid(Revision::new(revision))?,
        position: valid(Position::new(position))?,
        recorded_at: valid(Timestamp::from_micros(recorded_at))?,
    })
}

/// What each stream of an append ended with when it was no further than `before`.
async fn find_ends(
    connection: &mut SqliteConnection,
    append: &Append,
    before: &[i64],
) -> Result<Vec<Option<Last>>, StoreError> {
    let streams = append.streams().iter().map(|part| part.stream.as_str());
    let asked: Vec<_> = streams.zip(before).collect();
    let query = sqlx::query(FIND_ENDS).bind(json(&asked));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    let mut ends = vec![None; asked.len()];
    for row in &rows {
        let (key, end) = end(row)?;
        ends[key] = Some(end);
    }
    Ok(ends)
}

fn end(row: &SqliteRow) -> Result<(usize, Last), StoreError> {
    let read = || Ok((get(row, 0)?, get(row, 1)?, row.try_get(2)?, get(row, 3)?));
    let (key, revision, id, recorded_at): (_, _, &[u8], _) = read().map_err(store_error)?;
    let last = Last {
        revision: valid(Revision::new(revision))?,
        id: EventId(Uuid::from_slice(id).map_err(unreadable)?),
        recorded_at: valid(Timestamp::from_micros(recorded_at))?,
    };
    Ok((valid(usize::try_from(key).ok())?, last))
}

fn get(row: &SqliteRow, column: usize) -> Result<i64, sqlx::Error> {
    row.try_get(column)
}
