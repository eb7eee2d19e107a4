//! The verbs, and what can be said with each.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use uuid::Uuid;

use super::{ParkedVerb, ProjectionsVerb, examples};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what there is to know of a log at a glance
    #[command(after_help = examples::INFO)]
    Info(InfoArgs),
    /// List the streams, with how far each is
    #[command(after_help = examples::STREAMS)]
    Streams(StreamsArgs),
    /// Show the events of a stream
    #[command(after_help = examples::READ)]
    Read(ReadArgs),
    /// Show the end of the log, and what is added to it
    #[command(after_help = examples::TAIL)]
    Tail(TailArgs),
    /// Show what followed from one beginning, as a tree of causes
    #[command(after_help = examples::TRACE)]
    Trace {
        /// The correlation id; for what was no consequence of anything, the id of that event
        correlation: Uuid,
    },
    /// Count events and bytes by category, type and day
    #[command(after_help = examples::STATS)]
    Stats(StatsArgs),
    /// Check the log, and the checkpoints of projections against it
    #[command(after_help = examples::VERIFY)]
    Verify,
    /// Look after projections
    #[command(subcommand, after_help = examples::PROJECTIONS)]
    Projections(ProjectionsVerb),
    /// Look after events that projections have set aside
    #[command(subcommand, after_help = examples::PARKED)]
    Parked(ParkedVerb),
    /// Make a log, or bring its tables up to date
    #[command(after_help = examples::MIGRATE)]
    Migrate(MigrateArgs),
    /// Write the whole log as lines of JSON
    #[command(after_help = examples::EXPORT)]
    Export(ExportArgs),
    /// Append what another log has exported
    #[command(after_help = examples::IMPORT)]
    Import(ImportArgs),
    /// Print what makes a shell complete verbs and options
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct InfoArgs {
    /// Do not read the whole log to count its streams
    #[arg(long)]
    pub(crate) quick: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StreamsArgs {
    /// Only those of this category
    #[arg(long)]
    pub(crate) category: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// The stream: account:ada
    pub(crate) stream: String,
    /// Only what came after this revision
    #[arg(long, default_value_t = 0, value_name = "REVISION")]
    pub(crate) after: u64,
    /// As it was at a time (2026-03-01T12:00:00Z), or when the log was that long
    #[arg(long, value_name = "TIME|POSITION")]
    pub(crate) as_of: Option<String>,
    /// Show ids, metadata and the whole payload
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Only events of this type; may be given several times
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Everything after this position, in place of the last few
    #[arg(long, value_name = "POSITION")]
    pub(crate) after: Option<u64>,
    /// How many of the last events to show
    #[arg(
        long,
        short = 'n',
        default_value_t = 10,
        value_name = "EVENTS",
        conflicts_with = "after"
    )]
    pub(crate) lines: usize,
    /// Go on with what is recorded from now on, until interrupted
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Show ids, metadata and the whole payload
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Count by this alone
    #[arg(long)]
    pub(crate) by: Option<By>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Category,
    Type,
    Day,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    /// Print the SQL that makes everything from nothing, and do nothing
    #[arg(long)]
    pub(crate) print: bool,
    /// Only say whether there is something to do
    #[arg(long, conflicts_with = "print")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Where to; if there is none, it is printed
    pub(crate) file: Option<PathBuf>,
    /// Go on after the last whole line of the file
    #[arg(long, requires = "file")]
    pub(crate) resume: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// What was exported; if there is none, it is read from stdin
    pub(crate) file: Option<PathBuf>,
    /// Only check the file, and say what would be imported
    #[arg(long)]
    pub(crate) dry_run: bool,
}
