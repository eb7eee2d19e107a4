//! The PostgreSQL store beside the same work done by hand through the same driver, on the same server.

// What is measured with, and then what is measured.
mod server;
mod raw;
mod append;
mod execute;
mod read;
mod growth;
mod processes;
mod payload;

pub(crate) use raw::Inserter;
pub(crate) use read::read_all_raw;
pub(crate) use server::{Bed, connect};

use crate::{progress, runtime, table::Row};

/// The name of these rows.
const BENCH: &str = "postgres";

/// Some of the rows, which are measured on a server of their own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Append,
    Execute,
    Read,
    /// With how many events the long log has.
    Growth(i64),
    Processes,
}

/// The parts of those names; all of them, if there are none. `None` if there is no such part.
pub(crate) fn parts(names: &[&str], is_quick: bool) -> Option<Vec<Part>> {
    const ALL: [&str; 5] = ["append", "execute", "read", "growth", "processes"];
    let names = if names.is_empty() { &ALL } else { names };
    let part = |name: &&str| match *name {
        "append" => Some(Part::Append),
        "execute" => Some(Part::Execute),
        "read" => Some(Part::Read),
        "growth" => Some(Part::Growth(if is_quick { 1_000_000 } else { 10_000_000 })),
        "processes" => Some(Part::Processes),
        _ => None,
    };
    names.iter().map(part).collect()
}

/// Every row of `parts`, one after the other.
pub(crate) fn rows(parts: &[Part]) -> Vec<Row> {
    let runtime = runtime();
    let rows = parts.iter().map(|part| {
        progress(&format!("{part:?}, on a new server"));
        runtime.block_on(async {
            match part {
                Part::Append => append::rows().await,
                Part::Execute => execute::rows().await,
                Part::Read => read::rows().await,
                Part::Growth(events) => growth::rows(*events).await,
                Part::Processes => processes::rows().await,
            }
        })
    });
    rows.flatten().collect()
}

/// What the types of the payload's column cost, without Annals.
pub(crate) fn payload_rows() -> Vec<Row> {
    runtime().block_on(payload::rows())
}
