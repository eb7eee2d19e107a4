//! The log by itself, and against what was intended.

use std::collections::{HashMap, HashSet};

use super::{Asked, Entry, end};
use crate::{
    breach::{Findings, Promise},
    key::Key,
    record::{End, Intention},
};

/// An append that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    /// Of its last event.
    pub(super) position: i64,
    pub(super) at: i64,
    /// For each part: what its stream ended with before, and how far it was afterwards.
    pub(super) parts: Vec<(Option<End>, i64)>,
}

/// Positions and revisions are counted, and no event is there twice.
pub(super) fn check_positions(log: &[Entry], findings: &mut Findings) {
    let mut ids = HashSet::with_capacity(log.len());
    let mut revisions: HashMap<u32, i64> = HashMap::new();
    for (counted, entry) in (1..).zip(log) {
        let Entry { position, revision, key, index, stream, .. } = *entry;
        findings.check(Promise::NoGap, position == counted, || {
            format!("event {counted} of the log stands at position {position}")
        });
        findings.check(Promise::NoneTwice, ids.insert((key, index)), || {
            format!("event {index} of append {key}, again at position {position}")
        });
        let last = revisions.insert(stream, revision).unwrap_or(0);
        findings.check(Promise::EveryRevision, last.checked_add(1) == Some(revision), || {
            format!(
                "stream {stream} goes from revision {last} to {revision} at position {position}"
            )
        });
    }
}

/// The store reads what is there.
pub(super) fn check_reading(log: &[Entry], read: &[Entry], findings: &mut Findings) {
    findings.check(Promise::ReadAsRecorded, log.len() == read.len(), || {
        format!("{} events are there, {} are read", log.len(), read.len())
    });
    for (entry, read) in log.iter().zip(read) {
        findings.check(Promise::ReadAsRecorded, entry == read, || {
            format!("{entry:?} is there, {read:?} is read")
        });
    }
}

/// Goes through the log as it came about: each append found its streams as it expected, and stands
/// there whole.
pub(super) fn replay(
    log: &[Entry],
    asked: &HashMap<Key, Asked<'_>>,
    findings: &mut Findings,
) -> HashMap<Key, Recorded> {
    let mut ends: HashMap<u32, End> = HashMap::new();
    let mut recorded = HashMap::new();
    for entries in log.chunk_by(|one, next| one.key == next.key) {
        let (key, position) = (entries[0].key, entries[0].position);
        match asked.get(&key) {
            None => findings.add(
                Promise::Intended,
                format!("append {key} at position {position} was asked for by nobody"),
            ),
            Some(asked) => {
                let found = compare(asked.intention, entries, &ends, findings);
                let is_new = recorded.insert(key, found).is_none();
                findings.check(Promise::Together, is_new, || {
                    format!("append {key} goes on at position {position}")
                });
            }
        }
        ends.extend(entries.iter().map(|entry| (entry.stream, end(entry))));
    }
    recorded
}

/// Compares what stands together with what was asked for.
fn compare(
    intention: &Intention,
    entries: &[Entry],
    ends: &HashMap<u32, End>,
    findings: &mut Findings,
) -> Recorded {
    let Intention { key, .. } = *intention;
    let Entry { position: first, at, .. } = entries[0];
    let streams = intention.parts.iter();
    let streams = streams.flat_map(|part| (0..part.events).map(|_| part.stream));
    let intended: Vec<_> = (0..).zip(streams).collect();
    let there: Vec<_> = entries.iter().map(|entry| (entry.index, entry.stream)).collect();

    findings.check(Promise::Whole, there.len() == intended.len(), || {
        format!("{} of {} events of append {key} at {first}", there.len(), intended.len())
    });
    findings.check(Promise::Together, intended.starts_with(&there), || {
        format!("append {key} at position {first}: (event, stream) are {there:?}")
    });
    findings.check(Promise::Together, entries.iter().all(|entry| entry.at == at), || {
        format!("append {key} at position {first} is recorded at several times")
    });

    let mut parts = Vec::with_capacity(intention.parts.len());
    for part in &intention.parts {
        let before = ends.get(&part.stream).copied();
        findings.check(Promise::Expected, part.expected.allows(before), || {
            let (expected, stream) = (part.expected, part.stream);
            format!(
                "append {key} at {first}: {expected:?} of stream {stream}, {before:?} was there"
            )
        });
        let revision = before.map_or(0, |end| end.revision);
        parts.push((before, revision + i64::from(part.events)));
    }
    let position = entries.last().map_or(first, |entry| entry.position);
    Recorded { position, at, parts }
}
