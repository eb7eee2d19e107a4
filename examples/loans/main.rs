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

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use annals::Annals;
use clap::{Args, Parser, Subcommand};

use self::{import::How, source::Source};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Loan applications: imports their log, reports on it, verifies what was reported.
#[derive(Parser)]
#[command(name = "loans")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Verb>,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Import a log, or a generated one. Run again, it goes on where it was.
    Import {
        #[command(flatten)]
        rows: From,
        #[command(flatten)]
        store: Store,
        /// Stop at the first row that is bad or refused
        #[arg(long)]
        strict: bool,
        /// Write what applications are now in the transactions that append
        #[arg(long)]
        inline: bool,
    },
    /// Write a generated log as CSV.
    Generate {
        #[command(flatten)]
        rows: From,
    },
    /// Print tables, and write a page with charts.
    Report {
        #[command(flatten)]
        store: Store,
        /// Where the page goes
        #[arg(long, default_value = "target/loans/report.html")]
        html: PathBuf,
    },
    /// Print the history of one application.
    Show {
        case: String,
        /// As it was then, by the bank's own times: 2011-12-24T12:00:00+01:00
        #[arg(long)]
        as_of: Option<moment::Moment>,
        #[command(flatten)]
        store: Store,
    },
    /// Build one read model anew beside itself, or all.
    Rebuild {
        name: Option<String>,
        #[command(flatten)]
        store: Store,
    },
    /// Compare every read model with a fold of the log, and the log with its source, if that is said.
    Verify {
        #[command(flatten)]
        rows: From,
        #[command(flatten)]
        store: Store,
    },
}

#[derive(Args)]
pub(crate) struct From {
    /// The log: CSV, or that packed by gzip
    #[arg(long)]
    log: Option<PathBuf>,
    /// Without a log, so many cases are generated; 2,000 if it is not said
    #[arg(long)]
    cases: Option<u64>,
    /// Another seed, other cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Args)]
pub(crate) struct Store {
    /// Where the log of events is
    #[arg(long = "store", default_value = "sqlite://target/loans/loans.db")]
    url: String,
}

impl From {
    fn source(self) -> Source {
        let Self { log, cases, seed } = self;
        let cases = cases.unwrap_or(2_000);
        log.map_or(Source::Generated { cases, seed }, Source::File)
    }

    /// Nothing, if nothing is said of it.
    fn said(self) -> Option<Source> {
        (self.log.is_some() || self.cases.is_some()).then(|| self.source())
    }
}

impl Store {
    async fn open(&self) -> Result<Annals, Failure> {
        Ok(Annals::open(&self.url).await?)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let mut causes = vec![error.to_string()];
            let mut source = error.source();
            while let Some(cause) = source {
                causes.push(cause.to_string());
                source = cause.source();
            }
            eprintln!("{}", causes.join(": "));
            ExitCode::from(2)
        }
    }
}

/// Whether all went well.
pub(crate) async fn run(verb: Option<Verb>) -> Result<bool, Failure> {
    match verb {
        None => tour::tour(Path::new("target/loans"), 2_000).await,
        Some(Verb::Import { rows, store, strict: is_strict, inline: is_inline }) => {
            let annals = store.open().await?;
            let how = How { is_strict, is_inline };
            let tally = import::import(&annals, &rows.source(), how).await?;
            print!("{tally}");
            Ok(tally.failed() == 0)
        }
        Some(Verb::Generate { rows }) => generate(&rows.source()).map(|()| true),
        Some(Verb::Report { store, html }) => {
            report::report(&store.open().await?, &html).await.map(|()| true)
        }
        Some(Verb::Show { case, as_of, store }) => {
            show::show(&store.open().await?, &case, as_of).await
        }
        Some(Verb::Rebuild { name, store }) => {
            rebuild::rebuild(&store.open().await?, name.as_deref()).await
        }
        Some(Verb::Verify { rows, store }) => {
            let annals = store.open().await?;
            let verdict = verify::verify(&annals, rows.said().as_ref()).await?;
            print!("{verdict}");
            Ok(verdict.is_good())
        }
    }
}

fn generate(source: &Source) -> Result<(), Failure> {
    let mut output = csv::Writer::from_writer(std::io::stdout().lock());
    output.write_record(source::HEADER)?;
    for row in source.open()?.rows {
        output.write_record(row?.fields())?;
    }
    output.into_inner().map_err(|error| error.to_string())?.flush()?;
    Ok(())
}
