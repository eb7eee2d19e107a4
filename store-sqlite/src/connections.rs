//! Connections that are kept for the next who needs one.
//!
//! One on which something was begun and not ended is never used again (ADR 13).

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::too_late;
use sqlx::{
    ConnectOptions, SqliteConnection,
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
const RESTART_WAL: &str = include_str!("../sql/restart_wal.sql");
const COMMIT: &str = include_str!("../sql/commit.sql");

/// How long SQLite itself waits for a lock to write by. It looks again after 1, 2, 5, 10 ms and then ever
/// more seldom, up to 100 ms, and a process that writes without pause leaves it little to hit. Asked
/// anew, it begins anew with 1 ms.
const PATIENCE_OF_SQLITE: Duration = Duration::from_millis(5);

/// After how long somebody who keeps a writer waiting is worth a warning, and again after as long.
const WORTH_A_WARNING: Duration = Duration::from_secs(1);

/// From what size on the write-ahead log is begun anew before the next transaction, and to what size it is
/// cut back then, in bytes. SQLite does so by itself only when nobody happens to read: where some always do,
/// never.
const WAL_BYTES: u64 = 16 << 20;

/// After how many transactions to look how long that is. To ask the file system takes a third of the time of
/// an append: it answers only when it is done with writing to the file.
const TURNS_BETWEEN_LOOKS: usize = 64;

/// How many rows SQLite reads ahead of who takes them: of 64 KiB at most, as the statements see to. With
/// 8, reading takes twice as long.
const ROWS_AHEAD: usize = 64;

/// How many prepared statements a connection keeps: all of ours, and some more about each of many views.
const STATEMENTS: usize = 256;

/// Connections to one database, at most so many. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    options: SqliteConnectOptions,
    /// The write-ahead log, where there is one.
    wal: Option<PathBuf>,
    /// How often a connection was lent to write by.
    turns: AtomicUsize,
    busy_timeout: Duration,
    timeout: Duration,
    permits: Arc<Semaphore>,
    /// Those that nobody uses.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Connections {
    /// Those that only read.
    pub(crate) fn to_read(location: &Location, settings: &SqliteSettings) -> Self {
        let options = options(location, settings).busy_timeout(settings.busy_timeout);
        Self::new(options.pragma("query_only", "ON"), None, settings, settings.connections)
    }

    /// The one that writes.
    pub(crate) fn to_write(location: &Location, settings: &SqliteSettings) -> Self {
        let (patience, wal) = match location {
            Location::File(path) => {
                (PATIENCE_OF_SQLITE.min(settings.busy_timeout), Some(wal(path)))
            }
            // Here who commits waits for those who read.
            Location::Memory(_) => (settings.busy_timeout, None),
        };
        Self::new(options(location, settings).busy_timeout(patience), wal, settings, 1)
    }

    fn new(
        options: SqliteConnectOptions,
        wal: Option<PathBuf>,
        settings: &SqliteSettings,
        number: usize,
    ) -> Self {
        let shared = Shared {
            options,
            wal,
            turns: AtomicUsize::new(0),
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

    /// A connection to write by.
    pub(crate) async fn lend_to_write(&self) -> Result<Lent, StoreError> {
        let mut lent = self.lend().await?;
        if self.wal_is_long() {
            // If somebody is still reading what is in it, there is a next time.
            let _ = sqlx::query(RESTART_WAL).execute(lent.connection()).await;
        }
        Ok(lent)
    }

    /// One on which a transaction is open.
    pub(crate) async fn begin(&self) -> Result<Lent, StoreError> {
        let mut lent = self.lend_to_write().await?;
        lent.begin().await?;
        Ok(lent)
    }

    /// Whether this is the time to look, and the write-ahead log is too long.
    fn wal_is_long(&self) -> bool {
        let turn = self.shared.turns.fetch_add(1, Ordering::Relaxed);
        if !turn.is_multiple_of(TURNS_BETWEEN_LOOKS) {
            return false;
        }
        let wal = self.shared.wal.as_ref().and_then(|wal| fs::metadata(wal).ok());
        wal.is_some_and(|wal| wal.len() > WAL_BYTES)
    }

    /// A connection that is none of those that are kept.
    pub(crate) async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        self.connect_by(&self.shared.options).await
    }

    /// Who closes the last connection to a file has all of it locked for a moment.
    async fn connect_by(
        &self,
        options: &SqliteConnectOptions,
    ) -> Result<SqliteConnection, StoreError> {
        let mut waiting = Waiting::new(self.shared.busy_timeout);
        loop {
            match options.connect().await {
                Err(error) => waiting.on(error)?,
                Ok(connection) => return Ok(connection),
            }
        }
    }

    /// Makes the file, unless somebody has. Later connections never do: if it is gone by then, that is
    /// nothing to begin a new one for.
    pub(crate) async fn make_file(&self) -> Result<(), StoreError> {
        let options = self.shared.options.clone().create_if_missing(true);
        let connection = self.connect_by(&options).await?;
        self.idle().push(connection);
        Ok(())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Beside the file, and named for it; not for a link that leads to it.
fn wal(path: &Path) -> PathBuf {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let mut wal = path.into_os_string();
    wal.push("-wal");
    wal.into()
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
        .create_if_missing(matches!(location, Location::Memory(_)))
        .synchronous(synchronous)
        .pragma("journal_size_limit", WAL_BYTES.to_string())
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

    /// Begins a transaction that may write, as soon as no other process has one.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        let mut waiting = self.waiting();
        while let Err(error) = sqlx::query(BEGIN).execute(&mut self.connection).await {
            waiting.on(error)?;
        }
        Ok(())
    }

    /// For what may find the file locked by another process.
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting::new(self.home.shared.busy_timeout)
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

/// Patience with another process that keeps the file locked.
pub(crate) struct Waiting {
    patience: Duration,
    begin: Instant,
    warned: Duration,
}

impl Waiting {
    fn new(patience: Duration) -> Self {
        Self { patience, begin: Instant::now(), warned: Duration::ZERO }
    }

    /// Takes an answer that was an error: whoever asked may ask again, or it is given back.
    pub(crate) fn on(&mut self, error: sqlx::Error) -> Result<(), StoreError> {
        if !is_busy(&error) {
            return Err(store_error(error));
        }
        let (waited, patience) = (self.begin.elapsed(), self.patience);
        if waited >= patience {
            let message = format!("another process has kept the file locked for {patience:?}");
            return Err(StoreError::because(StoreErrorKind::Unavailable, message, error));
        }
        if waited >= self.warned + WORTH_A_WARNING {
            self.warned = waited;
            tracing::warn!(?waited, "another process keeps the file locked");
        }
        Ok(())
    }
}
