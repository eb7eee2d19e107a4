//! What is done to those who write and read, and when.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// The store that a run is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// On a server of its own.
    Postgres,
    /// In a file of its own.
    Sqlite,
}

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
    /// On what.
    pub store: Store,
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

impl Store {
    const ALL: [Self; 2] = [Self::Postgres, Self::Sqlite];

    /// The store of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|store| store.name() == name)
    }

    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// What can be done to it, in the order in which it is.
    pub fn scenarios(self) -> &'static [Scenario] {
        match self {
            Self::Postgres => {
                &[Scenario::Load, Scenario::Terminated, Scenario::Crashed, Scenario::Killed]
            }
            Self::Sqlite => &[Scenario::Load, Scenario::Killed],
        }
    }

    /// Its scenario of that name.
    pub fn scenario(self, name: &str) -> Option<Scenario> {
        self.scenarios().iter().copied().find(|scenario| scenario.name() == name)
    }

    /// What is at `url`, as a run names it.
    pub(crate) fn of(url: &str) -> Self {
        if url.starts_with("sqlite:") { Self::Sqlite } else { Self::Postgres }
    }
}

impl Scenario {
    /// What it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Terminated => "terminated",
            Self::Crashed => "crashed",
            Self::Killed => "killed",
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
        let first = self.first_readers();
        let mut deeds = vec![
            (first, Deed::Read(Place::Start)),
            (first, Deed::Read(Place::Filtered)),
            (length / 3, Deed::Read(Place::Head)),
            (length * 2 / 3, Deed::Read(Place::Late)),
        ];
        if let Some((deed, count)) = self.disturbance() {
            // Each at any moment of a slot of its own, so that they never come all at once.
            let slot = u64::try_from(length.as_micros()).unwrap_or(u64::MAX) / count;
            let moment = |n| Duration::from_micros(n * slot + random.below(slot));
            deeds.extend((0..count).map(moment).map(|moment| (moment, deed)));
        }
        deeds.sort_by_key(|(moment, _)| *moment);
        deeds
    }

    /// When the first readers come.
    fn first_readers(&self) -> Duration {
        match (self.store, self.scenario) {
            // Until then nobody else has the file open, so that whoever opens it after a kill has to
            // recover what lies in its write-ahead log.
            (Store::Sqlite, Scenario::Killed) => self.length / 6,
            _ => Duration::ZERO,
        }
    }

    /// What is done, and how often.
    fn disturbance(&self) -> Option<(Deed, u64)> {
        let seconds = self.length.as_secs();
        match (self.scenario, self.store) {
            (Scenario::Load, _) => None,
            (Scenario::Terminated, _) => Some((Deed::TerminateBackend, (seconds * 4).max(1))),
            (Scenario::Crashed, _) => Some((Deed::KillServer, (seconds / 12).max(2))),
            (Scenario::Killed, Store::Postgres) => Some((Deed::KillWriter, (seconds / 2).max(2))),
            (Scenario::Killed, Store::Sqlite) => {
                Some((Deed::KillWriter, (seconds * 10 / 3).max(2)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Deed, Run, Scenario, Store};
    use std::time::Duration;

    fn deeds(store: Store, scenario: Scenario, seed: u64) -> Vec<(Duration, Deed)> {
        let length = Duration::from_secs(60);
        Run { program: "annals-chaos".into(), store, scenario, length, seed }.deeds()
    }

    #[test]
    fn the_deeds_follow_from_the_seed() {
        let killed = |seed| deeds(Store::Postgres, Scenario::Killed, seed);
        assert_eq!(killed(1), killed(1));
        assert_ne!(killed(1), killed(2));
    }

    #[test]
    fn a_minute_brings_as_much_as_is_promised() {
        let count = |store, scenario, deed| {
            deeds(store, scenario, 1).iter().filter(|(_, done)| *done == deed).count()
        };
        assert!(count(Store::Postgres, Scenario::Terminated, Deed::TerminateBackend) >= 100);
        assert_eq!(count(Store::Postgres, Scenario::Crashed, Deed::KillServer), 5);
        assert!(count(Store::Postgres, Scenario::Killed, Deed::KillWriter) >= 20);
        assert_eq!(count(Store::Sqlite, Scenario::Killed, Deed::KillWriter), 200);
        assert_eq!(deeds(Store::Postgres, Scenario::Load, 1).len(), 4);
    }

    #[test]
    fn a_store_has_the_scenarios_that_make_sense_for_it() {
        assert_eq!(Store::Postgres.scenario("crashed"), Some(Scenario::Crashed));
        assert_eq!(Store::Sqlite.scenario("crashed"), None);
        assert_eq!(Store::Sqlite.scenario("killed"), Some(Scenario::Killed));
        for store in Store::ALL {
            assert_eq!(Store::named(store.name()), Some(store));
        }
    }
}
