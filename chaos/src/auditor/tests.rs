//! The auditor finds what is fabricated, and calls it by its name.

mod fabricated;

use self::fabricated::{
    aborted, answered, appended, entry, evidence, first, intended, refused, second, unanswered,
};
use super::{Entry, Evidence, Look, audit};
use crate::{
    breach::Promise,
    key::Key,
    record::{Answer, End, Record, Seen, Wanted, Way},
    scenario::Place,
};

/// The promises that are found broken if something is `changed`.
fn broken(change: impl FnOnce(&mut Evidence)) -> Vec<Promise> {
    let mut evidence = evidence();
    change(&mut evidence);
    audit(&evidence).0.broken()
}

/// The same if nobody read, and nobody looked, and the table is changed: what the store reads is
/// the same.
fn broken_log(change: impl FnOnce(&mut Vec<Entry>)) -> Vec<Promise> {
    broken(|evidence| {
        change(&mut evidence.log);
        evidence.read = evidence.log.clone();
        evidence.reports.readings.clear();
        evidence.looks.clear();
    })
}

/// The same for what the first reader saw.
fn broken_reading(change: impl FnOnce(&mut Vec<Seen>)) -> Vec<Promise> {
    broken(|evidence| change(&mut evidence.reports.readings[0].1))
}

/// The same if one more answer was given.
fn broken_answer(record: Record) -> Vec<Promise> {
    broken(|evidence| evidence.reports.records.push(record))
}

#[test]
fn where_all_went_well_nothing_is_found() {
    let (findings, figures) = audit(&evidence());
    assert_eq!(findings.to_string(), "");
    assert_eq!((figures.appended, figures.repeated, figures.conflicts), (2, 1, 1));
    assert_eq!((figures.aborted, figures.unanswered, figures.events), (1, 1, 4));
}

#[test]
fn a_gap_is_found() {
    let broken = broken_log(|log| log[3].position = 5);
    assert_eq!(broken, [Promise::NoGap, Promise::AnswerIsTrue]);
}

#[test]
fn a_missing_revision_is_found() {
    let broken = broken_log(|log| log[3].revision = 2);
    assert_eq!(broken, [Promise::EveryRevision]);
}

#[test]
fn a_doubled_event_is_found() {
    let broken = broken_log(|log| log.push(entry(5, (2, 2), second(), 1)));
    assert!(broken.contains(&Promise::NoneTwice), "{broken:?}");
}

#[test]
fn an_append_that_is_recorded_again_elsewhere_is_found() {
    let broken = broken_log(|log| {
        log.extend([entry(5, (1, 4), first(), 0), entry(6, (1, 5), first(), 1)]);
    });
    assert!(broken.contains(&Promise::NoneTwice), "{broken:?}");
    assert!(broken.contains(&Promise::Together), "{broken:?}");
}

#[test]
fn a_part_of_an_append_is_found() {
    let broken = broken_log(|log| log.truncate(3));
    assert_eq!(broken, [Promise::Whole, Promise::AnswerIsTrue]);

    let broken = broken_log(|log| log.push(entry(5, (2, 2), unanswered(), 0)));
    assert_eq!(broken, [Promise::Whole]);
}

#[test]
fn events_in_another_order_or_stream_are_found() {
    for streams in [[(2, 1), (1, 3)], [(1, 3), (1, 4)]] {
        let broken = broken_log(|log| {
            log.truncate(2);
            log.extend(
                (3..)
                    .zip(0..)
                    .zip(streams)
                    .map(|((position, index), place)| entry(position, place, second(), index)),
            );
        });
        assert!(broken.contains(&Promise::Together), "{broken:?}");
    }
}

#[test]
fn a_missing_acknowledged_append_is_found() {
    let broken = broken_log(|log| log.truncate(2));
    assert_eq!(broken, [Promise::AcknowledgedIsThere]);
}

#[test]
fn an_aborted_append_that_is_there_is_found() {
    let broken = broken_log(|log| log.push(entry(5, (1, 4), aborted(), 0)));
    assert_eq!(broken, [Promise::AbortedIsNotThere]);
}

#[test]
fn a_row_of_an_aborted_append_is_found() {
    let broken = broken(|evidence| evidence.receipts.push(aborted()));
    assert_eq!(broken, [Promise::AbortedIsNotThere, Promise::RowsWithEvents]);
}

#[test]
fn events_without_their_row_and_a_row_without_its_events_are_found() {
    assert_eq!(broken(|evidence| evidence.receipts.clear()), [Promise::RowsWithEvents]);
    let broken = broken(|evidence| evidence.receipts.push(unanswered()));
    assert_eq!(broken, [Promise::RowsWithEvents]);
}

#[test]
fn a_refused_append_that_is_there_is_found() {
    let broken = broken_log(|log| log.push(entry(5, (1, 4), refused(), 0)));
    assert_eq!(broken, [Promise::Expected, Promise::RefusedIsNotThere]);
}

#[test]
fn an_append_that_found_its_stream_otherwise_is_found() {
    let broken = broken(|evidence| {
        let expected = Wanted::After(End { revision: 2, key: first(), index: 0, at: 7 });
        let parts = [(1, expected, 1), (2, Wanted::Any, 1)];
        evidence.reports.records[2] = intended(second(), Way::Alone, &parts);
    });
    assert_eq!(broken, [Promise::Expected]);
}

#[test]
fn a_refusal_of_what_was_as_expected_is_found() {
    let conflict = Answer::Conflict { stream: Some(1), actual: 1 };
    assert_eq!(broken_answer(answered(refused(), conflict)), [Promise::RefusedRightly]);
}

#[test]
fn an_untrue_answer_is_found() {
    for answer in [
        appended(second(), &[3, 1], 3, true),
        appended(second(), &[3, 2], 4, true),
        appended(second(), &[3], 4, true),
        answered(
            second(),
            Answer::Appended { revisions: vec![3, 1], position: 4, at: 8, repeated: true },
        ),
    ] {
        assert_eq!(broken_answer(answer), [Promise::AnswerIsTrue]);
    }
}

#[test]
fn a_failure_that_has_no_place_is_found() {
    let why = "a row is not what it should be".into();
    let broken = broken_answer(answered(first(), Answer::Wrong { why }));
    assert_eq!(broken, [Promise::NothingWrong]);
}

#[test]
fn an_event_that_nobody_asked_for_is_found() {
    let broken = broken_log(|log| log.push(entry(5, (3, 1), Key::new(2, 0, 0), 0)));
    assert!(broken.contains(&Promise::Intended), "{broken:?}");
}

#[test]
fn what_is_read_otherwise_than_it_lies_there_is_found() {
    let broken_at = |change: fn(&mut Vec<Entry>)| broken(|evidence| change(&mut evidence.read));
    assert_eq!(broken_at(|read| read.truncate(3)), [Promise::ReadAsRecorded]);
    assert_eq!(broken_at(|read| read[1].at = 8), [Promise::ReadAsRecorded]);
    assert_eq!(broken_at(|read| read[1].is_intact = false), [Promise::ReadAsRecorded]);
}

#[test]
fn an_event_that_appeared_behind_a_reader_is_found() {
    let broken = broken_reading(|seen| {
        seen[3] = Seen::Events { position: 4, key: second(), index: 1, count: 1 };
    });
    assert_eq!(broken, [Promise::NothingBehindAReader]);
}

#[test]
fn an_event_that_a_reader_saw_twice_or_too_late_is_found() {
    for (position, index) in [(4, 1), (2, 1)] {
        let broken = broken_reading(|seen| {
            let again = Seen::Events { position, key: second(), index, count: 1 };
            seen.insert(4, again);
        });
        assert_eq!(broken, [Promise::SeenInOrder]);
    }
}

#[test]
fn an_event_that_was_seen_and_is_not_recorded_is_found() {
    let broken = broken_reading(|seen| {
        seen.insert(4, Seen::Events { position: 5, key: aborted(), index: 0, count: 1 });
    });
    assert_eq!(broken, [Promise::SeenIsRecorded]);
    let broken = broken_reading(|seen| {
        seen[3] = Seen::Events { position: 3, key: unanswered(), index: 0, count: 2 };
    });
    assert_eq!(broken, [Promise::SeenIsRecorded]);
}

#[test]
fn a_reader_that_stopped_or_never_began_is_found() {
    let broken = broken_reading(|seen| seen.truncate(3));
    assert_eq!(broken, [Promise::SeenToTheEnd]);
    assert_eq!(broken_reading(Vec::clear), [Promise::SeenToTheEnd]);
}

#[test]
fn a_filtered_reader_must_see_what_it_asked_for_and_nothing_else() {
    let wanted: Vec<_> = {
        let is_wanted =
            |entry: &Entry| Place::Filtered.filter().allows(&entry.key.event_type(entry.index));
        evidence().log.into_iter().filter(is_wanted).collect()
    };
    let seen = |entries: &[Entry]| {
        let seen = |entry: &Entry| {
            let Entry { position, key, index, .. } = *entry;
            Seen::Events { position, key, index, count: 1 }
        };
        let ended = [Seen::Ended { longest_pause_millis: 1 }];
        let all = entries.iter().map(seen).chain(ended);
        [Seen::Began { after: 0 }].into_iter().chain(all).collect::<Vec<_>>()
    };
    let broken_by = |entries: &[Entry]| {
        broken(|evidence| evidence.reports.readings = vec![(Place::Filtered, seen(entries))])
    };
    assert!((1..4).contains(&wanted.len()), "the filter takes some: {wanted:?}");
    assert_eq!(broken_by(&wanted), []);
    assert_eq!(broken_by(&wanted[1..]).len(), 1);
    assert_eq!(broken_by(&evidence().log), [Promise::SeenIsRecorded]);
}

#[test]
fn what_was_acknowledged_and_is_not_there_after_a_kill_is_found_though_it_comes_back() {
    let broken = broken(|evidence| {
        let late = evidence.looks[0].new.split_off(1);
        evidence.looks[1].new = late;
    });
    assert_eq!(broken, [Promise::AcknowledgedIsThere]);
}

#[test]
fn what_was_there_after_a_kill_and_is_not_in_the_end_is_found() {
    for (kill, event) in [(2, (4, second(), 0)), (1, (3, unanswered(), 0))] {
        let broken = broken(|evidence| {
            evidence.looks.truncate(kill);
            evidence.looks[kill - 1] = Look { new: vec![event], acknowledged: Vec::new() };
        });
        assert_eq!(broken, [Promise::Stays]);
    }
    let broken = broken(|evidence| evidence.looks[2].new.push((5, unanswered(), 0)));
    assert_eq!(broken, [Promise::Stays]);
}

#[test]
fn a_file_that_is_not_sound_is_found() {
    for answer in [vec!["row 7 missing from index annals_event_id".into()], Vec::new()] {
        assert_eq!(broken(|evidence| evidence.integrity.push(answer)), [Promise::Sound]);
    }
}

#[test]
fn what_is_found_is_named_with_its_first_places() {
    let mut evidence = evidence();
    evidence.log.remove(1);
    let shown = audit(&evidence).0.to_string();
    assert!(shown.contains("BROKEN (2): positions have no gaps"), "{shown}");
    assert!(shown.contains("event 2 of the log stands at position 3"), "{shown}");
}
