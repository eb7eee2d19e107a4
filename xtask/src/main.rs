//! The tasks of this repository. `cargo xtask help` lists them.

mod cargo;
mod workspace;
mod steps;
mod tidy;

use std::{env, error::Error, path::Path, process::ExitCode, slice};

use crate::{
    cargo::cargo,
    steps::{STEPS, Step},
};

/// What a task ends with. An error is for a person to read; nothing here recovers from one.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What can be asked for.
#[derive(Debug, Clone, Copy)]
enum Task<'a> {
    Help,
    Test(&'static [Step]),
    Bench(&'a [&'a str]),
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();

    let task = match parse(&args) {
        Ok(task) => task,
        Err(misuse) => {
            eprint!("{misuse}\n\n{}", usage());
            return ExitCode::from(2);
        }
    };
    match run(task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse<'a>(args: &'a [&'a str]) -> std::result::Result<Task<'a>, String> {
    match args {
        ["help" | "--help" | "-h", ..] => Ok(Task::Help),
        ["test"] => Ok(Task::Test(&STEPS)),
        ["test", name] => step(name).map(Task::Test),
        ["test", _, extra, ..] => {
            Err(format!("`test` runs one step or all, so `{extra}` is one too many"))
        }
        ["tidy"] => step("tidy").map(Task::Test),
        ["tidy", extra, ..] => Err(format!("`tidy` takes no arguments, not even `{extra}`")),
        ["bench", args @ ..] => Ok(Task::Bench(args)),
        [unknown, ..] => Err(format!("there is no task `{unknown}`")),
        [] => Err("which task?".into()),
    }
}

/// The step called `name`, as a list of one.
fn step(name: &str) -> std::result::Result<&'static [Step], String> {
    let step = STEPS.iter().find(|step| step.name == name).map(slice::from_ref);
    step.ok_or_else(|| format!("`test` has no step `{name}`"))
}

fn run(task: Task<'_>) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is in the root");
    env::set_current_dir(root)?;

    match task {
        Task::Help => print!("{}", usage()),
        Task::Test(steps) => steps::run(steps)?,
        Task::Bench(args) => {
            cargo::quietly(cargo("run --quiet --release -p annals-bench --").args(args))?;
        }
    }
    Ok(())
}

fn usage() -> String {
    let steps: String =
        STEPS.iter().map(|step| format!("    {:<10}{}\n", step.name, step.holds)).collect();

    format!(
        "\
usage:
  cargo xtask test [STEP]         all that CI runs, or one step of it
  cargo xtask tidy                the house rules alone, like `test tidy`
  cargo xtask bench NAME [ARGS]   a benchmark and its baseline; `--json` for one line a row
  cargo xtask help                this text

steps, in the order in which `test` takes them:
{steps}"
    )
}

#[cfg(test)]
mod tests {
    use super::{Task, parse};

    #[test]
    fn a_step_is_run_alone_and_tidy_is_one() {
        for args in [["test", "tidy"].as_slice(), &["tidy"]] {
            let Ok(Task::Test([step])) = parse(args) else { panic!("{args:?} is one step") };
            assert_eq!(step.name, "tidy");
        }
    }

    #[test]
    fn a_bench_gets_its_arguments_as_they_are() {
        let Ok(Task::Bench(args)) = parse(&["bench", "core", "--json"]) else { panic!("a bench") };
        assert_eq!(args, ["core", "--json"]);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert!(parse(&["tset"]).unwrap_err().contains("no task `tset`"));
        assert!(parse(&["test", "ftm"]).unwrap_err().contains("no step `ftm`"));
        assert!(parse(&["test", "fmt", "docs"]).unwrap_err().contains("`docs`"));
        assert!(parse(&[]).is_err());
    }
}
