//! The log and the application's table in one database, as a writer or a reader uses them.

use std::{future::Future, sync::Arc};

use annals_core::{Append, AppendError, Appended, EventStore, StoreError};
use async_trait::async_trait;

use crate::{
    Result,
    key::Key,
    postgres::PostgresDatabase,
    random::Random,
    record::{Answer, chain},
    scenario::Store,
    sqlite::SqliteDatabase,
    worker::{Patience, is_passing},
};

/// What the application writes beside the events.
pub(crate) const WRITE_RECEIPT: &str = include_str!("../sql/write_receipt.sql");

/// A log, and connections for an application's own transactions in the same database.
#[async_trait]
pub(crate) trait Database: Send + Sync {
    fn log(&self) -> Arc<dyn EventStore>;

    /// Appends in a transaction of the application's. [Unless](Appended::repeated) the events are
    /// there already, it also writes a row: if they are, it was committed with them.
    async fn transact(
        &self,
        append: &Append,
        key: Key,
        ending: Ending,
    ) -> std::result::Result<Appended, Failure>;

    /// Whether a statement of the application's that failed so may succeed if it is tried again.
    fn is_passing(&self, error: &sqlx::Error) -> bool;
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Commit,
    Rollback,
}

/// Why a transaction of the application did not come to its end.
pub(crate) enum Failure {
    Append(AppendError),
    Statement(sqlx::Error),
}

/// Opens what is at `url`, as soon as it is available. On a server, its connections are found by
/// `name`.
pub(crate) async fn open_for(url: &str, name: &str) -> Result<Arc<dyn Database>> {
    Ok(match Store::of(url) {
        Store::Postgres => Arc::new(PostgresDatabase::open_for(url, name).await?),
        Store::Sqlite => Arc::new(SqliteDatabase::open(url).await?),
    })
}

/// What `open` answers, once it no longer answers that there is nothing to be had.
pub(crate) async fn once_available<T, F>(open: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = std::result::Result<T, StoreError>>,
{
    let mut random = Random::new(&[7]);
    let mut patience = Patience::default();
    loop {
        match open().await {
            Err(error) if is_passing(&error) => patience.pause(&mut random).await,
            opened => return Ok(opened?),
        }
    }
}

/// Appends in a transaction that also writes a row of the application's, and commits it.
pub(crate) async fn append_with_row(database: &dyn Database, append: &Append, key: Key) -> Answer {
    answer(database, database.transact(append, key, Ending::Commit).await)
}

/// The same, but rolls it back.
pub(crate) async fn append_and_abort(database: &dyn Database, append: &Append, key: Key) -> Answer {
    match answer(database, database.transact(append, key, Ending::Rollback).await) {
        // It is not committed, whatever happened to the connection.
        Answer::Appended { .. } | Answer::Unavailable { .. } => Answer::Aborted,
        other => other,
    }
}

fn answer(database: &dyn Database, outcome: std::result::Result<Appended, Failure>) -> Answer {
    match outcome {
        Ok(appended) => Ok(appended).into(),
        Err(Failure::Append(error)) => Err(error).into(),
        Err(Failure::Statement(error)) if database.is_passing(&error) => {
            Answer::Unavailable { why: "a statement of the application's failed".into() }
        }
        Err(Failure::Statement(error)) => Answer::Wrong { why: chain(&error) },
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
