//! What readers saw, against the log.

use annals_core::Filter;

use super::Entry;
use crate::{
    breach::{Findings, Promise},
    key::Key,
    record::Seen,
    scenario::Place,
    verdict::Reading,
};

/// A reader saw exactly what is in the log after where it began, of what it asked for.
pub(super) fn check(place: Place, seen: &[Seen], log: &[Entry], findings: &mut Findings) {
    let filter = place.filter();
    for report in seen {
        if let Seen::Wrong { why } = report {
            findings.add(Promise::NothingWrong, format!("reader {place:?}: {why}"));
        }
    }
    let after = seen.iter().find_map(|report| match report {
        Seen::Began { after } => Some(*after),
        _ => None,
    });
    let Some(after) = after else {
        return findings.add(Promise::SeenToTheEnd, format!("reader {place:?} never began"));
    };
    let wanted = log.iter().filter(|entry| entry.position > after && is_wanted(entry, &filter));
    follow(place, after, events(seen), wanted, findings);

    let has_ended = seen.iter().any(|report| matches!(report, Seen::Ended { .. }));
    findings.check(Promise::SeenToTheEnd, has_ended, || {
        let last = events(seen).last().map(|(position, ..)| position);
        format!("reader {place:?} saw position {last:?} last")
    });
}

fn is_wanted(entry: &Entry, filter: &Filter) -> bool {
    *filter == Filter::All || filter.allows(&entry.key.event_type(entry.index))
}

/// Goes through both at once.
fn follow<'a>(
    place: Place,
    mut after: i64,
    seen: impl Iterator<Item = (i64, Key, u64)>,
    wanted: impl Iterator<Item = &'a Entry>,
    findings: &mut Findings,
) {
    let mut wanted = wanted.peekable();
    for (position, key, index) in seen {
        findings.check(Promise::SeenInOrder, position > after, || {
            format!("reader {place:?} saw position {position} after {after}")
        });
        if position <= after {
            continue;
        }
        after = position;
        while let Some(missed) = wanted.next_if(|entry| entry.position < position) {
            let Entry { position: behind, key, index, .. } = missed;
            findings.add(
                Promise::NothingBehindAReader,
                format!(
                    "reader {place:?} saw position {position} and never {behind}, \
                     event {index} of append {key}"
                ),
            );
        }
        let there = wanted.next_if(|entry| entry.position == position);
        let is_same = there.is_some_and(|entry| (entry.key, entry.index) == (key, index));
        findings.check(Promise::SeenIsRecorded, is_same, || {
            let saw = format!("reader {place:?} saw event {index} of append {key} at {position}");
            format!("{saw}, where there is {there:?}")
        });
    }
    if let Some(missed) = wanted.next() {
        let position = missed.position;
        findings.add(
            Promise::SeenToTheEnd,
            format!("reader {place:?} saw nothing from position {position} on"),
        );
    }
}

/// The events that were seen, one by one: position, append, and index in it.
fn events(seen: &[Seen]) -> impl Iterator<Item = (i64, Key, u64)> {
    seen.iter().flat_map(|report| {
        let (position, key, index, count) = match *report {
            Seen::Events { position, key, index, count } => (position, key, index, count),
            _ => (0, Key::END, 0, 0),
        };
        (position..).zip(index..).zip(0..count).map(move |((at, index), _)| (at, key, index))
    })
}

/// How a reader fared.
pub(super) fn figures((place, seen): &(Place, Vec<Seen>)) -> Reading {
    let mut reading = Reading { place: *place, events: 0, resumed: 0, longest_pause_millis: None };
    for report in seen {
        match report {
            Seen::Events { count, .. } => reading.events += count,
            Seen::Resumed { .. } => reading.resumed += 1,
            Seen::Ended { longest_pause_millis } => {
                reading.longest_pause_millis = Some(*longest_pause_millis);
            }
            Seen::Began { .. } | Seen::Wrong { .. } => {}
        }
    }
    reading
}
