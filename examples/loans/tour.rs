//! What runs when nothing is said: everything, once, from nothing.

use std::{fs, path::Path};

use annals::Annals;

use super::{
    Failure,
    import::{How, import},
    report::report,
    source::Source,
    verify::verify,
};

/// Where the log is, unless it is said.
pub(crate) const STORE: &str = "sqlite://target/loans/loans.db";

pub(crate) async fn run() -> Result<bool, Failure> {
    let _ = fs::remove_dir_all("target/loans"); // What an earlier run has left.
    let annals = Annals::open(STORE).await?;
    let source = Source::Generated { cases: 2_000, seed: 1 };

    println!("2,000 made-up applications, imported into {STORE}\n");
    let tally = import(&annals, &source, How::default()).await?;
    println!("{tally}");
    report(&annals, Path::new("target/loans/report.html")).await?;
    let verdict = verify(&annals, Some(&source)).await?;
    println!("{verdict}");

    println!("next, after `cargo run --release --example loans --`:");
    println!(
        "  show G000042                       one application, from its first day to its last"
    );
    println!("  show G000042 --as-of 2011-10-05T00:00:00+02:00");
    println!("  rebuild throughput                 a read model, built anew beside itself");
    println!("  import --log FILE --store URL      the real log: docs/loans.md says where it is");
    Ok(tally.failed() == 0 && verdict.is_good())
}
