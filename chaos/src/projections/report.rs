//! What hands report, a line each.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// It is at work from now on.
    Began,
    /// It has committed this.
    Committed(Vec<Move>),
    /// It does not know whether it has.
    Doubtful(Vec<Move>),
    /// So many events were recorded in all.
    Appended { events: u64 },
    /// So many appends were waited for and then read, and how long the longest wait was.
    Waited { trials: u64, longest_millis: u64 },
    /// So much was read, of which so much was of each version.
    Looked { reads: u64, versions: Vec<(u32, u64)> },
    /// Something that has no place in a run.
    Wrong { why: String },
    /// It ends by itself, since it was told to.
    Ended,
}

/// A checkpoint that was moved, or taken: what it was, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) key: String,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}
