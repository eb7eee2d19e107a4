//! What can be asked of projections.

use clap::{Args, Subcommand};

use super::examples;

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectionsVerb {
    /// List all projections, with how far each is
    #[command(after_help = examples::PROJECTIONS)]
    List,
    /// Show how one stands, share by share
    #[command(after_help = examples::STATUS)]
    Status {
        /// The projection
        name: String,
    },
    /// Have it do nothing until it is resumed
    #[command(after_help = examples::PAUSE)]
    Pause(Ask),
    /// Have it go on, also after it has halted
    #[command(after_help = examples::RESUME)]
    Resume(Ask),
    /// Build it anew beside the one there is, which is read until the new one is there
    #[command(after_help = examples::REBUILD)]
    Rebuild {
        #[command(flatten)]
        ask: Ask,
        /// Do not wait until it is built
        #[arg(long)]
        detach: bool,
    },
    /// Give up what is being built
    #[command(after_help = examples::CANCEL)]
    Cancel(Ask),
    /// Wait until everything up to a position is in it
    #[command(after_help = examples::WAIT)]
    Wait {
        /// The projection
        name: String,
        /// The position, or `head` for all there is now
        position: String,
        /// For how many seconds to wait
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        patience: u64,
    },
    /// Take back what is asked of it and not yet done
    #[command(after_help = examples::WITHDRAW)]
    Withdraw(Withdraw),
    /// Show what is asked of it, and what was done for operators
    #[command(after_help = examples::HISTORY)]
    History {
        /// The projection
        name: String,
    },
    /// Show where the two builds of a view differ that there are; pause it first
    #[command(after_help = examples::COMPARE)]
    Compare {
        /// The projection
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The projection
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Debug, Args)]
pub(crate) struct Withdraw {
    /// The projection
    pub(crate) name: String,
    /// Only show what would be taken back
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Who wants it, for the record [default: the user at this machine]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Patience {
    /// For how many seconds to wait for an answer of whatever runs it
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) patience: u64,
    /// Who wants it, for the record [default: the user at this machine]
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ParkedVerb {
    /// List the keys of which events are set aside
    #[command(after_help = examples::PARKED_LIST)]
    List {
        /// The projection; all of them, if none is named
        name: Option<String>,
    },
    /// Show why a key is set aside, and its events
    #[command(after_help = examples::PARKED_SHOW)]
    Show(ByKey),
    /// Have what is set aside projected
    #[command(after_help = examples::REPLAY)]
    Replay {
        /// The projection
        name: String,
        /// The keys; all of them, if none is named
        keys: Vec<String>,
        /// Only see if it would go well
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        patience: Patience,
    },
    /// Have what is set aside forgotten: those events are then never projected
    #[command(after_help = examples::DISCARD)]
    Discard {
        /// The projection
        name: String,
        /// The keys
        #[arg(required = true)]
        keys: Vec<String>,
        /// Why, for the record
        #[arg(long)]
        reason: String,
        /// Only show what would be forgotten
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        patience: Patience,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ByKey {
    /// The projection
    pub(crate) name: String,
    /// The key
    pub(crate) key: String,
}
