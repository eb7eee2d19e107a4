//! What Annals costs, beside the same work done by hand, in the same run: `cargo xtask bench`.
//!
//! A ratio is the median of the ratios of pairs measured in turn, so that it holds on a machine whose
//! speed drifts; an absolute time says little.

mod pairs;
mod table;
mod core;
mod postgres;

use std::process::ExitCode;

use table::Row;

const USAGE: &str = "\
usage: annals-bench NAME... [--json] [--quick]

core      the write side in memory
postgres  the PostgreSQL store, on a private server; behind it, which parts, if not all:
          append execute read growth processes
payload   what the types of the payload's column cost, for the record

--quick   a log of 1,000,000 events is long enough for `growth`, in place of 10,000,000";

fn main() -> ExitCode {
    let (flags, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let ["worker", ref job @ ..] = names[..] {
        return postgres::work(job);
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
