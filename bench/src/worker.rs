//! This program as a process of its own, which does one job for another that waits for it.
//!
//! The two talk in lines: where the server is; that it is ready; that it shall begin; a figure.

use std::{
    fs,
    io::{BufRead, BufReader, Write, stdin},
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
};

use annals::{Filter, Position, Runner};

use crate::{
    crowd::{Client, Crowd},
    ours::Appender,
    postgres::{Inserter, connect, read_all_raw},
    projections::{self, Place, Statement},
    reading::read_all,
    rounds::ROUND,
    runtime,
    streams::Streams,
};

/// A process that is ready for its job, or will be.
pub(crate) struct Worker {
    child: Child,
    answers: BufReader<ChildStdout>,
}

/// Starts a process for a job: `append` or `insert` for one round by so many tasks, `read` or `read-raw`; `build`
/// for a view from position 0, `follow` for a view that is kept up to date, `share` for so many shares of a
/// projection, both until it shall begin to stop.
pub(crate) fn start(job: &str, url: &str, tasks: usize) -> Worker {
    let program = std::env::current_exe().expect("this program is a file");
    let mut child = Command::new(program)
        .args(["worker", job, &tasks.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be run");
    let answers = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut worker = Worker { child, answers };
    worker.tell(url);
    worker
}

impl Worker {
    pub(crate) fn await_ready(&mut self) {
        assert_eq!(self.hear(), "ready", "it says so");
    }

    pub(crate) fn begin(&mut self) {
        self.tell("begin");
    }

    /// Waits for the figure that the job comes to, and for the end of the process.
    pub(crate) fn end(mut self) -> f64 {
        let figure = self.hear().parse().expect("it says a figure");
        self.child.wait().expect("it ends");
        figure
    }

    /// All of it, one after the other.
    pub(crate) fn run(mut self) -> f64 {
        self.await_ready();
        self.begin();
        self.end()
    }

    fn tell(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        writeln!(input, "{line}").expect("it listens");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it speaks");
        line.trim_end().to_owned()
    }
}

/// Does the job of that name, as the process that was started for it.
pub(crate) fn work(job: &[&str]) -> ExitCode {
    let [job, tasks] = job else { return ExitCode::from(2) };
    let tasks = tasks.parse().expect("a number of tasks");
    let url = hear();
    let figure = runtime().block_on(async {
        match *job {
            "append" => append(&url, tasks).await,
            "insert" => insert(&url, tasks).await,
            "read" => read(&url).await,
            "read-raw" => read_raw(&url).await,
            "build" => build(&url).await,
            "follow" => follow(Place::open(&url).await.view::<Statement>()).await,
            "share" => share(&url, tasks).await,
            _ => panic!("there is no job {job}"),
        }
    });
    println!("{figure}");
    ExitCode::SUCCESS
}

async fn append(url: &str, tasks: usize) -> f64 {
    let store = Place::open(url).await.log;
    rate(Crowd::of(tasks, |number| Appender::new(store.clone(), streams(number)))).await
}

async fn insert(url: &str, tasks: usize) -> f64 {
    let mut inserters = Vec::new();
    for number in 0..tasks {
        inserters.push(Inserter::new(connect(url).await, streams(number)));
    }
    rate(Crowd::new(inserters)).await
}

/// No other process has the same.
fn streams(number: usize) -> Streams {
    Streams::of(format!("{}-{number}", std::process::id()))
}

async fn rate(mut crowd: Crowd<impl Client>) -> f64 {
    begin();
    crowd.work(ROUND).await.rate
}

async fn read(url: &str) -> f64 {
    let store = Place::open(url).await.log;
    begin();
    let before = memory("VmRSS:");
    read_all(&*store, Filter::All).await;
    memory("VmHWM:") - before
}

async fn read_raw(url: &str) -> f64 {
    begin();
    let before = memory("VmRSS:");
    read_all_raw(url).await;
    memory("VmHWM:") - before
}

async fn build(url: &str) -> f64 {
    let place = Place::open(url).await;
    let head = place.log.wait_past(Position::START).await.expect("the log can be asked");
    begin();
    let before = memory("VmRSS:");
    projections::build(place.view::<Statement>(), head).await;
    memory("VmHWM:") - before
}

async fn share(url: &str, shares: usize) -> f64 {
    let shares = u16::try_from(shares).expect("there are not that many");
    let runner = Place::open(url).await.movements().shares(shares);
    begin();
    follow(runner).await
}

/// Runs it until it shall not.
async fn follow(runner: Runner) -> f64 {
    let running = runner.start();
    projections::follow(&running, |status| status.build.is_some()).await;
    begin();
    running.stop().await.expect("it does not panic");
    0.0
}

/// MiB of memory that this process has, or had at most.
fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has this");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("Linux has this");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kib / 1024.0
}

/// Says that it is ready, and waits until it shall begin.
fn begin() {
    println!("ready");
    assert_eq!(hear(), "begin", "there is nothing else to say");
}

fn hear() -> String {
    let mut line = String::new();
    stdin().read_line(&mut line).expect("somebody speaks");
    line.trim_end().to_owned()
}
