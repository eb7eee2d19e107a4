//! The log in a PostgreSQL database, and connections for an application's own transactions.

use std::{sync::Arc, time::Duration};

use annals_core::{Append, Appended, EventStore};
use annals_postgres::{PostgresSettings, PostgresStore};
use async_trait::async_trait;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Result,
    database::{Database, Ending, Failure, WRITE_RECEIPT, once_available},
    key::Key,
};

pub(crate) struct PostgresDatabase {
    store: PostgresStore,
    pool: PgPool,
}

impl PostgresDatabase {
    /// Opens it as the application `name`, by which its connections are found.
    pub(crate) async fn open_for(url: &str, name: &str) -> Result<Self> {
        let url = format!("{url}?application_name={name}");
        let settings = PostgresSettings::default;
        let store = once_available(|| PostgresStore::open(&url, settings())).await?;
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options);
        Ok(Self { store, pool })
    }
}

#[async_trait]
impl Database for PostgresDatabase {
    fn log(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    async fn transact(
        &self,
        append: &Append,
        key: Key,
        ending: Ending,
    ) -> std::result::Result<Appended, Failure> {
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

    /// Whether the connection was lost, or the server is on its way down or up.
    fn is_passing(&self, error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                code.starts_with("57P") || code.starts_with("08")
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) => true,
            _ => false,
        }
    }
}
