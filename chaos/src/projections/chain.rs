//! Whether the commits that hands have reported can all have happened, each to what the one before it left.

use std::collections::BTreeMap;

use serde::Deserialize;
use uuid::Uuid;

use crate::projections::report::{Move, Report};

/// A checkpoint, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Mark {
    pub(crate) position: i64,
    pub(crate) owner: Option<Uuid>,
}

/// How much there was of it.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Commits that moved a checkpoint.
    pub(crate) moves: usize,
    /// How often one was taken from somebody else, who may have left it or not.
    pub(crate) takes: usize,
    /// Commits of which it is not known whether they happened.
    pub(crate) doubtful: usize,
    pub(crate) findings: Vec<String>,
}

/// One commit to one checkpoint.
struct Link<'r> {
    from: Option<Mark>,
    to: Option<Mark>,
    is: &'r Move,
}

/// Checks what each hand has reported. If none of them was killed, everything that has happened is in there, and
/// nothing may be missing.
pub(crate) fn check(reports: &[Vec<Report>], is_complete: bool) -> Links {
    let mut links = Links::default();
    let mut of_key = BTreeMap::<&str, Vec<Link<'_>>>::new();
    for report in reports.iter().flatten() {
        match report {
            Report::Committed(moves) => {
                for is in moves {
                    let [from, to] =
                        [&is.from, &is.to].map(|content| content.as_deref().and_then(mark));
                    of_key.entry(&is.key).or_default().push(Link { from, to, is });
                }
            }
            Report::Doubtful(_) => links.doubtful += 1,
            _ => {}
        }
    }
    let is_complete = is_complete && links.doubtful == 0;
    for (key, its) in of_key {
        check_key(key, &its, is_complete, &mut links);
    }
    links
}

pub(crate) fn mark(content: &str) -> Option<Mark> {
    serde_json::from_str(content).ok()
}

fn check_key(key: &str, its: &[Link<'_>], is_complete: bool, links: &mut Links) {
    let mut steps = vec![];
    for link in its {
        let (Some(from), Some(to)) = (&link.from, &link.to) else { continue };
        if from.position == to.position {
            links.takes += usize::from(from.owner != to.owner && to.owner.is_some());
            continue;
        }
        links.moves += 1;
        steps.push((from.position, to.position));
        if to.position < from.position {
            links.findings.push(format!("{key} was moved back, from {from:?} to {to:?}"));
        }
        if from.owner != to.owner || to.owner.is_none() {
            links.findings.push(format!("{key} was moved by who did not own it: {:?}", link.is));
        }
    }
    steps.sort_unstable();
    let mut reached = 0;
    for (from, to) in steps {
        if from < reached {
            let message =
                format!("{key}: what is after {from} was committed twice, up to {reached}");
            links.findings.push(message);
        }
        if is_complete && from > reached {
            let message =
                format!("{key}: nobody has committed what is after {reached}, up to {from}");
            links.findings.push(message);
        }
        reached = to;
    }
    if is_complete {
        links.findings.extend(check_contents(key, its));
    }
}

/// Nothing is swapped for something else more often than it was there.
fn check_contents(key: &str, its: &[Link<'_>]) -> Option<String> {
    let mut there = BTreeMap::<&str, i64>::new();
    for Link { is, .. } in its {
        *there.entry(is.from.as_deref().unwrap_or_default()).or_default() -= 1;
        *there.entry(is.to.as_deref().unwrap_or_default()).or_default() += 1;
    }
    there.remove("");
    let (content, times) = there.into_iter().find(|(_, times)| *times < 0)?;
    Some(format!("{key}: {content} was swapped for something {} times too often", -times))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::check;
    use crate::projections::report::{Move, Report};

    fn mark(position: i64, owner: u128) -> String {
        let owner = Uuid::from_u128(owner);
        format!(r#"{{"end":1024,"position":{position},"last":null,"owner":"{owner}"}}"#)
    }

    fn moved(from: (i64, u128), to: (i64, u128)) -> Report {
        let [from, to] = [from, to].map(|(position, owner)| Some(mark(position, owner)));
        Report::Committed(vec![Move { key: "whole/1/0000".into(), from, to }])
    }

    fn begun(owner: u128) -> Report {
        let to = Some(mark(0, owner));
        Report::Committed(vec![Move { key: "whole/1/0000".into(), from: None, to }])
    }

    #[test]
    fn commits_that_follow_on_each_other_are_fine_whoever_made_them() {
        let one = vec![
            begun(1),
            moved((0, 1), (10, 1)),
            moved((20, 2), (20, 1)),
            moved((20, 1), (30, 1)),
        ];
        let other = vec![moved((10, 1), (10, 2)), moved((10, 2), (20, 2))];
        let links = check(&[one, other], true);
        assert!(links.findings.is_empty(), "{links:?}");
        assert_eq!((links.moves, links.takes), (3, 2));
    }

    #[test]
    fn a_commit_after_somebody_else_took_over_is_found() {
        let one = vec![begun(1), moved((0, 1), (10, 1)), moved((10, 1), (20, 1))];
        let other = vec![moved((10, 1), (10, 2))];
        // Also if the other has not committed anything.
        assert_eq!(check(&[one.clone(), other], true).findings.len(), 1);
        let other = vec![moved((10, 1), (10, 2)), moved((10, 2), (15, 2))];
        assert_eq!(check(&[one, other], false).findings.len(), 1);
    }

    #[test]
    fn what_is_missing_is_found_where_nobody_was_killed() {
        let reports = [vec![begun(1), moved((0, 1), (10, 1)), moved((11, 1), (20, 1))]];
        assert_eq!(check(&reports, false).findings.len(), 0);
        assert_ne!(check(&reports, true).findings.len(), 0);
    }
}
