//! The loan applications of a bank: a log that is imported, what is read of it, and how that is looked after.
//!
//! ```sh
//! cargo run --example loans -- generate --cases 1 --seed 4
//! ```
//!
//! ```text
//! timestamp,case_id,event_in_case,amount_requested,registered_at,activity,lifecycle,resource
//! 2011-10-01T00:00:00.213+02:00,G000001,1,10000,2011-10-01T00:00:00.000+02:00,A_SUBMITTED,COMPLETE,112
//! 2011-10-01T00:00:00.841+02:00,G000001,2,10000,2011-10-01T00:00:00.000+02:00,A_PARTLYSUBMITTED,COMPLETE,112
//! 2011-10-01T00:00:45.141+02:00,G000001,3,10000,2011-10-01T00:00:00.000+02:00,A_DECLINED,COMPLETE,112
//! ```
//!
//! Without more words it makes up 2,000 applications, imports them into an SQLite file, reports, and verifies
//! what it has reported. `docs/loans.md` says what is where, and what the real log of the year 2012 shows.
//!
//! ```sh
//! cargo run --release --example loans
//! ```

pub(crate) mod args;
pub(crate) mod screen;
pub(crate) mod moment;
pub(crate) mod domain;
pub(crate) mod source;
pub(crate) mod models;
pub(crate) mod import;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod rebuild;
pub(crate) mod verify;
pub(crate) mod tour;

use std::{path::Path, process::ExitCode};

use clap::Parser;

use self::{
    args::{Cli, Verb},
    import::{How, import_rows},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    ExitCode::from(end(Cli::parse()).await)
}

/// Runs what is said; with which code the program ends.
pub(crate) async fn end(cli: Cli) -> u8 {
    let error = match run(cli.command).await {
        Ok(is_good) => return u8::from(!is_good),
        Err(error) => error,
    };
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    screen::complain(&causes.join(": "));
    2
}

/// Whether all went well.
async fn run(verb: Option<Verb>) -> Result<bool, Failure> {
    match verb {
        None => tour::tour(Path::new("target/loans"), 2_000).await,
        Some(Verb::Import { rows, store, strict: is_strict, inline: is_inline }) => {
            // Before there is a store: none is made for a log that cannot be read.
            let rows = rows.source().open()?;
            let how = How { is_strict, is_inline };
            let tally = import_rows(&store.open().await?, rows, how).await?;
            screen::print(&tally)?;
            if tally.is_cut {
                return Err("the import could not go on: the rest cannot be read".into());
            }
            Ok(tally.failed() == 0)
        }
        Some(Verb::Generate { rows }) => screen::print_rows(rows.source().open()?).map(|()| true),
        Some(Verb::Report { store, html }) => {
            report::report(&store.open_there().await?, &html).await.map(|()| true)
        }
        Some(Verb::Show { case, as_of, store }) => {
            show::show(&store.open_there().await?, &case, as_of).await
        }
        Some(Verb::Rebuild { name, store }) => {
            rebuild::rebuild(&store.open_there().await?, name.as_deref()).await
        }
        Some(Verb::Verify { rows, store }) => {
            let rows = rows.said().map(|source| source.open()).transpose()?;
            let verdict = verify::verify_rows(&store.open_there().await?, rows).await?;
            screen::print(&verdict)?;
            Ok(verdict.is_good())
        }
    }
}
