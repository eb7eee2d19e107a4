//! The log beside the rows that it came from.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use annals::prelude::*;

use super::{
    super::{
        domain::{Application, ApplicationEvent, Occasion, StateEvent},
        moment::Moment,
        source::{Activity, Row, Rows},
    },
    Verdict,
};

/// What the log has under each application and entry, by hashes: all of it is in memory at once.
#[derive(Debug, Default)]
pub(super) struct Entries(HashMap<u64, u64>);

impl Entries {
    pub(super) fn record(&mut self, case: &str, event: &ApplicationEvent) {
        let submitted = match event {
            ApplicationEvent::State(StateEvent::Submitted { cents, registered_at, .. }) => {
                Some((*cents, *registered_at))
            }
            _ => None,
        };
        let Occasion { entry, happened_at, resource } = event.occasion();
        let content = content(*happened_at, Activity::of(event), resource.as_deref(), submitted);
        self.0.insert(hash(&(case, entry)), content);
    }
}

fn content(
    at: Moment,
    activity: Activity,
    resource: Option<&str>,
    submitted: Option<(u64, Moment)>,
) -> u64 {
    hash(&(at, activity, resource, submitted))
}

fn hash(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// Decides on the rows of a source, one after the other: what is accepted has to be in the log as it is, and
/// nothing else may be there.
pub(super) fn compare_with_source(rows: Rows, entries: Entries, verdict: &mut Verdict) {
    let Entries(mut log) = entries;
    let mut applications: HashMap<String, Application> = HashMap::new();
    let (mut compared, mut differing, mut missing) = (0, vec![], vec![]);
    let (mut refused, mut bad) = (0, 0);
    for row in rows.rows {
        let row = match row {
            Ok(row) => row,
            Err(its) => {
                bad += 1;
                verdict.bad(its);
                continue;
            }
        };
        let application = applications.entry(row.case.clone()).or_default();
        let decided = row.intent().decide(application);
        let found = log.remove(&hash(&(row.case.as_str(), row.entry)));
        if decided.is_err() && found.is_none() {
            refused += 1;
            continue;
        }
        decided.iter().flatten().for_each(|event| application.evolve(event));
        compared += 1;
        match found {
            None => missing.push(told(&row)),
            // Also what a rule refuses: something else is recorded under its number.
            Some(found) if decided.is_err() || found != of_row(&row) => differing.push(told(&row)),
            Some(_) => {}
        }
    }
    let name = "the log: rows of its source";
    verdict.line(name.into(), compared, differing.len(), differing);
    verdict.line("  of which are missing".into(), compared, missing.len(), missing);
    verdict.line("  beside which there are".into(), log.len(), log.len(), []);
    verdict.line("  refused by a rule".into(), refused, 0, []);
    verdict.line("  bad".into(), bad, bad, []);
}

fn of_row(row: &Row) -> u64 {
    let is_first = matches!(row.activity, Activity::State(super::super::domain::State::Submitted));
    let submitted = is_first.then_some((row.cents(), row.registered_at));
    content(row.at, row.activity, row.resource.as_deref(), submitted)
}

fn told(row: &Row) -> String {
    format!("line {}: {}/{}", row.line, row.case, row.entry)
}
