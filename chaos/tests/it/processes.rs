//! No process of a run outlives the one that started it.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
};

use annals_chaos::{READ, WRITE};

/// Nobody listens there, so that whoever wants to connect tries for ever.
const ORDERS: &str =
    r#"{"url":"postgres://a:b@127.0.0.1:1/c","seed":1,"number":1,"tasks":16,"place":"Start"}"#;

fn start(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_annals-chaos"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("the program is there")
}

#[test]
fn writers_and_readers_end_when_their_input_does() {
    for role in [WRITE, READ] {
        let mut actor = start(&[role]);
        let mut input = actor.stdin.take().expect("it is piped");
        writeln!(input, "{ORDERS}").expect("it listens");
        assert!(matches!(actor.try_wait(), Ok(None)), "{role} goes on while it is told nothing");

        drop(input);
        let status = actor.wait().expect("it is our child");
        assert_eq!(status.code(), Some(1), "{role}");
    }
}

#[test]
fn nothing_is_left_of_a_run_that_is_killed() {
    let mut run = start(&["postgres", "--scenario", "load", "--seed", "1"]);
    while count_actors(run.id()) < 4 {
        assert!(matches!(run.try_wait(), Ok(None)), "the run has ended by itself");
        thread::yield_now();
    }
    let mut complaints = run.stderr.take().expect("it is piped");
    run.kill().expect("it runs");

    // Its actors have this pipe from it: it ends when all of them are gone.
    let mut text = String::new();
    complaints.read_to_string(&mut text).expect("it can be read");
    run.wait().expect("it is our child");
}

#[test]
fn a_scenario_that_a_store_does_not_have_is_refused_with_those_it_has() {
    let run = start(&["sqlite", "--scenario", "terminated"]);
    let output = run.wait_with_output().expect("it is our child");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("sqlite has no scenario `terminated`, but load, killed"), "{text}");
}

/// How many children of the process `run` are writers and readers.
fn count_actors(run: u32) -> usize {
    let processes = fs::read_dir("/proc").expect("this is Linux").flatten();
    let folders = processes.map(|entry| entry.path());
    folders.filter(|folder| parent(folder) == Some(run) && is_actor(folder)).count()
}

fn parent(process: &Path) -> Option<u32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

fn is_actor(process: &Path) -> bool {
    let line = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
    [READ, WRITE].iter().any(|role| line.split('\0').any(|argument| argument == *role))
}
