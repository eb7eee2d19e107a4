//! The same by hand, on a connection of one's own.

use std::{hint::black_box, path::Path};

use annals::{Clock as _, EventId, Fold as _, SystemClock};
use futures::{Stream, StreamExt, TryStreamExt};
use sqlx::{
    ConnectOptions, Row as _, Sqlite, SqliteConnection,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous,
    },
};
use uuid::Uuid;

use crate::{
    account::{Account, AccountEvent, deposited, new_event, read_by_hand},
    crowd::Client,
    streams::Streams,
};

const CREATE_RAW: &str = include_str!("../../sql/sqlite/create_raw.sql");
const INSERT_EVENT: &str = include_str!("../../sql/sqlite/insert_event.sql");
const READ_HEAD: &str = include_str!("../../sql/sqlite/read_head.sql");
const FILL_LOG: &str = include_str!("../../sql/sqlite/fill_log.sql");
const ANALYZE: &str = include_str!("../../sql/sqlite/analyze.sql");
const SELECT_STREAM: &str = include_str!("../../sql/sqlite/select_stream.sql");
const SELECT_LOG: &str = include_str!("../../sql/sqlite/select_log.sql");
const SELECT_TYPE: &str = include_str!("../../sql/sqlite/select_type.sql");

/// How many events go together.
pub(super) const BATCH: f64 = 64.0;

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// A connection with the settings that the store has.
pub(crate) async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging();
    options.connect().await.expect("the file can be opened")
}

pub(super) async fn create(path: &Path) {
    run(&mut connect(path).await, CREATE_RAW).await;
}

/// Fills the log, which is empty, with so many events in so many streams.
pub(super) async fn fill(log: &Path, events: i64, streams: i64) {
    let mut connection = connect(log).await;
    let fill = sqlx::query(FILL_LOG).bind(events).bind(streams).execute(&mut connection).await;
    fill.expect("the log can be filled");
    run(&mut connection, ANALYZE).await;
}

async fn run(connection: &mut SqliteConnection, statements: &'static str) {
    let run = sqlx::raw_sql(statements).execute(connection).await;
    run.expect("SQLite does what it is told");
}

/// Whoever writes the table of the raw ways, and counts its positions.
struct Writer {
    connection: SqliteConnection,
    streams: Streams,
    head: i64,
}

impl Writer {
    async fn new(path: &Path, owner: &str) -> Self {
        let mut connection = connect(path).await;
        let head = sqlx::query_scalar(READ_HEAD).fetch_one(&mut connection).await;
        // No two that write one after the other write to the same streams.
        let head = head.expect("it can be asked");
        Self { connection, streams: Streams::of(format!("{owner}-{head}")), head }
    }

    /// A query with the next event.
    fn bind<'q>(&mut self, query: Query<'q>) -> Query<'q> {
        let (stream, revision) = self.streams.next();
        let event = new_event(&deposited(revision.unsigned_abs()));
        self.head += 1;
        query
            .bind(self.head)
            .bind(revision)
            .bind(SystemClock.now().as_micros())
            .bind(event.id().0.into_bytes().to_vec())
            .bind(event.schema_version().get())
            .bind(format!("account:{stream}"))
            .bind(event.event_type().to_string())
            .bind(None::<String>)
            .bind(event.payload().as_bytes().to_vec())
    }
}

/// Inserts one event after the other.
pub(super) struct Alone(Writer);

impl Alone {
    pub(super) async fn new(path: &Path) -> Self {
        Self(Writer::new(path, "alone").await)
    }
}

impl Client for Alone {
    async fn once(&mut self) {
        let insert = self.0.bind(sqlx::query(INSERT_EVENT));
        insert.execute(&mut self.0.connection).await.expect("nothing is in the way");
    }
}

/// Inserts 64 events at once, by one statement with a row of arguments for each.
pub(super) struct Batches {
    writer: Writer,
    statement: &'static str,
}

impl Batches {
    pub(super) async fn new(path: &Path) -> Self {
        let row = "(?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let rows = [row; 64].join(", ");
        let statement = INSERT_EVENT.trim_end().replace(row, &rows).leak();
        Self { writer: Writer::new(path, "batches").await, statement }
    }
}

impl Client for Batches {
    async fn once(&mut self) {
        let query = (0..64).fold(sqlx::query(self.statement), |query, _| self.writer.bind(query));
        query.execute(&mut self.writer.connection).await.expect("nothing is in the way");
    }
}

/// What an envelope tells.
#[expect(dead_code, reason = "made, as ours is, and not looked at")]
struct Recorded {
    position: i64,
    revision: i64,
    recorded_at: i64,
    id: EventId,
    version: i64,
    stream: String,
    event_type: String,
    metadata: Option<String>,
    event: AccountEvent,
}

/// How many events a stream has, which were folded into a state.
pub(super) async fn load(connection: &mut SqliteConnection, stream: &str) -> u64 {
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
pub(super) async fn read_log(connection: &mut SqliteConnection) -> u64 {
    count(sqlx::query(SELECT_LOG).fetch(connection)).await
}

/// How many events are of one type, each of which was read.
pub(super) async fn read_type(connection: &mut SqliteConnection, name: &str) -> u64 {
    count(sqlx::query(SELECT_TYPE).bind(name).fetch(connection)).await
}

async fn count(mut rows: impl Stream<Item = Result<SqliteRow, sqlx::Error>> + Unpin) -> u64 {
    let mut read = 0;
    while let Some(row) = rows.next().await {
        black_box(recorded(&row.expect("it can be read")));
        read += 1;
    }
    read
}

fn recorded(row: &SqliteRow) -> Recorded {
    let event_type: &str = row.get(6);
    Recorded {
        position: row.get(0),
        revision: row.get(1),
        recorded_at: row.get(2),
        id: EventId(Uuid::from_slice(row.get(3)).expect("16 bytes")),
        version: row.get(4),
        stream: row.get(5),
        event_type: event_type.to_owned(),
        metadata: row.get(7),
        event: read_by_hand(event_type, row.get(8)),
    }
}
