//! The answer to an append of which something is recorded already.

use annals_core::{
    Append, AppendError, Appended, EventId, Last, NewEvent, Position, Revision, StoreError,
    StoreErrorKind, StreamAppend, StreamId, Timestamp,
};
use sqlx::{PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    append::Answer, error::store_error, reading::unreadable, statements::Statements,
    timestamptz::Timestamptz,
};

/// Where an event of an append is recorded.
struct Recorded {
    /// Which event of the append it is, counted from 1.
    number: i64,
    stream: String,
    revision: i64,
    position: i64,
    recorded_at: Timestamp,
}

/// The answer that `append` got when it was recorded, if all of it was, together and in order, and
/// its expectations held just before; else which of its events is in the way.
pub(crate) async fn original_answer(
    connection: &mut PgConnection,
    statements: &Statements,
    append: &Append,
    is_kept: bool,
) -> Result<Answer, StoreError> {
    let recorded = find_events(connection, statements, append, is_kept).await?;
    let before = befores(append, &recorded);
    let ends = match &before {
        Some(before) => find_ends(connection, statements, append, before, is_kept).await?,
        None => vec![],
    };
    let first = recorded.first().ok_or_else(|| {
        let message = "an event of an append was there, and is not any more";
        StoreError::new(StoreErrorKind::Unreadable, message)
    })?;
    Ok(match before.and_then(|_| repeated(append, &recorded, &ends)) {
        Some(appended) => Ok(appended),
        None => Err(duplicate(append, first)?),
    })
}

/// How far each stream was just before the append, if it is recorded as it is asked: all of it, in its
/// streams, and with nothing between. A stream that is only checked is taken as it is now.
fn befores(append: &Append, recorded: &[Recorded]) -> Option<Vec<i64>> {
    let streams = append.streams().iter();
    let asked = streams.flat_map(|part| part.events.iter().map(|_| part.stream.as_str()));
    let first = recorded.first()?.position;
    let is_in_place = |((event, stream), n): ((&Recorded, &str), i64)| {
        event.stream == stream && event.position == first + n
    };
    let is_whole = append.events().count() == recorded.len();
    if !is_whole || !recorded.iter().zip(asked).zip(0..).all(is_in_place) {
        return None;
    }
    let mut events = recorded.iter();
    let before = |part: &StreamAppend| {
        let first = events.by_ref().take(part.events.len()).reduce(|first, _| first);
        first.map_or(Some(i64::MAX), |first| Some(Revision::new(first.revision)?.minus(1).get()))
    };
    append.streams().iter().map(before).collect()
}

/// The original answer, if the expectations held for `ends`: what the streams ended with before.
fn repeated(append: &Append, recorded: &[Recorded], ends: &[Option<Last>]) -> Option<Appended> {
    let last = recorded.last()?;
    let revision = |(part, end): (&StreamAppend, &Option<Last>)| {
        let is_met = part.events.is_empty() || part.expected.allows(*end);
        is_met.then(|| Last::revision_of(*end).plus(part.events.len()))
    };
    let revisions: Option<_> = append.streams().iter().zip(ends).map(revision).collect();
    let (position, recorded_at) = (Position::new(last.position)?, last.recorded_at);
    Some(Appended { revisions: revisions?, position, recorded_at, repeated: true })
}

fn duplicate(append: &Append, recorded: &Recorded) -> Result<AppendError, StoreError> {
    let index = usize::try_from(recorded.number - 1).unwrap_or_default();
    let id = append.events().nth(index).map(NewEvent::id).expect("only its events were asked for");
    let stream = StreamId::parse(&recorded.stream).map_err(unreadable)?;
    let revision = Revision::new(recorded.revision).unwrap_or_default();
    Ok(AppendError::Duplicate { id, stream, revision })
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
    let recorded = |row: &PgRow| {
        let Timestamptz(recorded_at) = row.try_get(4)?;
        let (stream, revision, position) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        Ok(Recorded { number: row.try_get(0)?, stream, revision, position, recorded_at })
    };
    rows.iter().map(recorded).collect::<Result<_, _>>().map_err(store_error)
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
