//! What can be set for a runner.

use std::time::Duration;

/// How a [`Runner`](crate::Runner) works. The defaults are good for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerSettings {
    /// How many events are projected in one transaction at most. 1,000 by default.
    pub batch_events: usize,
    /// How many bytes their payloads have together at most, unless a single one has more. 4 MiB by
    /// default.
    pub batch_bytes: usize,
    /// How often an event that could not be projected is tried again before the projection halts. 5 by
    /// default.
    pub attempts: u32,
    /// How long is waited before something is tried again for the first time; each time that it goes
    /// wrong in the same place, twice as long. 50 ms by default.
    pub first_pause: Duration,
    /// How long is waited at most. A database that comes back is noticed within that. 2 s by default.
    pub longest_pause: Duration,
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            batch_events: 1_000,
            batch_bytes: 4 << 20,
            attempts: 5,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}
