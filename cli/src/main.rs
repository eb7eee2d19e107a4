//! `annals`, the operator's tool: looks into any log of Annals, whatever its application, and after its
//! projections.

mod args;
mod failure;
mod secrets;
mod store;
mod screen;
mod table;
mod events;
mod scan;
mod verbs;

use std::{
    future::pending,
    io::Write,
    process::{ExitCode, exit},
    time::Duration,
};

use clap::{Parser, error::ErrorKind};
use tokio::{runtime::Runtime, select, signal::ctrl_c, time::timeout};

use crate::{
    args::Args,
    failure::{Failure, INTERRUPTED},
    screen::Screen,
};

/// How long what was interrupted may take to come to an end.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return refuse(&error),
    };
    let is_json = args.global.json;
    let failure = match Runtime::new() {
        Ok(runtime) => {
            let ended = runtime.block_on(run(args));
            // A thread that waits for input is not waited for.
            runtime.shutdown_background();
            ended.err()
        }
        Err(error) => Some(error.into()),
    };
    match failure {
        None | Some(Failure::NobodyListens) => ExitCode::SUCCESS,
        Some(failure) => {
            failure.tell(is_json);
            ExitCode::from(failure.code())
        }
    }
}

/// Runs what is asked for, until it is done or interrupted.
async fn run(args: Args) -> Result<(), Failure> {
    let screen = Screen::new(&args.global);
    let ended = select! {
        ended = verbs::run(args, &screen) => ended,
        _ = ctrl_c() => {
            screen.interrupt();
            Err(Failure::Interrupted)
        }
        () = give_up_when_interrupted() => Ok(()),
    };
    screen.finish()?;
    ended
}

/// Ends the program when it was interrupted and does not come to an end: whoever reads what it writes may
/// keep it waiting.
async fn give_up_when_interrupted() {
    tokio::spawn(async {
        if ctrl_c().await.is_ok() {
            let _ = timeout(PATIENCE, pending::<()>()).await;
            exit(INTERRUPTED.into());
        }
    });
    pending::<()>().await;
}

/// What clap says of arguments: help, or what is wrong with them.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = secrets::hide(&error.to_string());
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // Nobody listens, perhaps.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        _ => {
            let _ = std::io::stderr().write_all(text.as_bytes());
            ExitCode::from(2)
        }
    }
}
