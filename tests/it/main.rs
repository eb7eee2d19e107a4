//! What the write side promises, tested through the facade, on the in-memory store; and what the example
//! `loans` does, on every store. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bank;

mod cancelled;
mod conflicts;
mod everything;
mod faults;
#[cfg(feature = "sqlite")]
mod guide;
mod idempotency;
mod inline;
mod limits;
#[cfg(feature = "sqlite")]
mod loans;
mod lost_history;
mod metadata;
mod opening;
mod panics;
mod pipeline;
mod properties;
mod remembered;
mod snapshots;
mod time_travel;
mod written;
