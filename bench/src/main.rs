//! What Annals costs, beside the same work done by hand, in the same run: `cargo xtask bench`.
//!
//! A ratio is the median of the ratios of pairs measured in turn, so that it holds on a machine whose
//! speed drifts; an absolute time says little.

// What is measured with,
mod pairs;
mod rounds;
mod table;
mod account;
mod streams;
mod crowd;
mod ours;
mod reading;
mod worker;
// and then what is measured.
mod core;
mod postgres;
mod sqlite;
mod projections;
mod loans;

use std::process::ExitCode;

use table::Row;
use tokio::runtime::Runtime;

const USAGE: &str = "\
usage: annals-bench NAME... [--json] [--quick]

core      the write side in memory
postgres  the PostgreSQL store, on a private server; behind it, which parts, if not all:
          append execute read growth processes
sqlite    the SQLite store, on files of its own
projections  read models, on servers and files of their own; behind it, which parts, if not all:
          view-postgres view-sqlite statements-postgres statements-sqlite rebuild latency inline
          poison shares
loans     the import of the example of that name, with its read models, on every store: of the log that
          ANNALS_LOANS_LOG names, or one that is made up
payload   what the types of the payload's column cost, for the record

--quick   a log of 1,000,000 events is long enough for `growth`, in place of 10,000,000; the parts
          of `projections` are measured once, with a fiftieth of the events, to see that they run";

fn main() -> ExitCode {
    let (flags, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let ["worker", ref job @ ..] = names[..] {
        return worker::work(job);
    }
    if !flags.iter().all(|flag| ["--json", "--quick"].contains(&flag.as_str())) {
        return usage();
    }
    let is_given = |flag: &str| flags.iter().any(|given| given == flag);
    let rows = match names[..] {
        ["core"] => core::rows(),
        ["postgres", ref parts @ ..] => match postgres::parts(parts, is_given("--quick")) {
            Some(parts) => postgres::rows(&parts),
            None => return usage(),
        },
        ["sqlite"] => sqlite::rows(),
        ["projections", ref parts @ ..] => match projections::parts(parts) {
            Some(parts) => projections::rows(&parts, is_given("--quick")),
            None => return usage(),
        },
        ["loans"] => loans::rows(),
        ["payload"] => postgres::payload_rows(),
        _ => return usage(),
    };
    if is_given("--json") {
        rows.iter().for_each(|row| println!("{}", row.to_json()));
    } else {
        print!("{}", table::of(&rows));
    }
    if rows.iter().all(Row::is_ok) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
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
