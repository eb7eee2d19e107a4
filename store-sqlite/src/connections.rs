//! Connections that are kept for the next who needs one.
//!
//! One on which something was begun and not ended is never used again (ADR 13).

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::too_late;
use sqlx::{
    AssertSqlSafe, ConnectOptions, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{
    error::{is_busy, store_error},
    location::Location,
    settings::{SqliteSettings, Synchronous},
};

const BEGIN: &str = include_str!("../sql/begin.sql");
const COMMIT: &str = include_str!("../sql/commit.sql");

/// How long SQLite itself waits for a lock to write by. It looks again after 1, 2, 5, 10 ms and then ever
/// more seldom, up to 100 ms, and a process that writes without pause leaves it little to hit. Asked
/// anew, it begins anew with 1 ms.
const PATIENCE_OF_SQLITE: Duration = Duration::from_millis(5);

/// After how long somebody who keeps a writer waiting is worth a warning, and again after as long.
const WORTH_A_WARNING: Duration = Duration::from_secs(1);

/// To what size the write-ahead log is cut back when it was larger, in bytes.
const WAL_BYTES: &str = "67108864";

/// How many rows SQLite reads ahead of who takes them.
const ROWS_AHEAD: usize = 64;

/// How many prepared statements a connection keeps; there are fewer of ours.
const STATEMENTS: usize = 64;

/// Connections to one database, at most so many. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    options: SqliteConnectOptions,
    /// For how long SQLite itself waits for a lock, once connected, in milliseconds.
    patience: u128,
    busy_timeout: Duration,
    timeout: Duration,
    permits: Arc<Semaphore>,
    /// Those that nobody uses.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Connections {
    /// Those that only read.
    pub(crate) fn to_read(location: &Location, settings: &SqliteSettings) -> Self {
        let options = options(location, settings).pragma("query_only", "ON");
        Self::new(options, settings.busy_timeout, settings, settings.connections)
    }

    /// The one that writes.
    pub(crate) fn to_write(location: &Location, settings: &SqliteSettings) -> Self {
        let patience = match location {
            Location::File(_) => PATIENCE_OF_SQLITE.min(settings.busy_timeout),
            // Here who commits waits for those who read.
            Location::Memory(_) => settings.busy_timeout,
        };
        Self::new(options(location, settings), patience, settings, 1)
    }

    fn new(
        options: SqliteConnectOptions,
        patience: Duration,
        settings: &SqliteSettings,
        number: usize,
    ) -> Self {
        let shared = Shared {
            options,
            patience: patience.as_millis(),
            busy_timeout: settings.busy_timeout,
            timeout: settings.timeout,
            permits: Arc::new(Semaphore::new(number)),
            idle: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A connection to use alone. Who asked first gets it first.
    pub(crate) async fn lend(&self) -> Result<Lent, StoreError> {
        let patience = self.shared.timeout;
        let permit = Arc::clone(&self.shared.permits).acquire_owned();
        let permit = timeout(patience, permit).await;
        let permit =
            permit.map_err(|_| too_late("to get a connection to the database", patience))?;
        let permit = permit.expect("these permits are never closed");
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lent { connection, home: self.clone(), permit })
    }

    /// A connection on which a transaction is open that may write, as soon as no other process has one.
    pub(crate) async fn begin(&self) -> Result<Lent, StoreError> {
        let mut lent = self.lend().await?;
        let patience = self.shared.busy_timeout;
        let begin = Instant::now();
        let mut warned = Duration::ZERO;
        loop {
            let begun = sqlx::query(BEGIN).execute(lent.connection()).await;
            let error = match begun {
                Err(error) if is_busy(&error) => error,
                begun => return begun.map(|_| lent).map_err(store_error),
            };
            let waited = begin.elapsed();
            if waited >= patience {
                let message = format!("another process has kept the file locked for {patience:?}");
                return Err(StoreError::because(StoreErrorKind::Unavailable, message, error));
            }
            if waited >= warned + WORTH_A_WARNING {
                warned = waited;
                tracing::warn!(?waited, "another process keeps the file locked");
            }
        }
    }

    /// A connection that is none of those that are kept.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let mut connection = self.shared.options.connect().await.map_err(store_error)?;
        // Only now, since who opens a file may have to wait until another has put it in order.
        let patience = AssertSqlSafe(format!("PRAGMA busy_timeout = {}", self.shared.patience));
        sqlx::raw_sql(patience).execute(&mut connection).await.map_err(store_error)?;
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn options(location: &Location, settings: &SqliteSettings) -> SqliteConnectOptions {
    let options = match location {
        Location::File(path) => SqliteConnectOptions::new().filename(path),
        Location::Memory(name) => {
            SqliteConnectOptions::new().filename(Path::new(name)).vfs("memdb")
        }
    };
    let synchronous = match settings.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    options
        .create_if_missing(settings.migrate)
        .busy_timeout(settings.busy_timeout)
        .synchronous(synchronous)
        .pragma("journal_size_limit", WAL_BYTES)
        .row_buffer_size(ROWS_AHEAD)
        .statement_cache_capacity(STATEMENTS)
        .thread_name(|number| format!("annals-sqlite-{number}"))
        .disable_statement_logging()
}

/// A connection that is used by one alone. Unless it is [given back](Self::give_back), it is closed: that
/// ends whatever was begun on it.
pub(crate) struct Lent {
    connection: SqliteConnection,
    home: Connections,
    permit: OwnedSemaphorePermit,
}

impl Lent {
    /// What to ask statements on.
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Commits what was begun, and leaves the connection to whoever is next.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        sqlx::query(COMMIT).execute(&mut self.connection).await.map_err(store_error)?;
        self.give_back();
        Ok(())
    }

    /// Leaves the connection to whoever is next.
    pub(crate) fn give_back(self) {
        self.home.idle().push(self.connection);
        drop(self.permit);
    }
}
