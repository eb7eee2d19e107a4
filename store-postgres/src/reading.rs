//! Streams of events, a bounded number of rows at a time.

use std::{error::Error, mem, sync::Arc};

use annals_core::{
    Envelope, Envelopes, EventId, EventType, Metadata, Position, Revision, SchemaVersion,
    StoreError, StoreErrorKind, StreamId,
};
use async_stream::try_stream;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use sqlx::{Decode, Postgres, Row, Type, ValueRef, postgres::PgRow};
use uuid::Uuid;

use crate::{
    connections::Query, error::store_error, statements::Statements, store::Shared,
    timestamptz::Timestamptz,
};

/// How many rows one statement asks for, and how many are held at most. At this many, asking costs a few
/// percent of reading (ADR 13).
const PAGE: i64 = 8_192;

/// How many bytes of payload are held at most before they are passed on, beside those of one event.
const MOST_BYTES: usize = 4 << 20;

/// How many event types are remembered by a reading, so that their names are not allocated anew.
const MOST_NAMES: usize = 64;

/// What is to be read.
pub(crate) enum What {
    /// One stream, by revision.
    Stream(StreamId),
    /// The log, by position.
    Log,
    /// Events of these types, by position.
    Types(Vec<String>),
}

impl What {
    /// How many rows a statement answers at least, unless there are no more.
    fn page(&self) -> i64 {
        match self {
            Self::Stream(_) | Self::Log => PAGE,
            // Of each type; together not many more than a page.
            Self::Types(types) => {
                let types = i64::try_from(types.len()).unwrap_or(i64::MAX).max(1);
                (PAGE / types).max(64)
            }
        }
    }

    /// The statement for what comes after one place, up to and with another.
    fn query<'q>(&'q self, statements: &Statements, after: i64, until: i64) -> Query<'q> {
        let page = self.page();
        match self {
            Self::Stream(stream) => {
                let query = sqlx::query(statements.read_stream.clone()).bind(stream.as_str());
                query.bind(after).bind(until).bind(page)
            }
            Self::Log => {
                sqlx::query(statements.read_log.clone()).bind(after).bind(until).bind(page)
            }
            Self::Types(types) => {
                let query = sqlx::query(statements.read_types.clone()).bind(after).bind(until);
                query.bind(page).bind(types)
            }
        }
    }

    /// By what `after` counts.
    fn place(&self, envelope: &Envelope) -> i64 {
        match self {
            Self::Stream(_) => envelope.revision.get(),
            Self::Log | Self::Types(_) => envelope.position.get(),
        }
    }
}

/// Everything after `after`, up to where it ended when the first row was read.
///
/// A page is read to its end before its events are passed on, unless they are too large for that: so
/// whoever takes them slowly keeps neither a connection nor a snapshot of the database from others. If
/// the reading is dropped while a page is on its way, its connection is closed.
pub(crate) fn envelopes(shared: &Shared, what: What, after: i64) -> Envelopes<'_> {
    let pages = try_stream! {
        let mut names = Names::default();
        let (mut after, mut until) = (after, i64::MAX);
        loop {
            let mut lent = shared.reading.lend().await?;
            let is_kept = lent.keeps_statements();
            let mut rows = what
                .query(&shared.statements, after, until)
                .persistent(is_kept)
                .fetch(lent.connection());
            let (mut page, mut read, mut bytes) = (Vec::new(), 0, 0);
            while let Some(row) = shared.reading.within(rows.try_next()).await? {
                if until == i64::MAX {
                    until = row.try_get("ends").map_err(store_error)?;
                }
                let envelope = envelope(&row, &mut names)?;
                after = what.place(&envelope);
                read += 1;
                bytes += envelope.payload.len();
                page.push(Arc::new(envelope));
                if bytes > MOST_BYTES {
                    bytes = 0;
                    yield mem::take(&mut page);
                }
            }
            drop(rows);
            lent.give_back().await?;
            yield page;
            if read < what.page() || after >= until {
                break;
            }
        }
    };
    let pages: BoxStream<'_, Result<Vec<_>, StoreError>> = pages.boxed();
    pages.map_ok(|page| stream::iter(page.into_iter().map(Ok))).try_flatten().boxed()
}

/// Names that were read lately.
#[derive(Default)]
struct Names {
    types: Vec<EventType>,
    stream: Option<StreamId>,
}

impl Names {
    fn event_type(&mut self, name: &str) -> Result<EventType, StoreError> {
        if let Some(known) = self.types.iter().find(|known| known.as_str() == name) {
            return Ok(known.clone());
        }
        let event_type = EventType::parse(name).map_err(unreadable)?;
        if self.types.len() < MOST_NAMES {
            self.types.push(event_type.clone());
        }
        Ok(event_type)
    }

    fn stream(&mut self, name: &str) -> Result<StreamId, StoreError> {
        match &self.stream {
            Some(stream) if stream.as_str() == name => Ok(stream.clone()),
            _ => {
                let stream = StreamId::parse(name).map_err(unreadable)?;
                self.stream = Some(stream.clone());
                Ok(stream)
            }
        }
    }
}

/// A row as an envelope. The columns are in the order in which every statement that reads has them.
fn envelope(row: &PgRow, names: &mut Names) -> Result<Envelope, StoreError> {
    let position: i64 = get(row, 0)?;
    let revision: i64 = get(row, 1)?;
    let Timestamptz(recorded_at) = get(row, 2)?;
    let id: Uuid = get(row, 3)?;
    let version: i32 = get(row, 4)?;
    let metadata: Option<&str> = match row.try_get_raw(7).map_err(store_error)? {
        json if json.is_null() => None,
        json => Some(json.as_str().map_err(unreadable)?),
    };
    let payload: &[u8] = get(row, 8)?;
    Ok(Envelope {
        id: EventId(id),
        stream: names.stream(get(row, 5)?)?,
        revision: number(revision, Revision::new)?,
        position: number(position, Position::new)?,
        event_type: names.event_type(get(row, 6)?)?,
        schema_version: number(u16::try_from(version).unwrap_or(0), SchemaVersion::new)?,
        payload: payload.to_vec().into(),
        recorded_at,
        metadata: match metadata {
            None => Arc::default(),
            Some(json) => Arc::new(Metadata::from_json(json).map_err(unreadable)?),
        },
    })
}

fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    column: usize,
) -> Result<T, StoreError> {
    row.try_get(column).map_err(store_error)
}

/// A number that the database should not have.
fn number<N, T>(number: N, of: impl Fn(N) -> Option<T>) -> Result<T, StoreError> {
    of(number).ok_or_else(|| {
        StoreError::new(StoreErrorKind::Unreadable, "an event has a number that no event can have")
    })
}

/// Something that is recorded is not what it should be.
pub(crate) fn unreadable(error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::because(StoreErrorKind::Unreadable, "an event is not what it should be", error)
}
