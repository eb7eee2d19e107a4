//! Reading by hand: the same columns, the same content.

use std::hint::black_box;

use annals::Fold as _;
use futures::{StreamExt, TryStreamExt};
use sqlx::{PgConnection, Row as _, ValueRef, postgres::PgRow};
use uuid::Uuid;

use crate::account::{Account, AccountEvent, read_by_hand};

const SELECT_STREAM: &str = include_str!("../../../sql/select_stream.sql");
const SELECT_LOG: &str = include_str!("../../../sql/select_log.sql");
const SELECT_TYPE: &str = include_str!("../../../sql/select_type.sql");
const COPY_LOG: &str = include_str!("../../../sql/copy_log.sql");

/// What an envelope tells.
#[expect(dead_code, reason = "made, as ours is, and not looked at")]
struct Recorded {
    position: i64,
    revision: i64,
    recorded_at: i64, // microseconds since 2000
    id: Uuid,
    version: i32,
    stream: String,
    event_type: String,
    metadata: Option<String>,
    event: AccountEvent,
}

/// How many events a stream has, which were folded into a state.
pub(super) async fn load(connection: &mut PgConnection, stream: &str) -> u64 {
    let (mut account, mut folded) = (Account::default(), 0);
    let mut rows = sqlx::query(SELECT_STREAM).bind(stream).fetch(connection);
    while let Some(row) = rows.try_next().await.expect("it can be read") {
        let recorded = recorded(&row);
        account.evolve(&recorded.event);
        black_box(recorded);
        folded += 1;
    }
    black_box(account);
    folded
}

/// How many events are in the log, each of which was read.
pub(super) async fn read_log(connection: &mut PgConnection) -> u64 {
    count(sqlx::query(SELECT_LOG).fetch(connection)).await
}

/// How many events are of one type, each of which was read.
pub(super) async fn read_type(connection: &mut PgConnection, name: &str) -> u64 {
    count(sqlx::query(SELECT_TYPE).bind(name).fetch(connection)).await
}

async fn count(mut rows: impl futures::Stream<Item = Result<PgRow, sqlx::Error>> + Unpin) -> u64 {
    let mut read = 0;
    while let Some(row) = rows.next().await {
        black_box(recorded(&row.expect("it can be read")));
        read += 1;
    }
    read
}

fn recorded(row: &PgRow) -> Recorded {
    let bytes = |column: usize| {
        let value = row.try_get_raw(column).expect("there is such a column");
        (!value.is_null()).then(|| value.as_bytes().expect("it is not null"))
    };
    let event_type: &str = row.get(6);
    Recorded {
        position: row.get(0),
        revision: row.get(1),
        recorded_at: bytes(2).map_or(0, |bytes| i64::from_be_bytes(array(bytes))),
        id: row.get(3),
        version: row.get(4),
        stream: row.get(5),
        event_type: event_type.to_owned(),
        metadata: bytes(7).map(text),
        event: read_by_hand(event_type, row.get(8)),
    }
}

/// As [`read_log`], without a protocol of questions and answers.
///
/// Source of the format: PostgreSQL's manual, COPY, "Binary Format".
pub(super) async fn copy_log(connection: &mut PgConnection) -> u64 {
    const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
    /// Flags and the length of an extension, of which there is none.
    const HEADER: usize = SIGNATURE.len() + 8;

    let mut chunks = connection.copy_out_raw(COPY_LOG).await.expect("it can be read");
    let mut read = 0;
    // Each chunk is a row; the header stands before the first, and the last says there are no more.
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.expect("it can be read");
        let row = if chunk.starts_with(SIGNATURE) { &chunk[HEADER..] } else { &chunk[..] };
        if let [0, 9, fields @ ..] = row {
            black_box(copied(fields));
            read += 1;
        }
    }
    read
}

fn copied(mut fields: &[u8]) -> Recorded {
    let mut next = || {
        let (length, rest) = fields.split_at(4);
        let length = usize::try_from(i32::from_be_bytes(array(length))).ok();
        let (field, rest) = rest.split_at(length.unwrap_or(0));
        fields = rest;
        length.map(|_| field)
    };
    let mut given = || next().expect("only metadata may be null");
    let position = i64::from_be_bytes(array(given()));
    let revision = i64::from_be_bytes(array(given()));
    let recorded_at = i64::from_be_bytes(array(given()));
    let id = Uuid::from_bytes(array(given()));
    let version = i32::from_be_bytes(array(given()));
    let stream = text(given());
    let event_type = text(given());
    let metadata = next().map(text);
    let event = read_by_hand(&event_type, next().expect("only metadata may be null"));
    Recorded { position, revision, recorded_at, id, version, stream, event_type, metadata, event }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the column is that wide")
}

fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).expect("the database has text in UTF-8 only").to_owned()
}
