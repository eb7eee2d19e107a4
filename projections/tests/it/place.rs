//! Where a test takes place: a log, and read models beside it.

use std::{
    env, fs,
    path::Path,
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use annals_core::{Clock, EventStore, ReadModels, SystemClock};
use annals_memory::MemoryStore;
use annals_postgres::{PostgresSettings, PostgresStore};
use annals_projections::{Operator, Rows, Runner, RunnerSettings, View};
use annals_sqlite::{SqliteSettings, SqliteStore};

use crate::balances::quick;

#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) models: Arc<dyn ReadModels>,
    kind: Kind,
}

/// How to get there.
#[derive(Clone)]
enum Kind {
    Memory,
    Sqlite(String),
    Postgres(String),
}

/// One that no other test has, in this process or another.
pub(crate) fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("projections_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Place {
    pub(crate) fn in_memory() -> Self {
        Self::by(Arc::new(SystemClock))
    }

    /// In memory, with a clock of one's own.
    pub(crate) fn by(clock: Arc<dyn Clock>) -> Self {
        let store = MemoryStore::new(clock);
        let models = Arc::new(store.read_models());
        Self { log: Arc::new(store), models, kind: Kind::Memory }
    }

    /// In a new file.
    pub(crate) async fn in_sqlite() -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique());
        let _ = fs::remove_dir_all(&directory); // Of an earlier process of that number.
        Self::of(Kind::Sqlite(format!("sqlite://{}/log.db", directory.display()))).await
    }

    /// In a new schema of the server that the tests are given.
    pub(crate) async fn in_postgres() -> Self {
        let advice =
            "no server to test on: run `cargo xtask test`, or give ANNALS_TEST_POSTGRES_URL";
        let url = env::var("ANNALS_TEST_POSTGRES_URL").expect(advice);
        let separator = if url.contains('?') { '&' } else { '?' };
        Self::of(Kind::Postgres(format!("{url}{separator}schema={}", unique()))).await
    }

    /// The same place on connections of its own, as another process comes to it. In memory there is but one.
    pub(crate) async fn again(&self) -> Self {
        match &self.kind {
            Kind::Memory => self.clone(),
            kind => Self::of(kind.clone()).await,
        }
    }

    /// The same place, with another log before it.
    pub(crate) fn with_log(&self, log: Arc<dyn EventStore>) -> Self {
        Self { log, ..self.clone() }
    }

    /// The same place, with other read models before it.
    pub(crate) fn with_models(&self, models: Arc<dyn ReadModels>) -> Self {
        Self { models, ..self.clone() }
    }

    async fn of(kind: Kind) -> Self {
        match &kind {
            Kind::Memory => Self::in_memory(),
            Kind::Sqlite(url) => {
                let store = SqliteStore::open(url, SqliteSettings::default()).await.unwrap();
                let models = Arc::new(store.read_models());
                Self { log: Arc::new(store), models, kind }
            }
            Kind::Postgres(url) => {
                // A server has 100 connections, and there are several tests and processes at a time.
                let settings = PostgresSettings { connections: 4, ..PostgresSettings::default() };
                let store = PostgresStore::open(url, settings).await.unwrap();
                let models = Arc::new(store.read_models());
                Self { log: Arc::new(store), models, kind }
            }
        }
    }

    pub(crate) fn rows<V: View>(&self) -> Rows<V> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Rows::new(Arc::clone(&self.log), Arc::clone(&self.models), clock)
    }

    pub(crate) fn operator(&self) -> Operator {
        Operator::new(Arc::clone(&self.log), Arc::clone(&self.models))
    }

    pub(crate) fn runner<V: View>(&self) -> Runner {
        self.rows::<V>().runner().with_settings(swift())
    }
}

/// Pauses that are over soon, and leases too.
pub(crate) fn swift() -> RunnerSettings {
    RunnerSettings { lease: std::time::Duration::from_millis(300), attempts: 2, ..quick() }
}

/// Runs each of these tests in memory, on SQLite and on PostgreSQL.
macro_rules! everywhere {
    ($($test:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::place::Place::in_memory()).await;
            })+
        }
        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::place::Place::in_sqlite().await).await;
            })+
        }
        mod in_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::place::Place::in_postgres().await).await;
            })+
        }
    };
}
pub(crate) use everywhere;
