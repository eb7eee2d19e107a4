//! The log and the application's table, as a writer or a reader uses them.

use std::{sync::Arc, time::Duration};

use annals_core::{Append, AppendError, Appended, EventStore, StoreErrorKind};
use annals_postgres::{PostgresSettings, PostgresStore};
use sqlx::{
    PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Result,
    key::Key,
    random::Random,
    record::{Answer, chain},
    worker::Patience,
};

const WRITE_RECEIPT: &str = include_str!("../../sql/write_receipt.sql");

/// The log in a PostgreSQL database, and connections for an application's own transactions.
pub(crate) struct Database {
    store: PostgresStore,
    pool: PgPool,
}

/// Why a transaction of the application did not come to its end.
enum Failure {
    Append(AppendError),
    Statement(sqlx::Error),
}

impl Database {
    /// Opens it as the application `name`, by which its connections are found; as soon as it is
    /// available.
    pub(crate) async fn open_for(url: &str, name: &str) -> Result<Self> {
        let url = format!("{url}?application_name={name}");
        let mut random = Random::new(&[7]);
        let mut patience = Patience::default();
        let store = loop {
            match PostgresStore::open(&url, PostgresSettings::default()).await {
                Err(error) if error.kind() == StoreErrorKind::Unavailable => {
                    patience.pause(&mut random).await;
                }
                opened => break opened?,
            }
        };
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options);
        Ok(Self { store, pool })
    }

    pub(crate) fn log(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    /// Appends in a transaction that also writes a row of the application's, and commits it.
    pub(crate) async fn append_with_row(&self, append: &Append, key: Key) -> Answer {
        let appended = async {
            let (transaction, appended) = self.write(append, key).await?;
            transaction.commit().await?;
            self.store.committed(&appended);
            Ok(appended)
        };
        answer(appended.await)
    }

    /// The same, but rolls it back.
    pub(crate) async fn append_and_abort(&self, append: &Append, key: Key) -> Answer {
        let aborted = async {
            let (transaction, appended) = self.write(append, key).await?;
            transaction.rollback().await?;
            Ok(appended)
        };
        match answer(aborted.await) {
            // It is not committed, whatever happened to the connection.
            Answer::Appended { .. } | Answer::Unavailable { .. } => Answer::Aborted,
            other => other,
        }
    }

    async fn write(
        &self,
        append: &Append,
        key: Key,
    ) -> std::result::Result<(Transaction<'static, Postgres>, Appended), Failure> {
        let mut transaction = self.pool.begin().await?;
        let appended = self.store.append_in(&mut transaction, append).await?;
        // If the events are there, so must be the row: it was committed with them.
        if !appended.repeated {
            sqlx::query(WRITE_RECEIPT).bind(key.to_number()).execute(&mut *transaction).await?;
        }
        Ok((transaction, appended))
    }
}

fn answer(outcome: std::result::Result<Appended, Failure>) -> Answer {
    match outcome {
        Ok(appended) => Ok(appended).into(),
        Err(Failure::Append(error)) => Err(error).into(),
        Err(Failure::Statement(error)) if is_passing(&error) => {
            Answer::Unavailable { why: "a statement of the application's failed".into() }
        }
        Err(Failure::Statement(error)) => Answer::Wrong { why: chain(&error) },
    }
}

/// Whether the connection was lost, or the server is on its way down or up.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            code.starts_with("57P") || code.starts_with("08")
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Statement(error)
    }
}
