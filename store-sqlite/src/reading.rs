//! Streams of events, a bounded number of rows at a time.

use std::sync::Arc;

use annals_core::{Envelope, Envelopes, StoreError, StoreErrorKind, StreamId};
use annals_sql::Unpacked;
use async_stream::try_stream;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sqlx::{
    Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::sync::mpsc;

use crate::{
    append::json,
    error::store_error,
    row::{RowsRead, bytes, integer, payload},
    store::Shared,
};

const READ_STREAM: &str = include_str!("../sql/read_stream.sql");
const READ_LOG: &str = include_str!("../sql/read_log.sql");
const READ_PAYLOAD: &str = include_str!("../sql/read_payload.sql");
const READ_TYPES: &str = include_str!("../sql/read_types.sql");

/// How many rows the first page of a reading has at most: nearly all streams have no more.
const FIRST_PAGE: i64 = 256;

/// How many rows every further page has at most.
const PAGE: i64 = 1_024;

/// At how many bytes of payloads a page ends, whatever it was to have; and at a payload that its statement
/// has left out.
const PAGE_BYTES: usize = 1 << 20;

/// How many pages wait to be taken at most.
const PAGES_AHEAD: usize = 2;

/// What is to be read.
pub(crate) enum What {
    /// One stream, by revision.
    Stream(StreamId),
    /// The log, by position.
    Log,
    /// Events of so many types, by position; their names as JSON.
    Types { number: i64, names: String },
}

impl What {
    pub(crate) fn types<'t>(types: impl ExactSizeIterator<Item = &'t str>) -> Self {
        let number = i64::try_from(types.len()).unwrap_or(i64::MAX);
        Self::Types { number, names: json(&types.collect::<Vec<_>>()) }
    }

    /// How many rows to ask for, to get about `page`: of some types, so many of each.
    fn page(&self, page: i64) -> i64 {
        match self {
            Self::Stream(_) | Self::Log => page,
            Self::Types { number, .. } => (page / number.max(&1)).max(64),
        }
    }

    /// A query for what comes after one place, up to and with another.
    fn query(&self, after: i64, until: i64, page: i64) -> Query<'_, Sqlite, SqliteArguments> {
        match self {
            Self::Stream(stream) => {
                let query = sqlx::query(READ_STREAM).bind(stream.as_str());
                query.bind(after).bind(until).bind(page)
            }
            Self::Log => sqlx::query(READ_LOG).bind(after).bind(until).bind(page),
            Self::Types { names, .. } => {
                sqlx::query(READ_TYPES).bind(after).bind(until).bind(page - 1).bind(names.as_str())
            }
        }
    }

    /// Which column it is that `after` counts by.
    fn place(&self) -> usize {
        match self {
            Self::Stream(_) => 1,
            Self::Log | Self::Types { .. } => 0,
        }
    }

    /// The number of an event that is one more than that of the one before, if it has any.
    fn number(&self) -> Option<fn(&Envelope) -> i64> {
        match self {
            Self::Stream(_) => Some(|envelope| envelope.revision.get()),
            Self::Log => Some(|envelope| envelope.position.get()),
            Self::Types { .. } => None,
        }
    }
}

/// Everything after `after`, up to where it ended when the first row was read.
///
/// The first page is read here. If there is more, a task reads ahead, so that SQLite and whoever takes the
/// events work at the same time. A connection is held only while a page is read, however slowly its events
/// are taken: so a slow reader does not keep SQLite from tidying up its write-ahead log.
pub(crate) fn envelopes(shared: &Arc<Shared>, what: What, after: i64) -> Envelopes<'static> {
    let number = what.number();
    // Already here: who waited for this head takes all up to it for read when the reading ends.
    let promised = match what {
        What::Stream(_) => 0,
        What::Log | What::Types { .. } => shared.growth.now().head.get(),
    };
    let mut reader = Reader { shared: Arc::clone(shared), what, after, until: None, promised };
    let events = Unpacked::of(try_stream! {
        let mut page = reader.page(FIRST_PAGE).await?;
        let mut has_more = page.has_more;
        yield page.read();
        if has_more {
            let mut ahead = read_ahead(reader);
            while has_more {
                page = ahead.recv().await.unwrap_or_else(|| Err(cut_short()))?;
                has_more = page.has_more;
                yield page.read();
            }
        }
    });
    events.without_gaps(number, after).boxed()
}

/// Rows that were read together.
struct Page {
    rows: Vec<SqliteRow>,
    /// The payload of the last row, if that has it not itself.
    long: Option<Bytes>,
    /// Whether there may be another.
    has_more: bool,
}

impl Page {
    fn read(self) -> RowsRead {
        RowsRead { rows: self.rows.into_iter(), long: self.long }
    }
}

/// Reads what is left in a task, until nobody takes it any more.
fn read_ahead(mut reader: Reader) -> mpsc::Receiver<Result<Page, StoreError>> {
    let (send, receive) = mpsc::channel(PAGES_AHEAD);
    tokio::spawn(async move {
        // Once there is room for a page, so that it is not read for nobody.
        while let Ok(room) = send.reserve().await {
            let page = reader.page(PAGE).await;
            let is_last = !page.as_ref().is_ok_and(|page| page.has_more);
            room.send(page);
            if is_last {
                break;
            }
        }
    });
    receive
}

/// A reading on its way.
struct Reader {
    shared: Arc<Shared>,
    what: What,
    /// What was read last.
    after: i64,
    /// Where it ends, once that is known.
    until: Option<i64>,
    /// How far the log is at least, as this process heard before it began.
    promised: i64,
}

impl Reader {
    /// Fails if the log goes only so far, and was said to go further: by a transaction that is not
    /// committed, perhaps.
    fn check_reaches(&self, head: i64) -> Result<(), StoreError> {
        if head >= self.promised {
            return Ok(());
        }
        self.shared.growth.forget();
        let message = "the log is shorter than it was said to be";
        Err(StoreError::new(StoreErrorKind::Unavailable, message))
    }

    async fn page(&mut self, most: i64) -> Result<Page, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let until = match (self.until, &self.what) {
            (Some(until), _) => until,
            // The rows themselves say it.
            (None, What::Stream(_)) => i64::MAX,
            (None, _) => {
                let head = self.shared.head(lent.connection()).await?;
                self.check_reaches(head)?;
                *self.until.insert(head)
            }
        };
        let most = self.what.page(most);
        let mut stream = self.what.query(self.after, until, most).fetch(lent.connection());
        let (mut rows, mut all, mut left_out) = (Vec::new(), 0, None);
        while let Some(row) = stream.try_next().await.map_err(store_error)? {
            match payload(&row)? {
                Some(payload) => all += payload.len(),
                None => left_out = Some(integer(&row, 0)?),
            }
            rows.push(row);
            if all > PAGE_BYTES || left_out.is_some() {
                break;
            }
        }
        drop(stream);
        let long = match left_out {
            Some(position) => Some(read_payload(lent.connection(), position).await?),
            None => None,
        };
        lent.give_back();
        if let Some(last) = rows.last() {
            self.after = integer(last, self.what.place())?;
            if self.until.is_none() {
                self.until = Some(integer(last, ENDS)?);
            }
        }
        let is_cut = all > PAGE_BYTES || long.is_some();
        let is_full = is_cut || i64::try_from(rows.len()).is_ok_and(|read| read >= most);
        let has_more = is_full && self.until.is_some_and(|until| self.after < until);
        Ok(Page { rows, long, has_more })
    }
}

/// A payload that was left out of its row, since so many rows are read ahead.
async fn read_payload(
    connection: &mut SqliteConnection,
    position: i64,
) -> Result<Bytes, StoreError> {
    let query = sqlx::query(READ_PAYLOAD).bind(position);
    let row = query.fetch_one(connection).await.map_err(store_error)?;
    Ok(Bytes::copy_from_slice(bytes(&row, 0)?))
}

/// In which column `read_stream.sql` says how far the stream is.
const ENDS: usize = 9;

fn cut_short() -> StoreError {
    let message = "the runtime in which the log was read was shut down";
    StoreError::new(StoreErrorKind::Unavailable, message)
}
