//! Asking the database to record appends, and reading what it answers.

use annals_core::{
    Append, Appended, Conflict, Position, Revision, StoreError, StoreErrorKind, StreamAppend,
    Timestamp,
};
use annals_sql::{Answer, expected_numbers};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    columns::{Columns, Place},
    error::{is_not_supported, store_error},
    repeat::answer_repeated,
    statements::Statements,
    timestamptz::Timestamptz,
};

/// Records some appends that have no stream and no id in common, in one statement; each is answered.
pub(crate) async fn append_on(
    connection: &mut PgConnection,
    statements: &Statements,
    appends: &[Append],
    is_kept: bool,
) -> Result<Vec<Answer>, StoreError> {
    let (columns, places) = Columns::of(appends);
    let query = columns.bind(sqlx::query(statements.append.clone())).persistent(is_kept);
    let row = query.fetch_one(&mut *connection).await.map_err(store_error)?;
    let outcome = Outcome::read(&row)?;

    let mut answers = Vec::with_capacity(appends.len());
    for (append, place) in appends.iter().zip(&places) {
        answers.push(match outcome.is_known(place) {
            // What is recorded stays as it is, so it can be looked at after the lock was released.
            true => answer_repeated(connection, statements, append, is_kept).await?,
            false => outcome.answer(append, place),
        });
    }
    Ok(answers)
}

/// Records an append of one event in one stream, the shorter way: on a connection of ours, on which no
/// transaction is open and plans are kept. The log is known to be as far as `head`.
///
/// `None` if it is none, or if something speaks against it: then nothing was done.
pub(crate) async fn append_one(
    connection: &mut PgConnection,
    statements: &Statements,
    append: &Append,
    head: Position,
) -> Result<Option<Appended>, StoreError> {
    let [StreamAppend { stream, expected, events }] = append.streams() else {
        return Ok(None);
    };
    let [event] = &events[..] else {
        return Ok(None);
    };
    let (expected, last) = expected_numbers(*expected);
    let answered = sqlx::query(statements.append_one.clone())
        .bind(stream.as_str())
        .bind(expected)
        .bind(last.map(|last| last.id.0))
        .bind(last.map(|last| Timestamptz(last.recorded_at)))
        .bind(event.id().0)
        .bind(event.event_type().as_str())
        .bind(i32::from(event.schema_version().get()))
        .bind(event.metadata().to_json())
        .bind(event.payload().as_bytes())
        .bind(head.get())
        .fetch_optional(connection)
        .await;
    let row = match answered {
        // The application has given the table a rule, which goes together with `INSERT` only.
        Err(error) if is_not_supported(&error) => return Ok(None),
        answered => answered.map_err(store_error)?,
    };
    let read = |row: PgRow| {
        let (position, revision) = (row.try_get(0)?, row.try_get(1)?);
        let Timestamptz(recorded_at) = row.try_get(2)?;
        let position = Position::new(position).unwrap_or_default();
        let revisions = vec![self::revision(revision)];
        Ok(Appended { revisions, position, recorded_at, repeated: false })
    };
    row.map(read).transpose().map_err(store_error)
}

/// What the database made of a batch.
struct Outcome {
    recorded_at: Timestamp,
    head: i64,
    actual: Vec<i64>,
    met: Vec<bool>,
    /// Counted from 1, in order.
    known: Vec<i64>,
    refused: Vec<Option<i64>>,
}

impl Outcome {
    fn read(row: &PgRow) -> Result<Self, StoreError> {
        let refusal: Option<String> = row.try_get(0).map_err(store_error)?;
        if let Some(refusal) = refusal {
            return Err(StoreError::new(StoreErrorKind::Invalid, refusal));
        }
        let read = || {
            let Timestamptz(recorded_at) = row.try_get(1)?;
            Ok(Self {
                recorded_at,
                head: row.try_get(2)?,
                actual: row.try_get(3)?,
                met: row.try_get(4)?,
                known: row.try_get(5)?,
                refused: row.try_get(6)?,
            })
        };
        read().map_err(store_error)
    }

    /// Whether an event of that append was recorded before.
    fn is_known(&self, place: &Place) -> bool {
        let is_within = |event: &i64| {
            usize::try_from(*event).is_ok_and(|n| place.events.start < n && n <= place.events.end)
        };
        self.known.iter().any(is_within)
    }

    /// The answer to an append of which no event was known.
    fn answer(&self, append: &Append, place: &Place) -> Answer {
        let parts = || append.streams().iter().zip(place.parts.clone());
        if let Some((part, n)) = parts().find(|(_, n)| !self.met[*n]) {
            let StreamAppend { stream, expected, .. } = part;
            let actual = revision(self.actual[n]);
            return Err(Conflict { stream: stream.clone(), expected: *expected, actual }.into());
        }
        let revisions =
            parts().map(|(part, n)| revision(self.actual[n]).plus(part.events.len())).collect();
        let position = match place.events.is_empty() {
            true => Position::START,
            false => self.end(place),
        };
        Ok(Appended { revisions, position, recorded_at: self.recorded_at, repeated: false })
    }

    /// Where the last event of an append that was recorded stands.
    fn end(&self, place: &Place) -> Position {
        let refused = place.parts.clone().next_back().and_then(|part| self.refused[part]);
        let refused = usize::try_from(refused.unwrap_or_default()).unwrap_or_default();
        let before = Position::new(self.head).unwrap_or_default();
        before.plus(place.events.end - refused)
    }
}

fn revision(number: i64) -> Revision {
    Revision::new(number).unwrap_or_default()
}
