//! Streams of events, a bounded number of rows at a time.

use std::{mem, sync::Arc};

use annals_core::{
    Envelope, Envelopes, EventId, EventType, Metadata, Position, Revision, SchemaVersion,
    StoreError, StoreErrorKind, StreamId,
};
use annals_sql::{unreadable, valid};
use async_stream::try_stream;
use bytes::Bytes;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use sqlx::{Row, SqlStr, ValueRef, postgres::PgRow};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    connections::Query,
    copied::{self, CopiedRow, copy_out},
    error::store_error,
    statements::Statements,
    store::Shared,
    timestamptz::from_micros,
};

/// How many rows the first statement of a reading asks for: nearly all streams have no more.
const FIRST_PAGE: i64 = 256;

/// How many rows every further statement asks for. At this many, asking costs a few percent of reading.
const PAGE: i64 = 8_192;

/// How many bytes a page should have at most, going by the rows of the one before it: so many can wait to be
/// taken.
const PAGE_BYTES: i64 = 2 << 20;

/// How many bytes are passed on together, beside those of one event, while others are still on their way.
const CHUNK: usize = 64 << 10;

/// How many chunks wait to be taken at most: 4 MiB, unless events are larger than that.
const WAITING: usize = 64;

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
    fn statement<'s>(&self, statements: &'s Statements) -> &'s SqlStr {
        match self {
            Self::Stream(_) => &statements.read_stream,
            Self::Log => &statements.read_log,
            Self::Types(_) => &statements.read_types,
        }
    }

    /// How many rows to ask for, to get about `page`: of some types, so many of each.
    fn page(&self, page: i64) -> i64 {
        match self {
            Self::Stream(_) | Self::Log => page,
            Self::Types(types) => {
                let types = i64::try_from(types.len()).unwrap_or(i64::MAX).max(1);
                (page / types).max(64)
            }
        }
    }

    /// A query for what comes after one place, up to and with another.
    fn query(&self, statements: &Statements, after: i64, until: i64, page: i64) -> Query<'_> {
        let query = sqlx::query(self.statement(statements).clone());
        match self {
            Self::Stream(stream) => query.bind(stream.as_str()).bind(after).bind(until).bind(page),
            Self::Log => query.bind(after).bind(until).bind(page),
            Self::Types(types) => query.bind(after).bind(until).bind(page).bind(types),
        }
    }

    /// The same, to be copied out.
    fn copy(&self, statements: &Statements, after: i64, until: i64, page: i64) -> SqlStr {
        let range = [after, until, page].map(copied::number).to_vec();
        let arguments = match self {
            Self::Stream(stream) => [vec![copied::text(stream.as_str())], range].concat(),
            Self::Log => range,
            Self::Types(types) => [range, vec![copied::texts(types)]].concat(),
        };
        copy_out(self.statement(statements), &arguments)
    }

    /// Of an event's position and its revision, the one by which `after` counts.
    fn place(&self, position: i64, revision: i64) -> i64 {
        match self {
            Self::Stream(_) => revision,
            Self::Log | Self::Types(_) => position,
        }
    }
}

/// Everything after `after`, up to where it ended when the first row was read.
///
/// What fits into the first page is read here, by a prepared statement. For more than that a task reads
/// ahead: the database, the driver and whoever takes the events then work at the same time, and a
/// connection is held only while a page is on its way, however slowly its events are taken.
pub(crate) fn envelopes(shared: &Arc<Shared>, what: What, after: i64) -> Envelopes<'static> {
    let (until, has_more) = (i64::MAX, true);
    // Already here: who waited for this head takes all up to it for read when the reading ends.
    let promised = match what {
        What::Stream(_) => 0,
        What::Log | What::Types(_) => shared.growth.now().head.get(),
    };
    let (shared, page) = (Arc::clone(shared), PAGE);
    let mut reader = Reader { shared, what, after, until, promised, has_more, page };
    let chunks = try_stream! {
        let mut names = Names::default();
        {
            let mut page = reader.first_page(&mut names);
            while let Some(chunk) = page.try_next().await? {
                yield chunk;
            }
        }
        if reader.has_more {
            let mut ahead = reader.read_ahead();
            loop {
                let chunk = ahead.recv().await.unwrap_or_else(|| Err(cut_short()))?;
                if chunk.is_empty() {
                    break;
                }
                yield envelopes_in(&chunk, &mut names)?;
            }
        }
    };
    let chunks: Chunks<'_, _> = chunks.boxed();
    chunks.map_ok(|chunk| stream::iter(chunk.into_iter().map(Ok))).try_flatten().boxed()
}

type Chunks<'r, T> = BoxStream<'r, Result<T, StoreError>>;

/// A reading on its way.
struct Reader {
    shared: Arc<Shared>,
    what: What,
    /// What was read last.
    after: i64,
    /// Where it ends, once that is known.
    until: i64,
    /// How far the log is at least, as this process heard before it began.
    promised: i64,
    /// Whether there may be another page.
    has_more: bool,
    /// How many rows it should have.
    page: i64,
}

impl Reader {
    /// Reads what is left in a task, until nobody takes it any more. The end is a chunk of nothing, since
    /// a task may also be ended. The task only moves bytes: what events are made of is best made where
    /// they are used and dropped.
    fn read_ahead(mut self) -> mpsc::Receiver<Result<Vec<u8>, StoreError>> {
        let (send, receive) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while self.has_more {
                // Once there is room for a page, so that it can be read to its end at once.
                if send.reserve_many(WAITING / 2).await.is_err() {
                    return;
                }
                let mut page = self.next_page();
                while let Some(chunk) = page.next().await {
                    let has_failed = chunk.is_err();
                    if send.send(chunk).await.is_err() || has_failed {
                        return;
                    }
                }
            }
            let _ = send.send(Ok(Vec::new())).await; // If nobody takes it, nobody needs to know.
        });
        receive
    }

    /// The first page, which says where the reading ends.
    fn first_page<'r>(&'r mut self, names: &'r mut Names) -> Chunks<'r, Vec<Arc<Envelope>>> {
        let chunks = try_stream! {
            let Shared { reading, statements, .. } = &*self.shared;
            let mut lent = reading.lend().await?;
            let (is_kept, page) = (lent.keeps_statements(), self.what.page(FIRST_PAGE));
            let query = self.what.query(statements, self.after, self.until, page);
            let mut rows = query.persistent(is_kept).fetch(lent.connection());
            let (mut chunk, mut bytes, mut all, mut read) = (Vec::new(), 0, 0, 0);
            while let Some(row) = reading.next(&mut rows).await? {
                if read == 0 {
                    self.until = row.i64(COLUMNS - 1)?;
                    self.check_reaches(self.until, self.promised)?;
                }
                if row.optional(0)?.is_none() {
                    continue; // There are none of these types.
                }
                let envelope = envelope(&row, names)?;
                self.after = self.what.place(envelope.position.get(), envelope.revision.get());
                read += 1;
                bytes += envelope.payload.len();
                all += envelope.payload.len();
                chunk.push(Arc::new(envelope));
                if bytes > CHUNK {
                    bytes = 0;
                    yield mem::take(&mut chunk);
                }
            }
            drop(rows);
            lent.give_back().await?;
            self.has_more = self.is_more_after(read, page)?;
            self.page = rows_in_a_page(read, all);
            yield chunk;
        };
        chunks.boxed()
    }

    /// The next page, as rows that were copied out.
    fn next_page(&mut self) -> Chunks<'_, Vec<u8>> {
        let chunks = try_stream! {
            let Shared { reading, statements, .. } = &*self.shared;
            let mut lent = reading.lend().await?;
            let page = self.what.page(self.page);
            let copy = self.what.copy(statements, self.after, self.until, page);
            let mut messages = reading.within(lent.connection().copy_out_raw(copy.as_str())).await?;
            let (mut chunk, mut all, mut read, mut is_first) = (Vec::new(), 0, 0, true);
            let mut last = [0; 26]; // So long is a row to the end of its second column.
            while let Some(message) = reading.next(&mut messages).await? {
                let row = copied::rows(&message, mem::take(&mut is_first))?;
                if let Some(ends) = row.last_chunk::<8>().filter(|_| read == 0) {
                    self.check_reaches(i64::from_be_bytes(*ends), self.until)?;
                }
                if row.get(2..6) == Some(&copied::NULL) {
                    continue; // There are no more of these types.
                }
                if let Some(beginning) = row.first_chunk() {
                    last = *beginning;
                    read += 1;
                    all += row.len();
                    chunk.extend_from_slice(row);
                }
                if chunk.len() > CHUNK {
                    yield mem::replace(&mut chunk, Vec::with_capacity(CHUNK + CHUNK / 8));
                }
            }
            drop(messages);
            lent.give_back().await?;
            if read > 0 {
                let [position, revision] = [6, 18].map(|start| &last[start..start + 8]);
                self.after = self.what.place(i64_of(position)?, i64_of(revision)?);
            }
            self.has_more = self.is_more_after(read, page)?;
            self.page = rows_in_a_page(read, all);
            if !chunk.is_empty() {
                yield chunk;
            }
        };
        chunks.boxed()
    }

    /// Whether there may be more after a page of `read` rows, when `page` were asked for.
    fn is_more_after(&self, read: i64, page: i64) -> Result<bool, StoreError> {
        let has_ended = read < page || self.after >= self.until;
        let is_dense = !matches!(self.what, What::Types(_));
        if has_ended && is_dense {
            let is_known = self.until < i64::MAX;
            self.check_reaches(self.after, if is_known { self.until } else { self.promised })?;
        }
        Ok(!has_ended)
    }

    /// Fails if it goes only so far, and should go further.
    fn check_reaches(&self, ends: i64, expected: i64) -> Result<(), StoreError> {
        if ends >= expected {
            return Ok(());
        }
        self.shared.growth.forget();
        let message = "the log is shorter than it was a moment ago: this is another server";
        Err(StoreError::new(StoreErrorKind::Unavailable, message))
    }
}

fn cut_short() -> StoreError {
    let message = "the runtime in which the log was read was shut down";
    StoreError::new(StoreErrorKind::Unavailable, message)
}

/// How many rows to ask for next, when `read` rows had so many bytes.
fn rows_in_a_page(read: i64, bytes: usize) -> i64 {
    let (bytes, most) = (i64::try_from(bytes).unwrap_or(i64::MAX), PAGE_BYTES);
    (most.saturating_mul(read.max(1)) / bytes.max(1)).clamp(64, PAGE)
}

/// The events in rows that were copied out.
fn envelopes_in(mut rows: &[u8], names: &mut Names) -> Result<Vec<Arc<Envelope>>, StoreError> {
    let mut envelopes = Vec::new();
    while !rows.is_empty() {
        let row = CopiedRow::<COLUMNS>::take(&mut rows)?;
        envelopes.push(Arc::new(envelope(&row, names)?));
    }
    Ok(envelopes)
}

/// Names that were read lately.
#[derive(Default)]
struct Names {
    types: Vec<EventType>,
    stream: Option<StreamId>,
    no_metadata: Arc<Metadata>,
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

/// How many columns every statement that reads has: those of an envelope, and how far all of it goes.
const COLUMNS: usize = 10;

/// The columns of a row as they came: in PostgreSQL's binary format, and of the types that our own
/// statements give them. The driver would look at each type for each value, which takes as long as all
/// else.
trait Columns {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;

    fn get(&self, column: usize) -> Result<&[u8], StoreError> {
        valid(self.optional(column)?)
    }

    fn i64(&self, column: usize) -> Result<i64, StoreError> {
        i64_of(self.get(column)?)
    }

    fn i32(&self, column: usize) -> Result<i32, StoreError> {
        Ok(i32::from_be_bytes(self.get(column)?.try_into().map_err(unreadable)?))
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        text(self.get(column)?)
    }
}

/// Of a prepared statement, and so binary.
impl Columns for PgRow {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        let value = self.try_get_raw(column).map_err(store_error)?;
        if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(unreadable) }
    }
}

impl Columns for CopiedRow<'_, COLUMNS> {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.columns[column])
    }
}

/// A row as an envelope. The columns are in the order in which every statement that reads has them.
fn envelope(row: &impl Columns, names: &mut Names) -> Result<Envelope, StoreError> {
    let version = u16::try_from(row.i32(4)?).unwrap_or(0);
    Ok(Envelope {
        position: valid(Position::new(row.i64(0)?))?,
        revision: valid(Revision::new(row.i64(1)?))?,
        recorded_at: valid(from_micros(row.i64(2)?))?,
        id: EventId(Uuid::from_slice(row.get(3)?).map_err(unreadable)?),
        schema_version: valid(SchemaVersion::new(version))?,
        stream: names.stream(row.text(5)?)?,
        event_type: names.event_type(row.text(6)?)?,
        metadata: match row.optional(7)? {
            None => Arc::clone(&names.no_metadata),
            Some(json) => Arc::new(Metadata::from_json(text(json)?).map_err(unreadable)?),
        },
        payload: Bytes::copy_from_slice(row.get(8)?).into(),
    })
}

fn i64_of(bytes: &[u8]) -> Result<i64, StoreError> {
    Ok(i64::from_be_bytes(bytes.try_into().map_err(unreadable)?))
}

fn text(bytes: &[u8]) -> Result<&str, StoreError> {
    str::from_utf8(bytes).map_err(unreadable)
}
