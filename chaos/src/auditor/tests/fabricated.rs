//! A small run that never was, in which all went well.

use crate::{
    auditor::{Entry, Evidence, Look},
    cast::Reports,
    key::Key,
    record::{Answer, End, Intention, Part, Record, Seen, Wanted, Way},
    scenario::Place,
};

/// Two events in stream 1, with a row.
pub(super) fn first() -> Key {
    Key::new(1, 0, 0)
}

/// After it an event in stream 1, and one in stream 2.
pub(super) fn second() -> Key {
    Key::new(1, 1, 0)
}

/// Refused, for it comes too late to stream 1.
pub(super) fn refused() -> Key {
    Key::new(1, 2, 0)
}

/// Rolled back.
pub(super) fn aborted() -> Key {
    Key::new(1, 3, 0)
}

/// Never answered, and not recorded.
pub(super) fn unanswered() -> Key {
    Key::new(1, 4, 0)
}

pub(super) fn entry(position: i64, (stream, revision): (u32, i64), key: Key, index: u64) -> Entry {
    Entry { position, revision, key, index, stream, at: 7, is_intact: true }
}

pub(super) fn intended(key: Key, way: Way, parts: &[(u32, Wanted, u32)]) -> Record {
    let part = |&(stream, expected, events)| Part { stream, expected, events };
    Record::Intended(Intention { key, way, parts: parts.iter().map(part).collect() })
}

pub(super) fn answered(key: Key, answer: Answer) -> Record {
    Record::Answered { key, answer }
}

pub(super) fn appended(key: Key, revisions: &[i64], position: i64, repeated: bool) -> Record {
    answered(key, Answer::Appended { revisions: revisions.into(), position, at: 7, repeated })
}

/// A run in which all went well.
pub(super) fn evidence() -> Evidence {
    let log = vec![
        entry(1, (1, 1), first(), 0),
        entry(2, (1, 2), first(), 1),
        entry(3, (1, 3), second(), 0),
        entry(4, (2, 1), second(), 1),
    ];
    let after = Wanted::After(End { revision: 2, key: first(), index: 1, at: 7 });
    let records = vec![
        intended(first(), Way::WithRow, &[(1, Wanted::NoStream, 2)]),
        appended(first(), &[2], 2, false),
        intended(second(), Way::Alone, &[(1, after, 1), (2, Wanted::Any, 1)]),
        answered(second(), Answer::Unavailable { why: "killed".into() }),
        appended(second(), &[3, 1], 4, true),
        intended(refused(), Way::Alone, &[(1, Wanted::At(1), 1)]),
        answered(refused(), Answer::Conflict { stream: Some(1), actual: 3 }),
        intended(aborted(), Way::Aborted, &[(1, Wanted::Any, 1)]),
        answered(aborted(), Answer::Aborted),
        intended(unanswered(), Way::Alone, &[(2, Wanted::Any, 3)]),
    ];
    let ended = || Seen::Ended { longest_pause_millis: 1 };
    let all = vec![
        Seen::Began { after: 0 },
        Seen::Events { position: 1, key: first(), index: 0, count: 2 },
        Seen::Resumed { why: "killed".into() },
        Seen::Events { position: 3, key: second(), index: 0, count: 2 },
        ended(),
    ];
    let late = vec![
        Seen::Began { after: 3 },
        Seen::Events { position: 4, key: second(), index: 1, count: 1 },
        ended(),
    ];
    let readings = vec![(Place::Start, all), (Place::Head, late)];
    let reports = Reports { records, readings, complaints: Vec::new() };
    let receipts = vec![first()];
    let looks = vec![
        Look { new: vec![(1, first(), 0), (2, first(), 1)], acknowledged: vec![(first(), 2)] },
        Look { new: Vec::new(), acknowledged: Vec::new() },
        Look {
            new: vec![(3, second(), 0), (4, second(), 1)],
            acknowledged: vec![(first(), 2), (second(), 4)],
        },
    ];
    let integrity = vec![vec!["ok".into()]];
    let read = log.clone();
    Evidence { log, read, garbled: Vec::new(), receipts, looks, integrity, reports }
}
