//! The log in an SQLite database, and connections for an application's own transactions.

use std::{path::Path, sync::Arc, time::Duration};

use annals_core::{Append, Appended, EventStore};
use annals_sqlite::{SqliteSettings, SqliteStore};
use async_trait::async_trait;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use crate::{
    Result,
    database::{Database, Ending, Failure, WRITE_RECEIPT, once_available},
    key::Key,
};

/// How long SQLite itself waits for a lock on the application's own connections.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

pub(crate) struct SqliteDatabase {
    store: SqliteStore,
    pool: SqlitePool,
}

impl SqliteDatabase {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let path = path(url);
        let settings = SqliteSettings::default;
        let store = once_available(|| SqliteStore::open_file(path, settings())).await?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options(url).busy_timeout(BUSY_TIMEOUT));
        Ok(Self { store, pool })
    }
}

/// As an application connects to the file at `url`.
pub(crate) fn options(url: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path(url))
}

/// What stands behind the scheme, as it is.
pub(crate) fn path(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite:").unwrap_or(url))
}

#[async_trait]
impl Database for SqliteDatabase {
    fn log(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn transact(
        &self,
        append: &Append,
        key: Key,
        ending: Ending,
    ) -> std::result::Result<Appended, Failure> {
        // Not IMMEDIATE: nothing is read before the store appends, so that it has to take the lock.
        let mut transaction = self.pool.begin().await?;
        let appended = self.store.append_in(&mut transaction, append).await?;
        if !appended.repeated {
            sqlx::query(WRITE_RECEIPT).bind(key.to_number()).execute(&mut *transaction).await?;
        }
        match ending {
            Ending::Commit => {
                transaction.commit().await?;
                self.store.committed(&appended);
            }
            Ending::Rollback => transaction.rollback().await?,
        }
        Ok(appended)
    }

    /// Whether somebody else has locked the file, or all connections are in use.
    fn is_passing(&self, error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
                // SQLITE_BUSY and SQLITE_LOCKED: the lower byte is the class.
                matches!(code & 0xff, 5 | 6)
            }
            sqlx::Error::PoolTimedOut => true,
            _ => false,
        }
    }
}
