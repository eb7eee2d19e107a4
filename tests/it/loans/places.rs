//! Where the tests have their logs: a fresh one each, in memory, in a file and on a server.

use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use annals::Annals;
use clap::Parser;

use super::example;

/// Arguments of the program, in a process of its own.
const ARGUMENTS: &str = "ANNALS_LOANS_ARGUMENTS";

/// A folder that nobody has used yet.
pub(super) fn fresh_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("loans-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder); // Of an earlier process of that number.
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A store that nobody has used yet, on a disk.
pub(super) fn fresh_file() -> String {
    format!("sqlite://{}", fresh_folder().join("loans.db").display())
}

/// A database that nobody has used yet.
#[cfg(feature = "postgres")]
pub(super) async fn fresh_database() -> String {
    use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let advice = "no server to test on: run `cargo xtask test`, or give ANNALS_TEST_POSTGRES_URL";
    let url = env::var("ANNALS_TEST_POSTGRES_URL").expect(advice);
    let name = format!("loans_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mut server = PgConnection::connect(&url).await.unwrap();
    server.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// One of each kind of store that this was built with, none of which was used yet.
pub(super) async fn fresh_stores() -> Vec<String> {
    vec![
        "memory:".to_owned(),
        fresh_file(),
        #[cfg(feature = "postgres")]
        fresh_database().await,
    ]
}

/// The same, without what does not outlive its process.
pub(super) async fn fresh_lasting_stores() -> Vec<String> {
    fresh_stores().await.split_off(1)
}

pub(super) async fn open(url: &str) -> Annals {
    Annals::open(url).await.unwrap()
}

/// The program with these arguments, to be run in a process of its own.
pub(super) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    let test = "loans::places::the_program_generates_the_same_log_for_a_seed";
    command.args(["--exact", test, "--nocapture", "--quiet"]);
    command.env(ARGUMENTS, serde_json::to_string(arguments).unwrap());
    command.stdin(Stdio::null());
    command
}

/// In a process that [`program`] has started, this is the program.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_generates_the_same_log_for_a_seed() {
    if let Ok(arguments) = env::var(ARGUMENTS) {
        let arguments: Vec<String> = serde_json::from_str(&arguments).unwrap();
        let cli = example::args::Cli::parse_from(["loans".to_owned()].into_iter().chain(arguments));
        process::exit(example::end(cli).await.into());
    }
    let written = |seed| {
        let output = program(&["generate", "--cases", "20", "--seed", seed]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let first = written("7");
    assert!(first.lines().filter(|line| line.contains("A_SUBMITTED")).count() == 20, "{first}");
    assert_eq!(first, written("7"));
    assert_ne!(first, written("8"));
}
