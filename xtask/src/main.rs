//! The tasks of this repository. `cargo xtask help` lists them.

mod command;
mod workspace;
mod postgres;
mod steps;
mod tidy;

use std::{env, error::Error, path::Path, process::ExitCode, slice};

use crate::{
    command::cargo,
    steps::{STEPS, Step},
};

/// What a task ends with. An error is for a person to read; nothing here recovers from one.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What can be asked for.
#[derive(Debug, Clone, Copy)]
enum Task<'a> {
    Help,
    Test {
        steps: &'static [Step],
        /// The major version to test with, if not any will do.
        postgres: Option<u32>,
    },
    Postgres(Option<u32>),
    Bench(&'a [&'a str]),
    Chaos(&'a [&'a str]),
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
        ["test", args @ ..] => parse_test(args),
        ["tidy"] => Ok(Task::Test { steps: step("tidy")?, postgres: None }),
        ["tidy", extra, ..] => Err(format!("`tidy` takes no arguments, not even `{extra}`")),
        ["postgres"] => Ok(Task::Postgres(None)),
        ["postgres", major] => Ok(Task::Postgres(Some(parse_major(major)?))),
        ["postgres", _, extra, ..] => {
            Err(format!("`postgres` starts one server, so `{extra}` is one too many"))
        }
        ["bench", args @ ..] => Ok(Task::Bench(args)),
        ["chaos", args @ ..] => Ok(Task::Chaos(args)),
        [unknown, ..] => Err(format!("there is no task `{unknown}`")),
        [] => Err("which task?".into()),
    }
}

/// Reads `[STEP] [--postgres MAJOR]`, in either order.
fn parse_test<'a>(args: &[&str]) -> std::result::Result<Task<'a>, String> {
    let (mut steps, mut postgres) = (None, None);
    let mut args = args.iter();
    while let Some(&arg) = args.next() {
        if arg == "--postgres" {
            postgres = Some(parse_major(args.next().ok_or("which version of PostgreSQL?")?)?);
        } else if steps.is_none() {
            steps = Some(step(arg)?);
        } else {
            return Err(format!("`test` runs one step or all, so `{arg}` is one too many"));
        }
    }
    Ok(Task::Test { steps: steps.unwrap_or(&STEPS), postgres })
}

fn parse_major(text: &str) -> std::result::Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no major version of PostgreSQL, as 18 is"))
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
        Task::Test { steps, postgres } => steps::run(steps, postgres)?,
        Task::Postgres(major) => postgres::serve(major)?,
        Task::Bench(args) => {
            let mut bench = cargo("run --quiet --release -p annals-bench --");
            if matches!(args.first(), Some(&("postgres" | "projections" | "loans"))) {
                postgres::tell_binaries(&mut bench)?;
            }
            command::quietly(bench.args(args))?;
        }
        Task::Chaos(args) => {
            let mut chaos = cargo("run --quiet --release -p annals-chaos --");
            if matches!(args.first(), Some(&("postgres" | "projections"))) {
                postgres::tell_binaries(&mut chaos)?;
            }
            command::quietly(chaos.args(args))?;
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
    [--postgres MAJOR]            with this version of PostgreSQL, brought by npm: 16, 17, 18
  cargo xtask tidy                the house rules alone, like `test tidy`
  cargo xtask postgres [MAJOR]    a server for `cargo test` alone, until Ctrl-C
  cargo xtask bench NAME [ARGS]   a benchmark and its baseline; `--json` for one line a row
  cargo xtask chaos STORE [ARGS]  kills, pauses and restarts, and whether promises are kept: of
                                  postgres or sqlite, [--seconds N] [--seed S] [--scenario NAME];
                                  of projections, on [--database NAME] or both
  cargo xtask help                this text

What the tests need beside cargo is found, or installed by apt-get: PostgreSQL, PgBouncer, openssl.
The tests share a private server, unless ANNALS_TEST_POSTGRES_URL names one. The programs are those
that ANNALS_TEST_POSTGRES_BIN (a folder) and ANNALS_TEST_PGBOUNCER name, if they are set.

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
            let Ok(Task::Test { steps: [step], .. }) = parse(args) else { panic!("one: {args:?}") };
            assert_eq!(step.name, "tidy");
        }
    }

    #[test]
    fn a_version_of_postgres_is_asked_for_before_or_after_a_step_or_without() {
        for args in ["test --postgres 18 tests", "test tests --postgres 18", "test --postgres 18"] {
            let args: Vec<_> = args.split(' ').collect();
            let Ok(Task::Test { steps, postgres: Some(18) }) = parse(&args) else {
                panic!("18: {args:?}")
            };
            assert_eq!(steps.len() == 1, args.contains(&"tests"));
        }
        assert!(matches!(parse(&["postgres", "18"]), Ok(Task::Postgres(Some(18)))));
        assert!(matches!(parse(&["test"]), Ok(Task::Test { postgres: None, .. })));
    }

    #[test]
    fn a_bench_gets_its_arguments_as_they_are() {
        let Ok(Task::Bench(args)) = parse(&["bench", "core", "--json"]) else { panic!("a bench") };
        assert_eq!(args, ["core", "--json"]);
    }

    #[test]
    fn chaos_gets_its_arguments_as_they_are() {
        let Ok(Task::Chaos(args)) = parse(&["chaos", "kills", "--for"]) else { panic!("chaos") };
        assert_eq!(args, ["kills", "--for"]);
    }

    #[test]
    fn what_does_not_exist_is_named() {
        assert!(parse(&["tset"]).unwrap_err().contains("no task `tset`"));
        assert!(parse(&["test", "ftm"]).unwrap_err().contains("no step `ftm`"));
        assert!(parse(&["test", "fmt", "docs"]).unwrap_err().contains("`docs`"));
        assert!(parse(&["test", "--postgres", "new"]).unwrap_err().contains("`new`"));
        assert!(parse(&["postgres", "17", "18"]).unwrap_err().contains("`18`"));
        assert!(parse(&["test", "--postgres"]).is_err());
        assert!(parse(&[]).is_err());
    }
}
