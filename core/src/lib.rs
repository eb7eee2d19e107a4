//! The vocabulary of Annals, its traits, and its two loops: one to write by, one to read by.
//!
//! Applications depend on the facade, `annals`; stores and extensions on this crate. It has no
//! runtime and no database.

// In the order in which data meets them.
mod name;
mod stream;
mod position;
mod payload;
mod event;
mod metadata;
mod invalid;
mod envelope;
mod last;
mod folded;
mod as_of;
mod fold;
mod command;
mod clock;
mod store_error;
mod append;
mod store;
mod snapshot;
mod table;
mod read_models;
mod subscribe;
mod retry;
mod panic;
mod counters;
mod writer;
mod load;
mod execute;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private_0_1;

pub use append::{Append, AppendError, Appended, Conflict, Expected, StreamAppend};
pub use as_of::AsOf;
pub use clock::{Clock, SystemClock, Timestamp};
pub use command::Command;
pub use counters::Counts;
pub use envelope::{Envelope, NewEvent};
pub use event::{
    DecodeError, EncodeError, Event, EventId, EventType, SchemaVersion, Upcast, UpcastError,
};
pub use execute::{Committed, ExecuteError, MAX_KEY_BYTES, Options, Pending};
pub use fold::{Aggregate, Fold};
pub use folded::Folded;
pub use invalid::{
    Invalid, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_METADATA_BYTES, MAX_PAYLOAD_BYTES,
};
pub use last::Last;
pub use load::LoadError;
pub use metadata::Metadata;
pub use name::{InvalidName, MAX_NAME_BYTES};
pub use panic::{Panicked, guarded};
pub use payload::Payload;
pub use position::{Position, Revision};
pub use read_models::{ModelTx, ReadModels, Record, RecordIn};
pub use retry::Retry;
pub use snapshot::{Snapshot, SnapshotKey, Snapshots, Snapshotting};
pub use store::{Envelopes, EventStore, Filter};
pub use store_error::{StoreError, StoreErrorKind};
pub use stream::{Category, Stream, StreamId};
pub use subscribe::subscribe;
pub use table::{
    Comparison, Condition, MAX_TABLE_NAME_BYTES, Place, Select, Table, TableColumn, TableRow,
    Value, ValueKind,
};
pub use writer::Writer;
