//! What can be set for a runner.

use std::time::Duration;

/// How a [`Runner`](crate::Runner) works. The defaults are good for most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunnerSettings {
    /// How many events are projected in one transaction at most. 1,000 by default, which is also the most.
    pub batch_events: usize,
    /// At how many bytes of payloads a batch ends. 4 MiB by default; 1 MiB is read at a time.
    pub batch_bytes: usize,
    /// How long a batch that is not full waits for more events. None by default, so that what is read lags as
    /// little as can be. With some 100 ms a log that grows all the time costs fewer transactions, each with more
    /// events: of use to who writes much at a time, above all where only one can write, as on SQLite. At most half
    /// of [`stall`](Self::stall).
    pub linger: Duration,
    /// How often an event that could not be projected is tried again before the projection does what
    /// [`OnFailure`] says, whatever the reason is: what the application's own statements fail with counts,
    /// too. 10 by default, which with the pauses below takes some 12 s. Also how often it is tried to make what
    /// a projection is written to, before whoever waits for it is told; that is tried on and on.
    pub attempts: u32,
    /// How long is waited before something is tried again for the first time; each time that it goes
    /// wrong in the same place, twice as long. 50 ms by default.
    pub first_pause: Duration,
    /// How long is waited at most. A log or a database that does not answer is asked again for ever, and
    /// noticed within that when it comes back. 2 s by default.
    pub longest_pause: Duration,
    /// For how long who works on a share has it to itself without a sign of life. 5 s by default, and at
    /// least 100 ms. A fifth of it is the time between two signs, and to how soon a request of an operator is
    /// answered.
    pub lease: Duration,
    /// After how long without any progress a runner that has something to do is not healthy any more. 8 s by
    /// default.
    pub stall: Duration,
    /// How long a build that was replaced is kept for those who are still reading it. 60 s by default.
    pub keep_replaced: Duration,
    /// Into how many shares a projection is cut, between which its slices are divided evenly: so many
    /// processes can work on it at once. 1 by default: one runs it at a time. At most 1,024. More can be set
    /// at any time, fewer only take effect with the next build.
    pub shares: u16,
    /// What is done about an event that cannot be projected.
    pub on_failure: OnFailure,
}

/// What is done about an event that cannot be projected, when it was tried again often enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// The projection halts there. Nothing after it is projected until somebody resumes it.
    #[default]
    Halt,
    /// The event is set aside, and every later one of its key, in order; all other keys go on. An event whose
    /// key is not known halts it all the same.
    Park {
        /// How many events of a share may be set aside; with one more it halts.
        limit: u64,
    },
}

impl OnFailure {
    /// To set aside, up to 10,000 events of a share.
    pub const PARK: Self = Self::Park { limit: 10_000 };
}

impl Default for RunnerSettings {
    fn default() -> Self {
        Self {
            batch_events: 1_000,
            batch_bytes: 4 << 20,
            linger: Duration::ZERO,
            attempts: 10,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
            lease: Duration::from_secs(5),
            stall: Duration::from_secs(8),
            keep_replaced: Duration::from_secs(60),
            shares: 1,
            on_failure: OnFailure::Halt,
        }
    }
}
