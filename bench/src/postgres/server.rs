//! A private server, set up as one would for production.

use std::sync::Arc;

use annals::EventStore;
use annals_postgres::{PostgresSettings, PostgresStore};
use annals_test_postgres::{Binaries, Server};
use sqlx::{Connection, PgConnection};

use crate::progress;

const CREATE_RAW: &str = include_str!("../../sql/create_raw.sql");
const CHECKPOINT: &str = include_str!("../../sql/checkpoint.sql");
const FILL_LOG: &str = include_str!("../../sql/fill_log.sql");
const ANALYZE: &str = include_str!("../../sql/analyze.sql");

/// What is not as PostgreSQL has it. `fsync` is on, as it is there.
const SETTINGS: [(&str, &str); 3] =
    [("shared_buffers", "512MB"), ("max_wal_size", "8GB"), ("max_connections", "200")];

/// A server with an empty log, and beside it the tables of the raw ways.
pub(crate) struct Bed {
    url: String,
    store: Arc<dyn EventStore>,
    admin: PgConnection,
    _server: Server,
}

impl Bed {
    pub(crate) async fn new() -> Self {
        let binaries = Binaries::find().expect("PostgreSQL is installed");
        let server = Server::start(&binaries, &SETTINGS).expect("a private server starts");
        let url = server.url("postgres");
        let store = Arc::new(open(&url).await);
        let mut admin = connect(&url).await;
        let created = sqlx::raw_sql(CREATE_RAW).execute(&mut admin).await;
        created.expect("the tables of the raw ways can be made");
        Self { url, store, admin, _server: server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    /// A connection of one's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        connect(&self.url).await
    }

    /// Writes out what is still in memory, so that no round pays for the one before it.
    pub(crate) async fn checkpoint(&mut self) {
        self.run(CHECKPOINT).await;
    }

    /// Has the server learn what is in the tables, and clean up in them.
    pub(crate) async fn analyze(&mut self) {
        self.run(ANALYZE).await;
        self.checkpoint().await;
    }

    /// Fills the log, which is empty, with so many events in so many streams.
    pub(crate) async fn fill(&mut self, events: i64, streams: i64) {
        const AT_ONCE: i64 = 1_000_000;
        let mut filled = 0;
        while filled < events {
            let until = events.min(filled + AT_ONCE);
            let fill = sqlx::query(FILL_LOG).bind(filled).bind(until).bind(streams);
            fill.execute(&mut self.admin).await.expect("the log can be filled");
            filled = until;
            progress(&format!("  filled with {filled} of {events} events"));
        }
        self.analyze().await;
    }

    async fn run(&mut self, statements: &'static str) {
        let run = sqlx::raw_sql(statements).execute(&mut self.admin).await;
        run.expect("the server does what it is told");
    }
}

/// The store, as an application opens it.
pub(crate) async fn open(url: &str) -> PostgresStore {
    PostgresStore::open(url, PostgresSettings::default()).await.expect("the log can be opened")
}

pub(crate) async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server can be connected to")
}
