//! Holds what everybody reports against the log. Knows no store, and calls none.

mod log;
mod answers;
mod readings;
mod looks;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use self::log::Recorded;
use crate::{
    breach::{Findings, Promise},
    cast::Reports,
    key::Key,
    record::{Answer, End, Intention, Record, Way},
    verdict::Figures,
};

/// An event in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) position: i64,
    pub(crate) revision: i64,
    pub(crate) key: Key,
    pub(crate) index: u64,
    pub(crate) stream: u32,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    /// Whether its type and content are what its id says.
    pub(crate) is_intact: bool,
}

/// Everything that is known of a run.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// What lies in the table, by position.
    pub(crate) log: Vec<Entry>,
    /// The same as the store reads it.
    pub(crate) read: Vec<Entry>,
    /// Which events are not what their ids say.
    pub(crate) garbled: Vec<String>,
    /// Which appends have a row in the application's table.
    pub(crate) receipts: Vec<Key>,
    /// What was there after each kill, if anybody looked.
    pub(crate) looks: Vec<Look>,
    /// What the database answered each time that it was asked whether its file is sound.
    pub(crate) integrity: Vec<Vec<String>>,
    pub(crate) reports: Reports,
}

/// What somebody found in the log who looked after a kill.
#[derive(Debug)]
pub(crate) struct Look {
    /// The events that had come since the look before: position, append, and index in it.
    pub(crate) new: Vec<(i64, Key, u64)>,
    /// What the one that was killed knew to be recorded, and at which position the last event of each.
    pub(crate) acknowledged: Vec<(Key, i64)>,
}

/// What somebody meant to append, and what was answered.
struct Asked<'a> {
    intention: &'a Intention,
    answers: Vec<&'a Answer>,
}

/// What is broken, and how much there was of everything.
pub(crate) fn audit(evidence: &Evidence) -> (Findings, Figures) {
    let mut findings = Findings::default();
    for what in &evidence.garbled {
        findings.add(Promise::Intact, what);
    }
    for what in &evidence.reports.complaints {
        findings.add(Promise::ProcessesSurvive, what);
    }
    let asked = asked(&evidence.reports.records, &mut findings);

    log::check_positions(&evidence.log, &mut findings);
    log::check_reading(&evidence.log, &evidence.read, &mut findings);
    let recorded = log::replay(&evidence.log, &asked, &mut findings);
    answers::check(&asked, &recorded, &mut findings);
    check_receipts(&evidence.receipts, &asked, &recorded, &mut findings);
    for (place, seen) in &evidence.reports.readings {
        readings::check(*place, seen, &evidence.log, &mut findings);
    }
    looks::check(&evidence.looks, &evidence.log, &mut findings);
    for answer in &evidence.integrity {
        findings.check(Promise::Sound, *answer == ["ok"], || answer.join("; "));
    }
    let figures = figures(evidence, &asked);
    (findings, figures)
}

/// Who asked for what.
fn asked<'a>(records: &'a [Record], findings: &mut Findings) -> HashMap<Key, Asked<'a>> {
    let mut asked = HashMap::new();
    for record in records {
        if let Record::Intended(intention) = record {
            let before = asked.insert(intention.key, Asked { intention, answers: Vec::new() });
            findings.check(Promise::Intended, before.is_none(), || {
                format!("append {} is intended twice", intention.key)
            });
        }
    }
    for record in records {
        match record {
            Record::Intended(_) => {}
            Record::Answered { key, answer } => match asked.get_mut(key) {
                Some(asked) => asked.answers.push(answer),
                None => findings.add(Promise::Intended, format!("{key} is answered unasked")),
            },
            Record::Wrong { why } => findings.add(Promise::NothingWrong, why),
        }
    }
    asked
}

/// Rows of the application and events of the same transaction are there together.
fn check_receipts(
    receipts: &[Key],
    asked: &HashMap<Key, Asked<'_>>,
    recorded: &HashMap<Key, Recorded>,
    findings: &mut Findings,
) {
    let receipts: HashSet<_> = receipts.iter().collect();
    for &key in &receipts {
        let way = asked.get(key).map(|asked| asked.intention.way);
        findings.check(Promise::AbortedIsNotThere, way != Some(Way::Aborted), || {
            format!("the row of append {key}")
        });
        findings.check(Promise::RowsWithEvents, recorded.contains_key(key), || {
            format!("the row of append {key} is there, its events are not")
        });
    }
    for key in recorded.keys() {
        let has_row = receipts.contains(key);
        let way = asked.get(key).map(|asked| asked.intention.way);
        findings.check(Promise::RowsWithEvents, has_row == (way == Some(Way::WithRow)), || {
            format!("append {key}, made {way:?}, is recorded; it has a row: {has_row}")
        });
    }
}

/// What a stream ends with, if `entry` is its last event.
fn end(entry: &Entry) -> End {
    let Entry { revision, key, index, at, .. } = *entry;
    End { revision, key, index, at }
}

fn figures(evidence: &Evidence, asked: &HashMap<Key, Asked<'_>>) -> Figures {
    let mut figures = Figures {
        events: evidence.log.len(),
        looks: evidence.looks.len(),
        integrity_checks: evidence.integrity.len(),
        ..Figures::default()
    };
    for Asked { answers, .. } in asked.values() {
        figures.unanswered += usize::from(!answers.iter().any(|answer| is_certain(answer)));
        let mut was_unavailable = false;
        for (n, answer) in answers.iter().enumerate() {
            match answer {
                Answer::Appended { repeated: true, .. } if n > 0 && !was_unavailable => {
                    figures.sent_again += 1;
                }
                Answer::Appended { repeated, .. } => {
                    figures.appended += 1;
                    figures.repeated += usize::from(*repeated);
                }
                Answer::Conflict { .. } => figures.conflicts += 1,
                Answer::Aborted => figures.aborted += 1,
                Answer::Unavailable { why } => {
                    was_unavailable = true;
                    *figures.unavailable.entry(why.clone()).or_default() += 1;
                }
                Answer::Wrong { .. } => {}
            }
        }
    }
    figures.readings = evidence.reports.readings.iter().map(readings::figures).collect();
    figures
}

/// Whether nothing has to be asked again.
fn is_certain(answer: &Answer) -> bool {
    !matches!(answer, Answer::Unavailable { .. })
}
