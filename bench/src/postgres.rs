//! The PostgreSQL store beside the same work done by hand through the same driver, on the same server.

// What is measured with, and then what is measured.
mod account;
mod server;
mod rounds;
mod crowd;
mod ours;
mod raw;
mod worker;
mod append;
mod execute;
mod read;
mod growth;
mod processes;
mod payload;

use tokio::runtime::Runtime;

pub(crate) use worker::work;

use crate::table::Row;

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

fn runtime() -> Runtime {
    Runtime::new().expect("a machine that can bench can start threads")
}

/// Says how far it is to whoever waits, beside the results.
fn progress(message: &str) {
    eprintln!("{message}");
}

/// A number as a figure; exact up to 2^53.
fn figure(number: u64) -> f64 {
    let (high, low) = (number >> 32, number & u64::from(u32::MAX));
    let half = |half: u64| u32::try_from(half).map_or(f64::NAN, f64::from);
    half(high) * 4_294_967_296.0 + half(low)
}
