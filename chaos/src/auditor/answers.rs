//! What was answered, against the log.

use std::collections::HashMap;

use super::{Asked, log::Recorded};
use crate::{
    breach::{Findings, Promise},
    key::Key,
    record::{Answer, Part, Wanted, Way},
};

/// Every answer is true, and what came of an append is what was answered.
pub(super) fn check(
    asked: &HashMap<Key, Asked<'_>>,
    recorded: &HashMap<Key, Recorded>,
    findings: &mut Findings,
) {
    for (key, asked) in asked {
        let recorded = recorded.get(key);
        for answer in &asked.answers {
            check_one(asked, answer, recorded, findings);
        }
        let must_not_be = asked.intention.way == Way::Aborted;
        findings.check(Promise::AbortedIsNotThere, !(must_not_be && recorded.is_some()), || {
            format!("append {key}")
        });
    }
}

fn check_one(
    asked: &Asked<'_>,
    answer: &Answer,
    recorded: Option<&Recorded>,
    findings: &mut Findings,
) {
    let key = asked.intention.key;
    match (answer, recorded) {
        (Answer::Unavailable { .. } | Answer::Aborted, _) => {}
        (Answer::Wrong { why }, _) => {
            findings.add(Promise::NothingWrong, format!("append {key}: {why}"));
        }
        (Answer::Appended { position, .. }, None) => findings.add(
            Promise::AcknowledgedIsThere,
            format!("append {key}, acknowledged at position {position}, is missing"),
        ),
        (Answer::Appended { .. }, Some(recorded)) => {
            let is_true = is_true(&asked.intention.parts, answer, recorded);
            findings.check(Promise::AnswerIsTrue, is_true, || {
                format!("append {key}: {answer:?} is answered, {recorded:?} is there")
            });
        }
        (Answer::Conflict { .. }, Some(Recorded { position, .. })) => findings
            .add(Promise::RefusedIsNotThere, format!("append {key} is at position {position}")),
        (Answer::Conflict { stream, actual }, None) => {
            let refused = |part: &Part| {
                Some(part.stream) == *stream && !is_met_for_certain(part.expected, *actual)
            };
            findings.check(
                Promise::RefusedRightly,
                asked.intention.parts.iter().any(refused),
                || format!("append {key}: {answer:?} to {:?}", asked.intention.parts),
            );
        }
    }
}

/// Whether an acknowledgement says what the log says.
fn is_true(parts: &[Part], answer: &Answer, recorded: &Recorded) -> bool {
    let Answer::Appended { revisions, position, at, repeated } = answer else { return false };
    let is_revision = |((part, revision), (_, then)): ((&Part, &i64), &(_, i64))| match part.events
    {
        // A stream that is only checked may have gone on since.
        0 if *repeated => revision >= then,
        _ => revision == then,
    };
    *position == recorded.position
        && *at == recorded.at
        && revisions.len() == parts.len()
        && parts.iter().zip(revisions).zip(&recorded.parts).all(is_revision)
}

/// Whether a stream of so many events is as expected. No history is lost in a run, so that at one
/// revision there is only one event.
fn is_met_for_certain(expected: Wanted, actual: i64) -> bool {
    match expected {
        Wanted::Any => true,
        Wanted::NoStream => actual == 0,
        Wanted::Exists => actual > 0,
        Wanted::At(revision) => revision == actual,
        Wanted::After(end) => end.revision == actual,
    }
}
