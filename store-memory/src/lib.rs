//! The in-memory store of Annals, and its reference implementation.
//!
//! It has two purposes: to be what applications test and begin with, and to be what one reads before
//! writing a store of one's own. `log.rs` is the contract in code; the other files put a lock around
//! it. It is no weaker than the stores on disk: it conflicts, it is ordered, it can be replayed, and
//! it passes the same suites. It only forgets, when it is dropped.

mod log;
mod store;
mod snapshots;
mod changes;
mod select;
mod read_models;

pub use read_models::{MemoryReadModels, MemoryTx};
pub use snapshots::MemorySnapshots;
pub use store::MemoryStore;
