//! What Annals costs, beside the same work done by hand, in the same run: `cargo xtask bench`.
//!
//! A ratio is the median of the ratios of pairs measured in turn, so that it holds on a machine whose
//! speed drifts; an absolute time says little.

mod core;
mod pairs;
mod table;

use std::process::ExitCode;

use table::Row;

const USAGE: &str = "usage: annals-bench NAME [--json], where NAME is `core`";

fn main() -> ExitCode {
    let (flags, names): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let as_json = match flags.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--json"] => true,
        _ => return usage(),
    };
    let rows = match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["core"] => core::rows(),
        _ => return usage(),
    };
    if as_json {
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
