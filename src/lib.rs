//! Event sourcing with one loop to write by and one to read by.
//!
//! An application says what has happened ([`Event`](trait@Event)), what that makes of things
//! ([`Fold`](trait@Fold) and [`Aggregate`]), and what may happen next ([`Command`]). [`Annals`] keeps
//! the log, and executes commands on it.
//!
//! ```
//! use annals::prelude::*;
//!
//! #[derive(Debug, Clone, PartialEq, Event)]
//! enum DoorEvent {
//!     #[event("door-opened")]
//!     Opened,
//!     #[event("door-closed")]
//!     Closed,
//! }
//!
//! #[derive(Debug, Default, Clone, Fold)]
//! #[fold(DoorEvent)]
//! struct Door {
//!     #[fold(Opened => true, Closed => false)]
//!     is_open: bool,
//! }
//!
//! impl Aggregate for Door {
//!     const CATEGORY: Category = Category::new("door");
//! }
//!
//! /// Opens the door, if it is not open.
//! struct Open;
//!
//! impl Command for Open {
//!     type Aggregate = Door;
//!     type Rejection = std::convert::Infallible;
//!
//!     fn decide(&self, door: &Door) -> Result<Vec<DoorEvent>, Self::Rejection> {
//!         Ok(if door.is_open { vec![] } else { vec![DoorEvent::Opened] })
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let annals = Annals::open("memory:").await?;
//! let opened = annals.execute(Door::stream("front"), Open).await?;
//! assert!(opened.state().is_open);
//! # Ok(()) }
//! ```
//!
//! What can be asked along with a command is in [`Execute`], what can be set in [`Settings`]. Errors
//! are typed by who must act; [`ExecuteError`] names them all. How decisions are tested is in the crate
//! `annals-testkit`; what a store must keep is in [`EventStore`].
//!
//! A [`Projection`] builds a read model from the log, each event exactly once; its [`Runner`] keeps it up
//! to date.
//!
//! # Features
//!
//! - `memory` (default): the in-memory store behind `memory:`.
//! - `sqlite` (default): the store in a file behind `sqlite:`.
//! - `postgres`: the store on PostgreSQL behind `postgres:`; `postgres-tls` encrypts its connections.
//! - `macros` (default): the derives of `Event` and `Fold`.

mod annals;
mod execute;
mod lanes;
mod open;
mod read_models;
mod saving;
mod settings;

#[doc(hidden)]
pub use annals_core::__private_0_1;

pub use annals::Annals;
pub use annals_core::{
    Aggregate, Append, AppendError, Appended, AsOf, Category, Clock, Command, Committed, Conflict,
    Counts, DecodeError, EncodeError, Envelope, Envelopes, Event, EventId, EventStore, EventType,
    ExecuteError, Expected, Filter, Fold, Folded, Invalid, InvalidName, Last, LoadError,
    MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_KEY_BYTES, MAX_METADATA_BYTES, MAX_NAME_BYTES,
    MAX_PAYLOAD_BYTES, Metadata, ModelTx, NewEvent, Options, Panicked, Payload, Position,
    ReadModels, Retry, Revision, SchemaVersion, Snapshot, SnapshotKey, Snapshots, Snapshotting,
    StoreError, StoreErrorKind, Stream, StreamAppend, StreamId, SystemClock, Timestamp, Upcast,
    UpcastError, Value, Writer, subscribe,
};
#[cfg(feature = "macros")]
pub use annals_macros::{Event, Fold};
#[cfg(feature = "memory")]
pub use annals_memory::{MemoryReadModels, MemorySnapshots, MemoryStore, MemoryTx};
#[cfg(feature = "postgres")]
pub use annals_postgres::{
    PgTx, PostgresReadModels, PostgresSettings, PostgresSnapshots, PostgresStore,
    migration_script as postgres_migration_script, migrations as postgres_migrations,
};
pub use annals_projections::{
    Action, Answer, AskError, Build, BuildProgress, Column, Cursor, Difference, Halted,
    InlineStore, Keyed, OnFailure, Operator, Overview, PageOf, ParkedInfo, Pending, Phase,
    Projection, Query, Recorded, Rows, Runner, RunnerSettings, Running, Runs, SLICES,
    ShareOverview, Status, View, WaitError, Where,
};
#[cfg(feature = "sqlite")]
pub use annals_sqlite::{
    SqliteReadModels, SqliteSettings, SqliteSnapshots, SqliteStore, SqliteTx, Synchronous,
    migration_script as sqlite_migration_script, migrations as sqlite_migrations,
};
pub use execute::Execute;
pub use open::OpenError;
pub use settings::Settings;

/// What nearly every file of an application needs: `use annals::prelude::*`.
pub mod prelude {
    pub use annals_core::{
        Aggregate, Category, Command, Committed, Envelope, Event, ExecuteError, Expected, Filter,
        Fold, Folded, Metadata, Position, Revision, Snapshotting, Stream, StreamId,
    };
    #[cfg(feature = "macros")]
    pub use annals_macros::{Event, Fold};
    pub use annals_projections::{Column, Keyed, Projection, Recorded, View};

    pub use crate::{Annals, Settings};
}

/// What the README shows, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
