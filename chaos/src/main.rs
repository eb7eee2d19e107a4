//! Runs the scenarios, and is each writer and each reader in them: `cargo xtask chaos`.

use std::{env, process::ExitCode, time::Duration};

use annals_chaos::{
    HAND, ProjectionsRun, ProjectionsScenario, READ, Result, Run, Scenario, Store, WRITE, run,
    run_hand, run_projections, run_reader, run_writer,
};
use annals_core::{Clock, SystemClock};

const USAGE: &str = "usage: annals-chaos postgres|sqlite [--seconds N] [--seed S] [--scenario NAME]
each scenario for N seconds (60), what is random by the seed S
postgres has the scenarios load, terminated, crashed and killed; sqlite has load and killed

       annals-chaos projections [--seconds N] [--seed S] [--scenario NAME] [--database postgres|sqlite]
read models, on both databases: killed, stopped, crowd, restarted (not sqlite), waited, rebuilt, poisoned, skewed";

/// What is asked for.
struct Request {
    store: Store,
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
        [HAND] => run_hand().map(|()| true),
        ["projections", ref options @ ..] => match projections_request(options) {
            Ok(request) => run_all_projections(&request),
            Err(misuse) => return usage(&misuse),
        },
        [store, ref options @ ..] => match request(store, options) {
            Ok(request) => run_all(&request),
            Err(misuse) => return usage(&misuse),
        },
        [] => return usage("on which store?"),
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
        let Request { store, length, seed, .. } = *request;
        println!("{store} {scenario}, seed {seed}: {} s …", length.as_secs());
        let asked = Run { program: env::current_exe()?, store, scenario, length, seed };
        let verdict = runtime.block_on(run(&asked))?;
        print!("{verdict}");
        is_kept &= verdict.is_kept();
    }
    Ok(is_kept)
}

/// What is asked for of read models.
struct ProjectionsRequest {
    stores: Vec<Store>,
    length: Duration,
    seed: u64,
    scenarios: Vec<ProjectionsScenario>,
}

/// The same for read models.
fn run_all_projections(request: &ProjectionsRequest) -> Result<bool> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut is_kept = true;
    for &store in &request.stores {
        for &scenario in request.scenarios.iter().filter(|scenario| scenario.is_for(store)) {
            let ProjectionsRequest { length, seed, .. } = *request;
            println!("{store} {scenario}, seed {seed} …");
            let program = env::current_exe()?;
            let asked = ProjectionsRun { program, store, scenario, length, seed };
            let outcome = runtime.block_on(run_projections(&asked))?;
            print!("{outcome}");
            is_kept &= outcome.is_kept();
        }
    }
    Ok(is_kept)
}

fn projections_request(options: &[&str]) -> std::result::Result<ProjectionsRequest, String> {
    let mut request = ProjectionsRequest {
        stores: vec![Store::Postgres, Store::Sqlite],
        length: Duration::from_secs(60),
        seed: SystemClock.now().as_micros().unsigned_abs(),
        scenarios: ProjectionsScenario::ALL.into(),
    };
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        let value = *options.next().ok_or_else(|| format!("`{option}` of what?"))?;
        let wrong = || format!("`{option}` is not `{value}`");
        match option {
            "--seconds" => request.length = seconds(value).ok_or_else(wrong)?,
            "--seed" => request.seed = value.parse().map_err(|_| wrong())?,
            "--scenario" => {
                let scenario = ProjectionsScenario::named(value);
                let there = ProjectionsScenario::ALL.map(ProjectionsScenario::name).join(", ");
                let missing = || format!("projections have no scenario `{value}`, but {there}");
                request.scenarios = vec![scenario.ok_or_else(missing)?];
            }
            "--database" => {
                let store = Store::named(value);
                request.stores = vec![store.ok_or_else(|| format!("there is no store `{value}`"))?];
            }
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    Ok(request)
}

fn seconds(value: &str) -> Option<Duration> {
    value.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs)
}

fn request(store: &str, options: &[&str]) -> std::result::Result<Request, String> {
    let store = Store::named(store).ok_or_else(|| format!("there is no store `{store}`"))?;
    let mut request = Request {
        store,
        length: Duration::from_secs(60),
        seed: SystemClock.now().as_micros().unsigned_abs(),
        scenarios: store.scenarios().into(),
    };
    let mut options = options.iter();
    while let Some(&option) = options.next() {
        let value = *options.next().ok_or_else(|| format!("`{option}` of what?"))?;
        let wrong = || format!("`{option}` is not `{value}`");
        match option {
            "--seconds" => request.length = seconds(value).ok_or_else(wrong)?,
            "--seed" => request.seed = value.parse().map_err(|_| wrong())?,
            "--scenario" => {
                let scenario = store.scenario(value).ok_or_else(|| no_scenario(store, value))?;
                request.scenarios = vec![scenario];
            }
            _ => return Err(format!("there is no option `{option}`")),
        }
    }
    Ok(request)
}

fn no_scenario(store: Store, name: &str) -> String {
    let there: Vec<_> = store.scenarios().iter().map(|scenario| scenario.name()).collect();
    format!("{store} has no scenario `{name}`, but {}", there.join(", "))
}

fn usage(misuse: &str) -> ExitCode {
    eprintln!("{misuse}\n\n{USAGE}");
    ExitCode::from(2)
}
