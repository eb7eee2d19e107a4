//! Read models, beside the same tables written by hand through the same driver, in the same database.

// What is built, where, and how it is done by hand;
mod statement;
mod place;
mod stage;
mod raw;
// and then what is measured.
mod view;
mod statements;
mod rebuild;
mod latency;
mod inline;
mod poison;
mod shares;

pub(crate) use place::{Place, build, follow};
pub(crate) use statement::Statement;

use crate::{progress, rounds::Rounds, runtime, table::Row};
use stage::Kind;

/// The name of these rows.
const BENCH: &str = "projections";

/// Some of the rows, which are measured in databases of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    View(Kind),
    Statements(Kind),
    Rebuild,
    Latency,
    Inline,
    Poison,
    Shares,
}

/// The parts of those names; all of them, if there are none. `None` if there is no such part.
pub(crate) fn parts(names: &[&str]) -> Option<Vec<Part>> {
    const ALL: [(&str, Part); 9] = [
        ("view-postgres", Part::View(Kind::Postgres)),
        ("view-sqlite", Part::View(Kind::Sqlite)),
        ("statements-postgres", Part::Statements(Kind::Postgres)),
        ("statements-sqlite", Part::Statements(Kind::Sqlite)),
        ("rebuild", Part::Rebuild),
        ("latency", Part::Latency),
        ("inline", Part::Inline),
        ("poison", Part::Poison),
        ("shares", Part::Shares),
    ];
    if names.is_empty() {
        return Some(ALL.map(|(_, part)| part).into());
    }
    let part = |name: &&str| ALL.iter().find(|(its, _)| its == name).map(|(_, part)| *part);
    names.iter().map(part).collect()
}

/// Every row of `parts`, one after the other.
pub(crate) fn rows(parts: &[Part], is_quick: bool) -> Vec<Row> {
    let (runtime, scale) = (runtime(), Scale { is_quick });
    let rows = parts.iter().map(|part| {
        progress(&format!("{part:?}, in a new database"));
        runtime.block_on(async {
            match part {
                Part::View(kind) => view::rows(*kind, scale).await,
                Part::Statements(kind) => statements::rows(*kind, scale).await,
                Part::Rebuild => rebuild::rows(scale).await,
                Part::Latency => latency::rows(scale).await,
                Part::Inline => inline::rows(scale).await,
                Part::Poison => poison::rows(scale).await,
                Part::Shares => shares::rows(scale).await,
            }
        })
    });
    rows.flatten().collect()
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Scale {
    is_quick: bool,
}

impl Scale {
    /// So many, or few enough to be quick.
    fn of(self, number: u64) -> u64 {
        if self.is_quick { number / 50 } else { number }
    }

    fn rounds<const N: usize>(self, work: &'static str, unit: &'static str) -> Rounds<N> {
        let rounds = Rounds::new(work, unit);
        if self.is_quick { rounds.rounds(1) } else { rounds }
    }
}
