#![doc = include_str!("../README.md")]

mod annals;
mod execute;
mod lanes;
mod open;
mod saving;
mod settings;

#[doc(hidden)]
pub use annals_core::__private_0_1;

pub use annals::Annals;
pub use annals_core::{
    AdvanceError, Aggregate, Append, AppendError, Appended, Category, Checkpoint, Checkpoints,
    Clock, Command, Committed, Conflict, Counts, DecodeError, EncodeError, Envelope, Envelopes,
    Event, EventId, EventStore, EventType, ExecuteError, Expected, Filter, Fold, Folded, Invalid,
    InvalidName, LoadError, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_KEY_BYTES, MAX_METADATA_BYTES,
    MAX_NAME_BYTES, MAX_PAYLOAD_BYTES, Metadata, NewEvent, Options, Panicked, Payload, Position,
    Retry, Revision, SchemaVersion, Snapshot, SnapshotKey, Snapshots, Snapshotting, StoreError,
    StoreErrorKind, Stream, StreamAppend, StreamId, SystemClock, Timestamp, Upcast, UpcastError,
    Writer, subscribe,
};
#[cfg(feature = "macros")]
pub use annals_macros::{Event, Fold};
#[cfg(feature = "memory")]
pub use annals_memory::{MemoryCheckpoints, MemorySnapshots, MemoryStore, MemoryTx};
pub use execute::Execute;
pub use open::OpenError;
pub use settings::Settings;

/// What nearly every file of an application needs: `use annals::prelude::*`.
pub mod prelude {
    pub use annals_core::{
        Aggregate, Category, Command, Committed, Envelope, Event, ExecuteError, Expected, Fold,
        Metadata, Position, Revision, Snapshotting, Stream, StreamId,
    };
    #[cfg(feature = "macros")]
    pub use annals_macros::{Event, Fold};

    pub use crate::Annals;
}
