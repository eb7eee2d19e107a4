//! What came of a run.

use std::{collections::BTreeMap, fmt, time::Duration};

use crate::{
    breach::{Findings, Promise},
    scenario::{Place, Scenario, Store},
};

/// Of how many acknowledged appends one may be unavailable at first while nothing is done to the store:
/// a machine may be busy, and SQLite itself does not queue those who wait for a lock.
const ACKNOWLEDGED_TO_ONE_UNAVAILABLE: usize = 50;

/// Whether every promise held, and how much there was to find something in.
#[derive(Debug)]
pub struct Verdict {
    pub(crate) store: Store,
    pub(crate) scenario: Scenario,
    pub(crate) seed: u64,
    pub(crate) length: Duration,
    pub(crate) disturbances: Disturbances,
    pub(crate) findings: Findings,
    pub(crate) figures: Figures,
}

/// What was done to them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disturbances {
    /// Processes of the server that were terminated, each of which had a connection.
    pub(crate) terminated: u64,
    pub(crate) crashes: u64,
    /// Writers that were killed.
    pub(crate) killed: u64,
    /// Connections that a server counted, our own among them.
    pub(crate) sessions: u64,
}

/// How much there was of everything.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// In the log.
    pub(crate) events: usize,
    /// Appends that were acknowledged at last.
    pub(crate) appended: usize,
    /// Of these, those that an earlier attempt had recorded, whose answer was lost.
    pub(crate) repeated: usize,
    /// Acknowledged appends that were sent once more on purpose.
    pub(crate) sent_again: usize,
    pub(crate) conflicts: usize,
    pub(crate) aborted: usize,
    /// Attempts whose outcome was unknown, by the reason that was given.
    pub(crate) unavailable: BTreeMap<String, usize>,
    /// Appends that nobody lived to be answered.
    pub(crate) unanswered: usize,
    /// How often somebody looked at the log after a kill.
    pub(crate) looks: usize,
    /// How often the file was checked.
    pub(crate) integrity_checks: usize,
    pub(crate) readings: Vec<Reading>,
}

/// How a reader fared.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) place: Place,
    pub(crate) events: u64,
    pub(crate) resumed: usize,
    /// Between two events; `None` if it did not see the end.
    pub(crate) longest_pause_millis: Option<u64>,
}

impl Verdict {
    /// Whether every promise held, in a run that might have shown the contrary.
    pub fn is_kept(&self) -> bool {
        self.findings.is_empty()
    }

    /// Adds what the run lacks to be worth anything.
    #[must_use]
    pub(crate) fn with_doubts(mut self) -> Self {
        let Figures { appended, conflicts, aborted, readings, .. } = &self.figures;
        let Figures { unanswered, looks, integrity_checks, .. } = self.figures;
        let Disturbances { terminated, crashes, killed, .. } = self.disturbances;
        let has_disturbed = match self.scenario {
            Scenario::Load => true,
            Scenario::Terminated => terminated * 2 >= self.length.as_secs(),
            Scenario::Crashed => crashes > 1,
            Scenario::Killed => killed > 1 && unanswered > 1,
        };
        let is_file = self.store == Store::Sqlite;
        let has_looked = !is_file || self.scenario != Scenario::Killed || looks > 1;
        let must_be = [
            ("nothing was acknowledged", *appended > 1),
            ("nothing was refused", *conflicts > 0),
            ("nothing was rolled back", *aborted > 0),
            ("a reader saw nothing", readings.iter().all(|reading| reading.events > 1)),
            ("readers are missing", readings.len() == 4),
            ("too little was killed", has_disturbed),
            ("nobody looked after the kills", has_looked),
            ("the file was not checked", !is_file || integrity_checks > 0),
        ];
        for (doubt, _) in must_be.into_iter().filter(|(_, is_met)| !is_met) {
            self.findings.add(Promise::Busy, doubt);
        }
        self.check_available();
        self
    }

    /// Where a writer is killed, nothing is done to a file: others may go on.
    fn check_available(&mut self) {
        let Self { store, scenario, figures, .. } = self;
        let is_disturbed = *store == Store::Postgres && *scenario != Scenario::Load;
        let unavailable: usize = figures.unavailable.values().sum();
        let appended = figures.appended;
        let is_seldom = unavailable * ACKNOWLEDGED_TO_ONE_UNAVAILABLE <= appended;
        self.findings.check(Promise::Available, is_disturbed || is_seldom, || {
            format!("{unavailable} times it was not, while {appended} appends were acknowledged")
        });
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.is_kept() { "every promise was kept" } else { "BROKEN" };
        let Self { store, scenario, seed, figures, .. } = self;
        writeln!(f, "{store} {scenario}, seed {seed}: {outcome}")?;
        let Disturbances { terminated, crashes, killed, sessions } = self.disturbances;
        match store {
            Store::Postgres => writeln!(
                f,
                "  backends terminated {terminated}, server killed {crashes}, writers killed \
                 {killed}, connections made {sessions}"
            )?,
            Store::Sqlite => writeln!(
                f,
                "  writers killed {killed}, looks after that {}, integrity checks {}",
                figures.looks, figures.integrity_checks
            )?,
        }
        let millis = self.length.as_millis().max(1);
        let rate = u128::try_from(figures.events).unwrap_or(0) * 1_000 / millis;
        writeln!(f, "  events in the log {}, {rate} a second", figures.events)?;
        writeln!(
            f,
            "  appends acknowledged {}, of these repeated {}; sent again {}, conflicts {}, \
             aborted {}, never answered {}",
            figures.appended,
            figures.repeated,
            figures.sent_again,
            figures.conflicts,
            figures.aborted,
            figures.unanswered
        )?;
        for (why, count) in &figures.unavailable {
            writeln!(f, "  unavailable {count}: {why}")?;
        }
        for Reading { place, events, resumed, longest_pause_millis } in &figures.readings {
            let pause = longest_pause_millis.map_or("no end".into(), |it| format!("{it} ms"));
            writeln!(
                f,
                "  reader {place:?}: events {events}, resumed {resumed}, longest pause {pause}"
            )?;
        }
        self.findings.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::{Disturbances, Figures, Findings, Verdict};
    use crate::{
        breach::Promise,
        scenario::{Scenario, Store},
    };

    fn verdict(store: Store, scenario: Scenario, figures: Figures) -> Verdict {
        Verdict {
            store,
            scenario,
            seed: 1,
            length: Duration::from_secs(60),
            disturbances: Disturbances::default(),
            findings: Findings::default(),
            figures,
        }
    }

    #[test]
    fn a_run_in_which_nothing_happened_proves_nothing() {
        let verdict = verdict(Store::Sqlite, Scenario::Killed, Figures::default());
        assert!(verdict.is_kept());
        let verdict = verdict.with_doubts();
        assert!(!verdict.is_kept());
        let shown = verdict.to_string();
        assert!(shown.contains("BROKEN (7)"), "{shown}");
        assert!(shown.contains("too little was killed"), "{shown}");
        assert!(shown.contains("nothing was acknowledged"), "{shown}");
    }

    #[test]
    fn a_store_that_is_often_unavailable_undisturbed_is_found() {
        let is_found = |store, scenario, count| {
            let unavailable = BTreeMap::from([("it is locked".into(), count)]);
            let figures = Figures { appended: 1_000, unavailable, ..Figures::default() };
            let verdict = verdict(store, scenario, figures).with_doubts();
            verdict.findings.broken().contains(&Promise::Available)
        };
        assert!(is_found(Store::Sqlite, Scenario::Load, 21));
        assert!(is_found(Store::Sqlite, Scenario::Killed, 21));
        assert!(is_found(Store::Postgres, Scenario::Load, 21));
        assert!(!is_found(Store::Sqlite, Scenario::Load, 20));
        assert!(!is_found(Store::Postgres, Scenario::Crashed, 21));
    }
}
