//! Runs the scenarios, and is each writer and each reader in them: `cargo xtask chaos`.

use std::{env, process::ExitCode, time::Duration};

use annals_chaos::{READ, Result, Run, Scenario, WRITE, run_postgres, run_reader, run_writer};
use annals_core::{Clock, SystemClock};

const USAGE: &str = "usage: annals-chaos postgres [--seconds N] [--seed S] [--scenario NAME]
each scenario for N seconds (60), what is random by the seed S; NAME is load, terminated, crashed or killed";

/// What is asked for.
struct Request {
    length: Duration,
    seed: u64,
    scenarios: Vec<Scenario>,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args[..] {
        [WRITE] => run_writer().map(|()| true),
        [READ] => run_reader().map(|()| true),
        ["postgres", ref options @ ..] => match request(options) {
            Some(request) => run_all(&request),
            None => return usage(),
        },
        _ => return usage(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one scenario after the other; whether every promise was kept.
fn run_all(request: &Request) -> Result<bool> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut is_kept = true;
    for &scenario in &request.scenarios {
        let Request { length, seed, .. } = *request;
        println!("{scenario}, seed {seed}: {} s …", length.as_secs());
        let run = Run { program: env::current_exe()?, scenario, length, seed };
        let verdict = runtime.block_on(run_postgres(&run))?;
        print!("{verdict}");
        is_kept &= verdict.is_kept();
    }
    Ok(is_kept)
}

fn request(options: &[&str]) -> Option<Request> {
    let mut request = Request {
        length: Duration::from_secs(60),
        seed: SystemClock.now().as_micros().unsigned_abs(),
        scenarios: Scenario::ALL.into(),
    };
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        let value = options.next()?;
        match option {
            "--seconds" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds > 0)?;
                request.length = Duration::from_secs(seconds);
            }
            "--seed" => request.seed = value.parse().ok()?,
            "--scenario" => request.scenarios = vec![Scenario::named(value)?],
            _ => return None,
        }
    }
    Some(request)
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}
