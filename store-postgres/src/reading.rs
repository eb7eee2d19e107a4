//! Streams of events, a bounded number of rows at a time.

use std::{mem, sync::Arc};

use annals_core::{Envelope, Envelopes, StoreError, StoreErrorKind, StreamId};
use annals_sql::Unpacked;
use async_stream::try_stream;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{SqlStr, postgres::PgRow};
use tokio::sync::mpsc;

use crate::{
    connections::Query,
    copied::{self, copy_out},
    row::{COLUMNS, Columns, RowsRead, payload_bytes},
    statements::Statements,
    store::Shared,
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

/// The column that tells how far all of it goes, behind those of an event. Not all statements have it.
const ENDS: usize = COLUMNS;

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

    /// A query for what comes after one place, which also tells where all of it ends.
    fn query(&self, statements: &Statements, after: i64, page: i64) -> Query<'_> {
        let query = |statement: &SqlStr| sqlx::query(statement.clone());
        match self {
            Self::Stream(stream) => query(&statements.read_stream)
                .bind(stream.as_str())
                .bind(after)
                .bind(i64::MAX)
                .bind(page),
            Self::Log => query(&statements.read_log).bind(after).bind(i64::MAX).bind(page),
            Self::Types(types) => {
                query(&statements.read_types).bind(after).bind(i64::MAX).bind(page).bind(types)
            }
        }
    }

    /// A copy of what comes after one place, up to the one where all of it ended. Where nothing can be
    /// missing, rows do not tell again how far that is: that is a fifth of what a row costs the server.
    fn copy(&self, statements: &Statements, after: i64, until: i64, page: i64) -> SqlStr {
        let range = [after, until, page].map(copied::number).to_vec();
        let (query, arguments) = match self {
            Self::Stream(stream) => {
                let stream = vec![copied::text(stream.as_str())];
                (&statements.read_stream_page, [stream, range].concat())
            }
            Self::Log => (&statements.read_log_page, range),
            Self::Types(types) => {
                (&statements.read_types, [range, vec![copied::texts(types)]].concat())
            }
        };
        copy_out(query, &arguments)
    }

    /// Whether there is something at each place up to the last, so that nothing can be missing unseen.
    fn is_dense(&self) -> bool {
        !matches!(self, Self::Types(_))
    }

    /// The column with an event's place, by which `after` counts.
    fn place(&self) -> usize {
        match self {
            Self::Stream(_) => 1,
            Self::Log | Self::Types(_) => 0,
        }
    }

    /// The number of an event that is one more than that of the one before, if it has any.
    fn number(&self) -> Option<fn(&Envelope) -> i64> {
        match self {
            Self::Stream(_) => Some(|envelope| envelope.revision.get()),
            Self::Log => Some(|envelope| envelope.position.get()),
            Self::Types(_) => None,
        }
    }
}

/// Everything after `after`, up to where it ended when the first row was read.
///
/// What fits into the first page is read here, by a prepared statement. For more than that a task reads
/// ahead: the database, the driver and whoever takes the events then work at the same time, and a
/// connection is held only while a page is on its way, however slowly its events are taken.
pub(crate) fn envelopes(shared: &Arc<Shared>, what: What, after: i64) -> Envelopes<'static> {
    let number = what.number();
    let (until, has_more) = (i64::MAX, true);
    // Already here: who waited for this head takes all up to it for read when the reading ends.
    let promised = match what {
        What::Stream(_) => 0,
        What::Log | What::Types(_) => shared.growth.now().head.get(),
    };
    let (shared, page) = (Arc::clone(shared), PAGE);
    let mut reader = Reader { shared, what, after, until, promised, has_more, page };
    let events = Unpacked::of(try_stream! {
        {
            let mut page = reader.first_page();
            while let Some(rows) = page.try_next().await? {
                yield RowsRead::selected(rows);
            }
        }
        if reader.has_more {
            let mut ahead = reader.read_ahead();
            loop {
                let rows = ahead.recv().await.unwrap_or_else(|| Err(cut_short()))?;
                if rows.is_empty() {
                    break;
                }
                yield RowsRead::copied(rows);
            }
        }
    });
    events.without_gaps(number, after).boxed()
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
    fn first_page(&mut self) -> Chunks<'_, Vec<PgRow>> {
        let chunks = try_stream! {
            let Shared { reading, statements, .. } = &*self.shared;
            let mut lent = reading.lend().await?;
            let (is_kept, page) = (lent.keeps_statements(), self.what.page(FIRST_PAGE));
            let query = self.what.query(statements, self.after, page).persistent(is_kept);
            let mut rows = query.fetch(lent.connection());
            let (mut chunk, mut bytes, mut all, mut read) = (Vec::new(), 0, 0, 0);
            while let Some(row) = reading.next(&mut rows).await? {
                if read == 0 {
                    self.until = row.i64(ENDS)?;
                    self.check_reaches(self.until, self.promised)?;
                }
                if row.optional(0)?.is_none() {
                    continue; // There are none of these types.
                }
                self.after = row.i64(self.what.place())?;
                read += 1;
                bytes += payload_bytes(&row)?;
                all += payload_bytes(&row)?;
                chunk.push(row);
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
            let (place, page) = (self.what.place(), self.what.page(self.page));
            let copy = self.what.copy(statements, self.after, self.until, page);
            let mut messages = reading.within(lent.connection().copy_out_raw(copy.as_str())).await?;
            let (mut chunk, mut all, mut read, mut is_first) = (empty_chunk(), 0, 0, true);
            while let Some(message) = reading.next(&mut messages).await? {
                let row = copied::rows(&message, mem::take(&mut is_first))?;
                if row.is_empty() {
                    continue;
                }
                if !self.what.is_dense() && let Some(ends) = row.last_chunk() {
                    self.check_reaches(i64::from_be_bytes(*ends), self.until)?;
                }
                let Some(at) = copied::leading_number(row, place)? else {
                    continue; // There are no more of these types.
                };
                self.after = at;
                read += 1;
                all += row.len();
                chunk.extend_from_slice(row);
                if chunk.len() > CHUNK {
                    yield mem::replace(&mut chunk, empty_chunk());
                }
            }
            drop(messages);
            lent.give_back().await?;
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
        if has_ended && self.what.is_dense() {
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

/// With room for as much as is passed on together, so that it need not grow.
fn empty_chunk() -> Vec<u8> {
    Vec::with_capacity(CHUNK + CHUNK / 8)
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
