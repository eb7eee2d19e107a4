//! Runs in which processes build read models from one log, and are killed, stopped, restarted and replaced.
//!
//! Every process is a *hand*: it runs read models, appends, waits for what it has appended, or reads. What a
//! hand has done it reports by a pipe, as it happens. At the end the read models are held against a fold of
//! the log, and the reports against each other.

// In the order in which a run meets them.
mod asked;
mod deposit;
mod models;
mod tally;
mod stage;
mod place;
mod watched;
mod report;
mod hand;
mod work;
mod append;
mod wait;
mod look;
mod hands;
mod chain;
mod audit;
mod outcome;
mod scenario;

pub use self::{
    asked::{ProjectionsRun, ProjectionsScenario},
    hand::{HAND, run as run_hand},
    outcome::Outcome,
    scenario::run,
};
