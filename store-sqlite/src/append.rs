//! Recording appends in a transaction, and what each of them is answered.

use std::ops::Range;

use annals_core::{
    Append, Appended, Clock, Conflict, EventId, Last, NewEvent, Position, Revision, StoreError,
    StoreErrorKind, StreamAppend, SystemClock, Timestamp,
};
use annals_sql::{Answer, expected_numbers, unreadable, valid};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::{
    Either, Executor, Row, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use crate::{connections::Lent, error::store_error, repeat::answer_repeated, row::integer};

const LOOK: &str = include_str!("../sql/look.sql");
const APPEND_ONE: &str = include_str!("../sql/append_one.sql");
const INSERT_EVENTS: &str = include_str!("../sql/insert_events.sql");

/// Records some appends that have no stream and no id in common, in the transaction that is open; each is
/// answered. Nothing of this is so before that transaction is committed.
pub(crate) async fn append_on(
    connection: &mut SqliteConnection,
    appends: &[Append],
) -> Result<Vec<Answer>, StoreError> {
    let found = Found::look(connection, appends).await?;
    let mut batch = Batch::new(found.head);
    let mut places = Places::default();
    let mut answers = Vec::with_capacity(appends.len());
    for append in appends {
        let place = places.next(append);
        answers.push(match found.met(append, &place) {
            Met::Known => answer_repeated(connection, append).await?,
            Met::Refused(conflict) => Err(conflict.into()),
            Met::Allowed(befores) => Ok(batch.push(append, &befores)),
        });
    }
    batch.insert(connection).await?;
    Ok(answers)
}

/// Records an append of one event in one stream, the shorter way, on a connection on which no transaction
/// is open. `None` if it is none, or if something speaks against it: then nothing was done.
pub(crate) async fn append_one(
    lent: &mut Lent,
    appends: &[Append],
) -> Result<Option<Appended>, StoreError> {
    let [append] = appends else { return Ok(None) };
    let [StreamAppend { stream, expected, events }] = append.streams() else { return Ok(None) };
    let [event] = &events[..] else { return Ok(None) };
    let (revision, last) = expected_numbers(*expected);
    let mut waiting = lent.waiting();
    let (row, recorded_at) = loop {
        let recorded_at = SystemClock.now();
        let query = sqlx::query(APPEND_ONE)
            .bind(stream.as_str())
            .bind(revision)
            .bind(last.map(|last| last.id.0.into_bytes().to_vec()))
            .bind(last.map(|last| last.recorded_at.as_micros()))
            .bind(recorded_at.as_micros())
            .bind(event.id().0.into_bytes().to_vec())
            .bind(event.event_type().as_str())
            .bind(event.schema_version().get())
            .bind(event.metadata().to_json())
            .bind(event.payload().as_bytes());
        match committed(lent.connection(), query).await {
            Ok(row) => break (row, recorded_at),
            Err(error) => waiting.on(error)?,
        }
    };
    let Some(row) = &row else { return Ok(None) };
    let position = valid(Position::new(integer(row, 0)?))?;
    let revisions = vec![valid(Revision::new(integer(row, 1)?))?];
    Ok(Some(Appended { revisions, position, recorded_at, repeated: false }))
}

/// The row that a statement answers, if any, which is a transaction by itself. The row comes before the
/// commit; only the end, which says how many were written, comes after it.
async fn committed(
    connection: &mut SqliteConnection,
    query: Query<'_, Sqlite, SqliteArguments>,
) -> Result<Option<SqliteRow>, sqlx::Error> {
    let mut results = connection.fetch_many(query);
    let mut row = None;
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Right(answered) => row = Some(answered),
            Either::Left(_) => return Ok(row),
        }
    }
    Err(sqlx::Error::WorkerCrashed)
}

/// What the database has to say to some appends.
struct Found {
    head: Position,
    /// Which of their events are recorded, counted from 0.
    known: Vec<usize>,
    /// What the streams of their parts end with.
    ends: Vec<Option<Last>>,
}

/// Which parts and which events of a batch are one append's, counted from 0.
struct Place {
    parts: Range<usize>,
    events: Range<usize>,
}

/// Counts parts and events.
#[derive(Default)]
struct Places {
    parts: usize,
    events: usize,
}

impl Places {
    fn next(&mut self, append: &Append) -> Place {
        let (parts, events) = (self.parts, self.events);
        self.parts += append.streams().len();
        self.events += append.events().count();
        Place { parts: parts..self.parts, events: events..self.events }
    }
}

/// How an append is met.
enum Met {
    /// An event of it is recorded already.
    Known,
    /// A stream is not as expected.
    Refused(Conflict),
    /// It can be recorded; so far are its streams.
    Allowed(Vec<Revision>),
}

impl Found {
    async fn look(
        connection: &mut SqliteConnection,
        appends: &[Append],
    ) -> Result<Self, StoreError> {
        let parts = appends.iter().flat_map(Append::streams);
        let streams: Vec<_> = parts.map(|part| part.stream.as_str()).collect();
        let query = sqlx::query(LOOK).bind(json(&streams)).bind(ids(appends));
        let row = query.fetch_one(connection).await.map_err(store_error)?;
        Self::read(&row, streams.len())
    }

    fn read(row: &SqliteRow, parts: usize) -> Result<Self, StoreError> {
        let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        let (head, known, found): (i64, &str, &str) = read().map_err(store_error)?;
        let mut ends = vec![None; parts];
        for end in serde_json::from_str::<Vec<End<'_>>>(found).map_err(unreadable)? {
            ends[end.0] = Some(end.last()?);
        }
        let known = serde_json::from_str(known).map_err(unreadable)?;
        Ok(Self { head: valid(Position::new(head))?, known, ends })
    }

    fn met(&self, append: &Append, place: &Place) -> Met {
        if self.known.iter().any(|event| place.events.contains(event)) {
            return Met::Known;
        }
        let ends = &self.ends[place.parts.clone()];
        let mut parts = append.streams().iter().zip(ends);
        match parts.find(|(part, end)| !part.expected.allows(**end)) {
            Some((StreamAppend { stream, expected, .. }, end)) => {
                let (stream, actual) = (stream.clone(), Last::revision_of(*end));
                Met::Refused(Conflict { stream, expected: *expected, actual })
            }
            None => Met::Allowed(ends.iter().map(|end| Last::revision_of(*end)).collect()),
        }
    }
}

/// The end of a stream as `look.sql` answers it: which part's, revision, id, time.
#[derive(Deserialize)]
struct End<'a>(usize, i64, &'a str, i64);

impl End<'_> {
    fn last(&self) -> Result<Last, StoreError> {
        Ok(Last {
            revision: valid(Revision::new(self.1))?,
            id: EventId(Uuid::try_parse(self.2).map_err(unreadable)?),
            recorded_at: valid(Timestamp::from_micros(self.3))?,
        })
    }
}

/// Events that are to be recorded, one after the other.
struct Batch<'a> {
    head: Position,
    recorded_at: Timestamp,
    events: Vec<EventRow<'a>>,
    payloads: Vec<u8>,
}

/// An event as `insert_events.sql` takes it: stream, revision, id, type, version, metadata, and where its
/// payload begins and how long it is.
#[derive(Serialize)]
struct EventRow<'a>(&'a str, i64, String, &'a str, u16, Option<String>, usize, usize);

impl<'a> Batch<'a> {
    fn new(head: Position) -> Self {
        // An empty blob would be a null to `substr`.
        let (events, payloads) = (Vec::new(), vec![0]);
        Self { head, recorded_at: SystemClock.now(), events, payloads }
    }

    /// Takes in an append whose streams are so far. Its answer, once all is committed.
    fn push(&mut self, append: &'a Append, befores: &[Revision]) -> Appended {
        let mut revisions = Vec::with_capacity(befores.len());
        for (part, before) in append.streams().iter().zip(befores) {
            for (event, n) in part.events.iter().zip(1..) {
                self.push_event(part, before.plus(n), event);
            }
            revisions.push(before.plus(part.events.len()));
        }
        let position = match append.events().next() {
            None => Position::START,
            Some(_) => self.head.plus(self.events.len()),
        };
        Appended { revisions, position, recorded_at: self.recorded_at, repeated: false }
    }

    fn push_event(&mut self, part: &'a StreamAppend, revision: Revision, event: &'a NewEvent) {
        self.payloads.extend_from_slice(event.payload().as_bytes());
        let length = event.payload().len();
        self.events.push(EventRow(
            part.stream.as_str(),
            revision.get(),
            event.id().0.simple().to_string(),
            event.event_type().as_str(),
            event.schema_version().get(),
            event.metadata().to_json(),
            self.payloads.len() - length + 1, // SQL counts from 1.
            length,
        ));
    }

    async fn insert(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.events.is_empty() {
            return Ok(());
        }
        let due = self.events.len();
        let query = sqlx::query(INSERT_EVENTS)
            .bind(json(&self.events))
            .bind(self.head.get())
            .bind(self.recorded_at.as_micros())
            .bind(self.payloads);
        let inserted = query.execute(connection).await.map_err(store_error)?.rows_affected();
        if usize::try_from(inserted) == Ok(due) {
            return Ok(());
        }
        let message =
            format!("of {due} events {inserted} were recorded: a trigger left the others out");
        Err(StoreError::new(StoreErrorKind::Invalid, message))
    }
}

/// The ids of all events, in hexadecimal digits, as JSON.
pub(crate) fn ids(appends: &[Append]) -> String {
    let events = appends.iter().flat_map(Append::events);
    json(&events.map(|event| event.id().0.simple()).map(|id| id.to_string()).collect::<Vec<_>>())
}

pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers can always be written")
}
