//! Kills what it can while a log is written and read, and then looks whether every promise held.
//!
//! A run has a *cast* of processes: writers, and readers that follow. While they work, a *scenario*
//! does its *deeds*. What the cast meant to do, was answered and saw, it reports by pipes, as it
//! happens; so what a killed process knew is not lost. Then the *auditor* holds these reports
//! against the log, and gives a *verdict*.
//!
//! Everything random follows from one seed. What cannot follow is how the machine schedules.

// In the order in which a run meets them.
mod random;
mod key;
mod record;
mod scenario;
mod journal;
mod database;
mod workload;
mod worker;
mod reader;
mod cast;
mod dump;
mod stage;
mod postgres;
mod sqlite;
mod auditor;
mod breach;
mod verdict;

// The same for those who build read models.
mod projections;

pub use cast::{READ, WRITE};
pub use projections::{
    HAND, Outcome, ProjectionsRun, ProjectionsScenario, run as run_projections, run_hand,
};
pub use reader::run as run_reader;
pub use scenario::{Run, Scenario, Store};
pub use verdict::Verdict;
pub use worker::run as run_writer;

/// What a run ends with that could not be made. An error is for a person to read.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Makes a run, and says what came of it.
///
/// # Errors
///
/// The run could not be made. A promise that is broken is no error, but in the verdict.
pub async fn run(run: &Run) -> Result<Verdict> {
    match run.store {
        Store::Postgres => postgres::run(run).await,
        Store::Sqlite => sqlite::run(run).await,
    }
}
