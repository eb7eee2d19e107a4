//! The PostgreSQL store of Annals: a log without gaps, in the order of its commits.
//!
//! ```no_run
//! # use annals_postgres::{PostgresSettings, PostgresStore};
//! # async fn open() -> Result<(), annals_core::StoreError> {
//! let store = PostgresStore::open("postgres://localhost/bank", PostgresSettings::default()).await?;
//! # Ok(()) }
//! ```
//!
//! Everything lives in a schema of its own, `annals` unless told otherwise, and several logs in one
//! database do not touch each other. PostgreSQL 13 or newer; the database's encoding must be UTF-8.
//!
//! Appends are serialised by one advisory lock, so that positions have no gaps and appear in order;
//! those of one process are recorded in groups, by one statement for all. Nothing is notified within
//! that transaction. What is read is streamed, a bounded number of rows at a time.
//!
//! The SQL is in `sql`, one statement a file, and in `migrations`.

// In the order in which data meets them.
mod settings;
mod statements;
mod error;
mod timestamptz;
mod connections;
mod migrations;
mod shape;
mod store;
mod columns;
mod append;
mod repeat;
mod slow_writer;
mod reading;
mod copied;
mod row;
mod watcher;
mod announcer;
mod snapshots;
mod names;
mod records;
mod tables;
mod pages;
mod rows;
mod model_tx;
mod read_models;

pub use annals_sql::Migration;
pub use migrations::{migration_script, migrations};
pub use model_tx::PgTx;
pub use read_models::PostgresReadModels;
pub use settings::PostgresSettings;
pub use snapshots::PostgresSnapshots;
pub use store::PostgresStore;
