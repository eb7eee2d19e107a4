//! What can be said on the command line.

use std::path::PathBuf;

use annals::Annals;
use clap::{Args, Parser, Subcommand};

use super::{Failure, moment::Moment, source::Source};

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
        as_of: Option<Moment>,
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
    pub(crate) fn source(self) -> Source {
        let Self { log, cases, seed } = self;
        let cases = cases.unwrap_or(2_000);
        log.map_or(Source::Generated { cases, seed }, Source::File)
    }

    /// Nothing, if nothing is said of it.
    pub(crate) fn said(self) -> Option<Source> {
        (self.log.is_some() || self.cases.is_some()).then(|| self.source())
    }
}

impl Store {
    /// Opens the log, and makes it if it is not there.
    pub(crate) async fn open(&self) -> Result<Annals, Failure> {
        Ok(Annals::open(&self.url).await?)
    }

    /// Opens the log that is there: who only reads makes none.
    pub(crate) async fn open_there(&self) -> Result<Annals, Failure> {
        Ok(Annals::open(&there(&self.url)).await?)
    }
}

/// The same URL, but for a log that is there. What it says itself about that goes first.
fn there(url: &str) -> String {
    let (store, settings) = url.split_once('?').unwrap_or((url, ""));
    let is_said = settings.split('&').any(|setting| setting.starts_with("migrate="));
    // What is in memory is never there before.
    if is_said || store.ends_with("memory:") {
        return url.to_owned();
    }
    let others = if settings.is_empty() { String::new() } else { format!("&{settings}") };
    format!("{store}?migrate=false{others}")
}
