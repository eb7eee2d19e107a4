//! What can be set when a log is opened.

use annals_core::Retry;

/// How an [`Annals`](crate::Annals) works. The defaults are good for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How many folded states are remembered at most, those used last; 0 remembers none. Their size
    /// is up to the application. 10,000 by default.
    pub remembered: usize,
    /// Whether commands for one stream queue behind each other within the process and are recorded
    /// in groups. If not, they run beside each other, and conflict. `true` by default.
    pub pipelined: bool,
    /// How many commands for one stream are recorded in one append at most. 500 by default.
    pub group: usize,
    /// How many commands may wait for one stream; one more is refused as
    /// [`Busy`](crate::ExecuteError::Busy). 10,000 by default.
    pub waiting: usize,
    /// How many snapshots are being saved at once at most, each of another stream; one that is due
    /// beyond that is taken later. 16 by default.
    pub saving: usize,
    /// How often, and after what pauses, something is tried again.
    pub retry: Retry,
}

impl Default for Settings {
    fn default() -> Self {
        let (remembered, group, waiting) = (10_000, 500, 10_000);
        Self { remembered, pipelined: true, group, waiting, saving: 16, retry: Retry::default() }
    }
}
