//! Fresh logs on the server that `cargo xtask test` starts.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use annals_core::{EventStore, ModelTx, ReadModels, Snapshots};
use annals_postgres::{PgTx, PostgresSettings, PostgresStore};
use annals_testkit::conformance::ReadModelsFixture;
use sqlx::{PgConnection, Row};

use crate::sql::Sql;

/// The server's URL.
pub(crate) fn url() -> String {
    let advice = "no server to test on: run `cargo xtask test`, or give ANNALS_TEST_POSTGRES_URL";
    env::var("ANNALS_TEST_POSTGRES_URL").expect(advice)
}

/// A name for a schema, a database or a role that nobody has used yet.
pub(crate) fn fresh_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("test_{}_{number}", std::process::id())
}

/// Settings for a schema that nobody has used yet.
pub(crate) fn fresh_settings() -> PostgresSettings {
    PostgresSettings { schema: fresh_name(), ..PostgresSettings::default() }
}

/// The URL of a new database on the server, made with these options.
pub(crate) async fn fresh_database(options: &str) -> String {
    let name = fresh_name();
    let create = format!("CREATE DATABASE {name} TEMPLATE template0 {options}");
    Sql::connect(&url(), "public").await.run(&create).await;
    let (server, _) = url().rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    format!("{server}/{name}")
}

pub(crate) async fn open(settings: &PostgresSettings) -> PostgresStore {
    open_at(&url(), settings).await
}

pub(crate) async fn open_at(url: &str, settings: &PostgresSettings) -> PostgresStore {
    PostgresStore::open(url, settings.clone()).await.unwrap()
}

/// A plain connection to the server, to look at what is in a schema or to disturb it.
pub(crate) async fn connect(settings: &PostgresSettings) -> Sql {
    Sql::connect(&url(), &settings.schema).await
}

pub(crate) async fn log() -> Arc<dyn EventStore> {
    Arc::new(open(&fresh_settings()).await)
}

pub(crate) async fn snapshots() -> Arc<dyn Snapshots> {
    Arc::new(open(&fresh_settings()).await.snapshots())
}

/// Read models, and a table of the application's own in the same schema.
pub(crate) struct Fixture {
    store: PostgresStore,
    settings: PostgresSettings,
}

pub(crate) async fn read_models() -> Fixture {
    let settings = fresh_settings();
    Fixture::new(open(&settings).await, settings).await
}

impl Fixture {
    pub(crate) async fn new(store: PostgresStore, settings: PostgresSettings) -> Self {
        let create = "CREATE TABLE model (key text PRIMARY KEY, value text NOT NULL)";
        connect(&settings).await.run(create).await;
        Self { store, settings }
    }
}

impl ReadModelsFixture for Fixture {
    fn read_models(&self) -> Arc<dyn ReadModels> {
        Arc::new(self.store.read_models())
    }

    fn log(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(self.store.clone()))
    }

    async fn write(&self, tx: &mut dyn ModelTx, key: &str, value: &str) {
        let write = format!(
            "INSERT INTO {}.model VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            self.settings.schema
        );
        let write = sqlx::query(sqlx::AssertSqlSafe(write)).bind(key).bind(value);
        // Behind a pooler, no statement may be kept by the server under a name.
        write.persistent(false).execute(connection_of(tx)).await.unwrap();
    }

    async fn read(&self, key: &str) -> Option<String> {
        let read = sqlx::query("SELECT value FROM model WHERE key = $1").bind(key);
        let mut sql = connect(&self.settings).await;
        read.fetch_optional(sql.connection()).await.unwrap().map(|row| row.get(0))
    }
}

/// The connection of a transaction for read models.
pub(crate) fn connection_of(tx: &mut dyn ModelTx) -> &mut PgConnection {
    tx.as_any().downcast_mut::<PgTx>().unwrap().connection()
}
