//! What the auditor may find.

use std::{collections::BTreeMap, fmt};

/// How many findings of a kind are shown.
const SHOWN: usize = 5;

/// Something that must hold, whatever is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Promise {
    NoGap,
    NoneTwice,
    EveryRevision,
    Intact,
    ReadAsRecorded,
    Together,
    Whole,
    Intended,
    Expected,
    AcknowledgedIsThere,
    AnswerIsTrue,
    RefusedIsNotThere,
    RefusedRightly,
    AbortedIsNotThere,
    RowsWithEvents,
    NothingWrong,
    Available,
    SeenInOrder,
    NothingBehindAReader,
    SeenIsRecorded,
    SeenToTheEnd,
    Stays,
    Sound,
    ProcessesSurvive,
    Busy,
}

impl Promise {
    fn sentence(self) -> &'static str {
        match self {
            Self::NoGap => "positions have no gaps",
            Self::NoneTwice => "no event is recorded twice",
            Self::EveryRevision => "a stream's revisions have no gaps",
            Self::Intact => "events are kept as given",
            Self::ReadAsRecorded => "the store reads what lies in the table",
            Self::Together => "the events of an append stand together, in order",
            Self::Whole => "an append is recorded whole or not at all",
            Self::Intended => "nothing is recorded that nobody asked for",
            Self::Expected => "what is recorded found its streams as expected",
            Self::AcknowledgedIsThere => "what is acknowledged is recorded",
            Self::AnswerIsTrue => "an acknowledgement says what the log says",
            Self::RefusedIsNotThere => "what is refused is not recorded",
            Self::RefusedRightly => "only what is not as expected is refused",
            Self::AbortedIsNotThere => "what is rolled back is not recorded",
            Self::RowsWithEvents => "rows and events of one transaction go together",
            Self::NothingWrong => "a store fails only by being unavailable",
            Self::Available => "a store is available while nothing is done to it",
            Self::SeenInOrder => "a reader sees each event once, in order",
            Self::NothingBehindAReader => "nothing appears behind a reader",
            Self::SeenIsRecorded => "what a reader sees is recorded, as it saw it",
            Self::SeenToTheEnd => "a reader sees everything in the end",
            Self::Stays => "what is there after a kill stays",
            Self::Sound => "the database's file is sound",
            Self::ProcessesSurvive => "writers and readers survive",
            Self::Busy => "there is enough in a run to find something",
        }
    }
}

/// Everything that was found, by the promise that it breaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings(BTreeMap<Promise, Found>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    count: usize,
    first: Vec<String>,
}

impl Findings {
    pub(crate) fn add(&mut self, promise: Promise, what: impl Into<String>) {
        let found = self.0.entry(promise).or_default();
        found.count += 1;
        if found.first.len() < SHOWN {
            found.first.push(what.into());
        }
    }

    /// Adds it unless `holds`.
    pub(crate) fn check(&mut self, promise: Promise, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.add(promise, what());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The promises that are broken.
    #[cfg(test)]
    pub(crate) fn broken(&self) -> Vec<Promise> {
        self.0.keys().copied().collect()
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (promise, Found { count, first }) in &self.0 {
            writeln!(f, "  BROKEN ({count}): {}", promise.sentence())?;
            for what in first {
                writeln!(f, "    {what}")?;
            }
        }
        Ok(())
    }
}
