//! Read models of Annals: built from the log, each event exactly once.
//!
//! - A [`View`] is a fold with a key: rows with columns to find them by, read by [`Rows`]. There is no SQL to
//!   write.
//! - A [`Projection`] gets one event after the other, and a transaction to write with.
//!
//! Either is kept up to date by a [`Runner`], which follows the log in batches and commits what was written
//! together with the checkpoint that says how far it has come: so a crash between any two steps loses nothing
//! and applies nothing twice. Any number of runners of one projection may be started, in any number of processes;
//! they share the work, and of two that believe to have the same only one commits.
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use annals_core::{EventStore, Position, ReadModels};
//! # use annals_projections::{OnFailure, Rows, Runner, View};
//! # async fn run<Statement: View>(
//! #     log: Arc<dyn EventStore>, models: Arc<dyn ReadModels>, statements: Rows<Statement>, position: Position,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let runner = Runner::of_view::<Statement>(log, models).on_failure(OnFailure::PARK);
//! let running = runner.start();
//! // What a command has recorded is in the view then, at the position that it was answered with:
//! running.wait_for(position, Duration::from_secs(1)).await?;
//! let ada = statements.get("account:ada").await?;
//! # Ok(()) }
//! ```
//!
//! Catching up and following are the same loop. What goes wrong is tried again from the checkpoint; what
//! goes on to go wrong halts the projection or, if it is to, sets the event aside together with all later ones of
//! its key: visibly, and whoever [waits](Running::wait_for) for it is told at once.
//!
//! When a `VERSION` is raised, or an [`Operator`] asks for it, the read model is built anew beside the old one,
//! which goes on to be read until the new one takes its place, at one moment. [`InlineStore`] is for the few that
//! must never lag.

// What an application writes.
mod build;
mod key;
mod projection;
mod view;

// In the order in which data meets them.
mod settings;
mod books;
mod trouble;
mod feed;
mod progress;
mod sink;
mod status;
mod share;
mod requests;
mod standing;
mod worker;
mod inline;
mod runner;
mod joint;
mod waiting;
mod running;
mod runs;

// What one reads and does from outside.
mod rows;
mod operator;

pub use books::Action;
pub use build::Build;
pub use inline::InlineStore;
pub use key::{Keyed, SLICES};
pub use operator::{
    Answer, AskError, BuildProgress, Difference, Operator, Overview, ParkedInfo, Pending,
    ShareOverview,
};
pub use projection::{Projection, Recorded};
pub use rows::{Cursor, InvalidCursor, PageOf, Query, Rows};
pub use runner::Runner;
pub use running::Running;
pub use runs::Runs;
pub use settings::{OnFailure, RunnerSettings};
pub use status::{Phase, Status};
pub use trouble::Halted;
pub use view::{Column, View, Where};
pub use waiting::WaitError;
