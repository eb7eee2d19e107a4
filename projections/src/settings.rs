//! What can be set for a runner.

use std::time::Duration;

/// How a [`Runner`](crate::Runner) works. The defaults are good for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerSettings {
    /// How many events are projected in one transaction at most. 1,000 by default.
    pub batch_events: usize,
    /// At how many bytes of payloads a batch ends. 4 MiB by default.
    pub batch_bytes: usize,
    /// How often an event that could not be projected is tried again before the projection halts,
    /// whatever the reason is: what the application's own statements fail with counts, too. 10 by
    /// default, which with the pauses below takes some 12 s.
    pub attempts: u32,
    /// How long is waited before something is tried again for the first time; each time that it goes
    /// wrong in the same place, twice as long. 50 ms by default.
    pub first_pause: Duration,
    /// How long is waited at most. A log or a database that does not answer is asked again for ever, and
    /// noticed within that when it comes back. 2 s by default.
    pub longest_pause: Duration,
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            batch_events: 1_000,
            batch_bytes: 4 << 20,
            attempts: 10,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}
