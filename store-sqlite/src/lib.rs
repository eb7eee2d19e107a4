//! The SQLite store of Annals: a durable log in one file, without a server.
//!
//! ```no_run
//! # use annals_sqlite::{SqliteSettings, SqliteStore};
//! # async fn open() -> Result<(), annals_core::StoreError> {
//! let store = SqliteStore::open("sqlite://data/bank.db", SqliteSettings::default()).await?;
//! # Ok(()) }
//! ```
//!
//! SQLite is part of the program: nothing has to be installed. What is acknowledged is on the disk,
//! unless [`Synchronous::Normal`] says that it need not be.
//!
//! One writes at a time, in all processes together; appends of one process are recorded in groups. Those
//! who read keep nobody waiting, nor are they kept (SQLite's write-ahead log). Where a file system does not
//! lock, as many that are reached by a network do not, no database of SQLite is safe.
//!
//! All tables begin with `annals_`, so that an application may keep its own beside them. The SQL is in
//! `sql`, and in `migrations`.

// In the order in which data meets them.
mod settings;
mod location;
mod error;
mod connections;
mod migrations;
mod store;
mod append;
mod repeat;
mod row;
mod reading;
mod watcher;
mod snapshots;
mod limits;
mod records;
mod view;
mod rows;
mod select;
mod read_models;
mod backup;
#[cfg(test)]
mod plans;

pub use annals_sql::Migration;
pub use migrations::{migration_script, migrations};
pub use read_models::{SqliteReadModels, SqliteTx};
pub use settings::{SqliteSettings, Synchronous};
pub use snapshots::SqliteSnapshots;
pub use store::SqliteStore;
