//! What is done to those who write and read, and when.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// What a run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing is killed: many write, and some read.
    Load,
    /// The server's processes that serve them are terminated, one by one.
    Terminated,
    /// The server is killed and started again.
    Crashed,
    /// Writers are killed and replaced.
    Killed,
}

/// One run of a scenario.
#[derive(Debug, Clone)]
pub struct Run {
    /// The program `annals-chaos`, which is started for each writer and reader.
    pub program: PathBuf,
    /// What is done.
    pub scenario: Scenario,
    /// How long writers write.
    pub length: Duration,
    /// What everything random follows from.
    pub seed: u64,
}

/// Something that is done while writers write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Another reader begins.
    Read(Place),
    TerminateBackend,
    KillServer,
    KillWriter,
}

/// From where on a reader reads, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Start,
    /// Only some types.
    Filtered,
    /// The head when it begins.
    Head,
    /// The start, when much is there already.
    Late,
}

impl Scenario {
    /// All of them, in the order in which they are run.
    pub const ALL: [Self; 4] = [Self::Load, Self::Terminated, Self::Crashed, Self::Killed];

    /// The scenario of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Terminated => "terminated",
            Self::Crashed => "crashed",
            Self::Killed => "killed",
        }
    }

    /// What it does, and how often in a run of that length.
    fn disturbance(self, length: Duration) -> Option<(Deed, u64)> {
        let seconds = length.as_secs();
        match self {
            Self::Load => None,
            Self::Terminated => Some((Deed::TerminateBackend, (seconds * 4).max(1))),
            Self::Crashed => Some((Deed::KillServer, (seconds / 12).max(2))),
            Self::Killed => Some((Deed::KillWriter, (seconds / 2).max(2))),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Run {
    /// What is done, and how long after the beginning; in this order.
    pub(crate) fn deeds(&self) -> Vec<(Duration, Deed)> {
        let Self { length, .. } = *self;
        let mut random = Random::new(&[self.seed, 3]);
        let mut deeds = vec![
            (Duration::ZERO, Deed::Read(Place::Start)),
            (Duration::ZERO, Deed::Read(Place::Filtered)),
            (length / 3, Deed::Read(Place::Head)),
            (length * 2 / 3, Deed::Read(Place::Late)),
        ];
        if let Some((deed, count)) = self.scenario.disturbance(length) {
            // Each at any moment of a slot of its own, so that they never come all at once.
            let slot = u64::try_from(length.as_micros()).unwrap_or(u64::MAX) / count;
            let moment = |n| Duration::from_micros(n * slot + random.below(slot));
            deeds.extend((0..count).map(moment).map(|moment| (moment, deed)));
        }
        deeds.sort_by_key(|(moment, _)| *moment);
        deeds
    }
}

#[cfg(test)]
mod tests {
    use super::{Deed, Run, Scenario};
    use std::time::Duration;

    fn deeds(scenario: Scenario, seed: u64) -> Vec<(Duration, Deed)> {
        let length = Duration::from_secs(60);
        Run { program: "annals-chaos".into(), scenario, length, seed }.deeds()
    }

    #[test]
    fn the_deeds_follow_from_the_seed() {
        assert_eq!(deeds(Scenario::Killed, 1), deeds(Scenario::Killed, 1));
        assert_ne!(deeds(Scenario::Killed, 1), deeds(Scenario::Killed, 2));
    }

    #[test]
    fn a_minute_brings_as_much_as_is_promised() {
        let count =
            |scenario, deed| deeds(scenario, 1).iter().filter(|(_, done)| *done == deed).count();
        assert!(count(Scenario::Terminated, Deed::TerminateBackend) >= 100);
        assert_eq!(count(Scenario::Crashed, Deed::KillServer), 5);
        assert!(count(Scenario::Killed, Deed::KillWriter) >= 20);
        assert_eq!(deeds(Scenario::Load, 1).len(), 4);
    }
}
