//! Looks up what of an append is recorded already.

use annals_core::{Append, EventId, Last, Position, Revision, StoreError};
use annals_sql::{Answer, Recorded, ends_before, original_answer, valid};
use sqlx::{PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use crate::{error::store_error, statements::Statements, timestamptz::Timestamptz};

/// What an append of which something is recorded is to be answered.
pub(crate) async fn answer_repeated(
    connection: &mut PgConnection,
    statements: &Statements,
    append: &Append,
    is_kept: bool,
) -> Result<Answer, StoreError> {
    let recorded = find_events(connection, statements, append, is_kept).await?;
    let ends = match ends_before(append, &recorded) {
        Some(before) => Some(find_ends(connection, statements, append, &before, is_kept).await?),
        None => None,
    };
    original_answer(append, &recorded, ends.as_deref())
}

async fn find_events(
    connection: &mut PgConnection,
    statements: &Statements,
    append: &Append,
    is_kept: bool,
) -> Result<Vec<Recorded>, StoreError> {
    let ids: Vec<Uuid> = append.events().map(|event| event.id().0).collect();
    let query = sqlx::query(statements.find_events.clone()).bind(ids).persistent(is_kept);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(recorded).collect()
}

fn recorded(row: &PgRow) -> Result<Recorded, StoreError> {
    let read = || {
        let (number, stream): (i64, _) = (row.try_get(0)?, row.try_get(1)?);
        let (revision, position) = (row.try_get(2)?, row.try_get(3)?);
        let Timestamptz(recorded_at) = row.try_get(4)?;
        Ok((number, stream, revision, position, recorded_at))
    };
    let (number, stream, revision, position, recorded_at) = read().map_err(store_error)?;
    Ok(Recorded {
        index: valid(usize::try_from(number - 1).ok())?, // SQL counts from 1.
        stream,
        revision: valid(Revision::new(revision))?,
        position: valid(Position::new(position))?,
        recorded_at,
    })
}

/// What each stream of an append ended with when it was no further than `before`.
async fn find_ends(
    connection: &mut PgConnection,
    statements: &Statements,
    append: &Append,
    before: &[i64],
    is_kept: bool,
) -> Result<Vec<Option<Last>>, StoreError> {
    let streams: Vec<&str> = append.streams().iter().map(|part| part.stream.as_str()).collect();
    let query = sqlx::query(statements.find_ends.clone()).bind(streams).bind(before);
    let rows = query.persistent(is_kept).fetch_all(connection).await.map_err(store_error)?;
    let end = |row: &PgRow| {
        let Some(revision) = row.try_get::<Option<i64>, _>(0)?.and_then(Revision::new) else {
            return Ok(None);
        };
        let (id, Timestamptz(recorded_at)) = (EventId(row.try_get(1)?), row.try_get(2)?);
        Ok(Some(Last { revision, id, recorded_at }))
    };
    rows.iter().map(end).collect::<Result<_, _>>().map_err(store_error)
}
