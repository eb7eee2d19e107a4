//! What each verb does.

mod info;
mod streams;
mod read;
mod tail;
mod trace;
mod stats;
mod verify;
mod revisions;
mod projections;
mod rebuild;
mod parked;
mod migrate;
mod export;
mod import;
mod lines;

use clap::CommandFactory;

use crate::{
    args::{Args, Verb},
    failure::Failure,
    screen::Screen,
    store::{Migrate, open},
};

/// Does what is asked for.
pub(crate) async fn run(args: Args, screen: &Screen) -> Result<(), Failure> {
    let Args { global, verb } = args;
    match &verb {
        Verb::Completions { shell } => return completions(*shell, screen),
        Verb::Migrate(args) => return migrate::run(&global, args, screen).await,
        _ => {}
    }
    let migrate = match &verb {
        Verb::Import(args) if !args.dry_run => Migrate::Yes,
        _ => Migrate::No,
    };
    let store = match (open(&global, migrate).await, &verb) {
        // What stands in the file can be checked all the same.
        (Err(Failure::NotMade(why)), Verb::Import(args)) => {
            import::run(None, args, screen).await?;
            screen.flush()?;
            return Err(Failure::NotMade(why));
        }
        (opened, _) => opened?,
    };
    match verb {
        Verb::Info(args) => info::run(&store, &args, screen).await,
        Verb::Streams(args) => streams::run(&store, &args, screen).await,
        Verb::Read(args) => read::run(&store, &args, screen).await,
        Verb::Tail(args) => tail::run(&store, &args, screen).await,
        Verb::Trace { correlation } => trace::run(&store, correlation, screen).await,
        Verb::Stats(args) => stats::run(&store, &args, screen).await,
        Verb::Verify => verify::run(&store, screen).await,
        Verb::Projections(verb) => projections::run(&store, &verb, screen).await,
        Verb::Parked(verb) => parked::run(&store, &verb, screen).await,
        Verb::Export(args) => export::run(&store, &args, screen).await,
        Verb::Import(args) => import::run(Some(&store), &args, screen).await,
        Verb::Completions { .. } | Verb::Migrate(_) => Ok(()),
    }
}

fn completions(shell: clap_complete::Shell, screen: &Screen) -> Result<(), Failure> {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Args::command(), "annals", &mut script);
    screen.raw(&script)
}
