//! Clients that go by hand: prepared statements, on connections of their own unless they say otherwise.

mod group;

use sqlx::{
    PgConnection, PgPool, Postgres, Row as _, postgres::PgArguments, postgres::PgPoolOptions,
};
use uuid::Uuid;

pub(crate) use group::Grouped;

use crate::{
    account::{AccountEvent, deposited, new_event, read_by_hand},
    crowd::Client,
    streams::Streams,
};

const INSERT_EVENT: &str = include_str!("../../sql/insert_event.sql");
const INSERT_NUMBERED_EVENT: &str = include_str!("../../sql/insert_numbered_event.sql");
const READ_HEAD: &str = include_str!("../../sql/read_head.sql");
const FIND_LAST_EVENT: &str = include_str!("../../sql/find_last_event.sql");
const INSERT_NEXT_EVENT: &str = include_str!("../../sql/insert_next_event.sql");

type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// An event as its row will have it, but for position and revision.
pub(crate) struct Written {
    id: Uuid,
    version: i32,
    stream: String,
    event_type: String,
    metadata: Option<String>,
    payload: Vec<u8>,
}

impl Written {
    pub(crate) fn of(stream: &str, event: &AccountEvent) -> Self {
        let event = new_event(event);
        Self {
            id: event.id().0,
            version: event.schema_version().get().into(),
            stream: format!("account:{stream}"),
            event_type: event.event_type().to_string(),
            metadata: None,
            payload: event.payload().as_bytes().to_vec(),
        }
    }

    fn bind(self, query: Query<'_>) -> Query<'_> {
        query
            .bind(self.id)
            .bind(self.version)
            .bind(self.stream)
            .bind(self.event_type)
            .bind(self.metadata)
            .bind(self.payload)
    }
}

/// Inserts one event after the other, and counts the positions by itself.
pub(crate) struct Alone {
    connection: PgConnection,
    streams: Streams,
    head: i64,
}

impl Alone {
    pub(crate) async fn new(mut connection: PgConnection) -> Self {
        let head = read_head(&mut connection).await;
        Self { connection, streams: Streams::of("alone"), head }
    }
}

/// From where on one counts who gives out positions alone.
async fn read_head(connection: &mut PgConnection) -> i64 {
    sqlx::query_scalar(READ_HEAD).fetch_one(connection).await.expect("it can be asked")
}

impl Client for Alone {
    async fn once(&mut self) {
        let (stream, revision) = self.streams.next();
        self.head += 1;
        let query = sqlx::query(INSERT_EVENT).bind(self.head).bind(revision);
        let query = Written::of(&stream, &deposited(revision.unsigned_abs())).bind(query);
        query.execute(&mut self.connection).await.expect("nothing is in the way");
    }
}

/// Inserts one event after the other, beside others who do so too.
pub(crate) struct Inserter {
    connection: PgConnection,
    streams: Streams,
}

impl Inserter {
    pub(crate) fn new(connection: PgConnection, streams: Streams) -> Self {
        Self { connection, streams }
    }
}

impl Client for Inserter {
    async fn once(&mut self) {
        let query = insert_numbered(&mut self.streams);
        query.execute(&mut self.connection).await.expect("nothing is in the way");
    }
}

/// The same, over a connection of a pool.
pub(crate) struct Pooled {
    pool: PgPool,
    streams: Streams,
}

impl Pooled {
    pub(crate) fn new(pool: PgPool, streams: Streams) -> Self {
        Self { pool, streams }
    }
}

impl Client for Pooled {
    async fn once(&mut self) {
        let query = insert_numbered(&mut self.streams);
        query.execute(&self.pool).await.expect("nothing is in the way");
    }
}

/// A pool as the driver has it by default, but for its size.
pub(crate) async fn pool(url: &str, connections: u32) -> PgPool {
    let options = PgPoolOptions::new().max_connections(connections);
    options.connect(url).await.expect("the server can be connected to")
}

fn insert_numbered<'q>(streams: &mut Streams) -> Query<'q> {
    let (stream, revision) = streams.next();
    let query = sqlx::query(INSERT_NUMBERED_EVENT).bind(revision);
    Written::of(&stream, &deposited(revision.unsigned_abs())).bind(query)
}

/// Inserts into one stream, behind its last event, and tries again if others were first.
pub(crate) struct Optimist {
    connection: PgConnection,
}

impl Optimist {
    pub(crate) fn new(connection: PgConnection) -> Self {
        Self { connection }
    }

    /// Whether nobody else was first.
    async fn try_once(&mut self) -> bool {
        let find = sqlx::query(FIND_LAST_EVENT).bind("account:hot");
        let last = find.fetch_optional(&mut self.connection).await.expect("it can be asked");
        let revision: i64 = last.as_ref().map_or(0, |last| last.get(0));
        if let Some(last) = &last {
            std::hint::black_box(read_by_hand(last.get(1), last.get(2)));
        }
        let query = sqlx::query(INSERT_NEXT_EVENT).bind(revision);
        let query = Written::of("hot", &deposited(revision.unsigned_abs())).bind(query);
        match query.execute(&mut self.connection).await {
            Ok(_) => true,
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => false,
            Err(error) => panic!("nothing else is in the way: {error}"),
        }
    }
}

impl Client for Optimist {
    async fn once(&mut self) {
        while !self.try_once().await {}
    }
}
