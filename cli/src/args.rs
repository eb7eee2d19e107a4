//! What can be asked for, and how.

mod examples;
mod verbs;
mod operating;

use clap::{Args as ClapArgs, Parser};

pub(crate) use operating::{Ask, ByKey, ParkedVerb, Patience, ProjectionsVerb, Withdraw};
pub(crate) use verbs::{
    By, ExportArgs, ImportArgs, InfoArgs, MigrateArgs, ReadArgs, StatsArgs, StreamsArgs, TailArgs,
    Verb,
};

/// Looks into a log of Annals, and after its projections.
#[derive(Debug, Parser)]
#[command(name = "annals", version, long_about = examples::ABOUT, after_help = examples::ALL)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What can be said with every verb.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    #[arg(
        help = "The log: sqlite://data/bank.db, postgres://user@host/database",
        long,
        global = true,
        env = "ANNALS_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) store: Option<String>,
    /// Print JSON, for programs; its shape is documented in docs/cli.md
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Do not ask before something is overwritten or thrown away
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
}
