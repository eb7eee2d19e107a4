//! What can be asked for.

use std::{fmt, path::PathBuf, time::Duration};

use crate::scenario::Store;

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectionsScenario {
    /// Processes are killed at random moments, and started again.
    Killed,
    /// A process is stopped past its leases, and wakes when others have taken over.
    Stopped,
    /// Processes join and leave while many write.
    Crowd,
    /// The server is restarted in the middle.
    Restarted,
    /// Each append is waited for and read in another process than the one that runs the read model.
    Waited,
    /// A read model is rebuilt while it is read.
    Rebuilt,
    /// A key cannot be projected until that is mended.
    Poisoned,
    /// The clocks of the processes are wrong by an hour.
    Skewed,
}

/// One run of a scenario.
#[derive(Debug, Clone)]
pub struct ProjectionsRun {
    /// The program `annals-chaos`, which is started for each hand.
    pub program: PathBuf,
    /// On what.
    pub store: Store,
    /// What is done.
    pub scenario: ProjectionsScenario,
    /// How long it is done, where that can be said. From half a minute on everything is there in full number:
    /// 200,000 events, 200 kills, 10,000 trials.
    pub length: Duration,
    /// What everything random follows from.
    pub seed: u64,
}

impl ProjectionsScenario {
    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 8] = [
        Self::Killed,
        Self::Stopped,
        Self::Crowd,
        Self::Restarted,
        Self::Waited,
        Self::Rebuilt,
        Self::Poisoned,
        Self::Skewed,
    ];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Stopped => "stopped",
            Self::Crowd => "crowd",
            Self::Restarted => "restarted",
            Self::Waited => "waited",
            Self::Rebuilt => "rebuilt",
            Self::Poisoned => "poisoned",
            Self::Skewed => "skewed",
        }
    }

    /// Whether it can be run there: a file has no server that could be restarted.
    pub fn is_for(self, store: Store) -> bool {
        self != Self::Restarted || store == Store::Postgres
    }
}

impl fmt::Display for ProjectionsScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ProjectionsRun {
    /// One of two sizes: for a short run, as in the tests, or for a long one.
    pub(crate) fn sized<T>(&self, short: T, long: T) -> T {
        if self.length < Duration::from_secs(30) { short } else { long }
    }
}
