//! The import of `examples/loans`, with all its read models, beside the same rows written to a table by hand.

mod raw;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    figure, postgres, progress,
    rounds::Rounds,
    runtime, sqlite,
    table::{Must, Row},
};

/// The name of these rows.
const BENCH: &str = "loans";

/// How often each way is measured: each is a whole import.
const ROUNDS: usize = 3;

/// How many cases the log has that is made up where the real one is not there: as many.
const CASES: &str = "13087";

/// How long after the last row everything must be in the read models.
const SOON: f64 = 1.0; // s

/// How much memory an import may take.
const MOST_MEMORY: f64 = 200.0; // MiB

/// How often it is looked how much memory it has taken.
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) fn rows() -> Vec<Row> {
    let program = program();
    let folder = Path::new("target").join(format!("bench-loans-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room below target");
    let log = log(&program, &folder);
    let measured = runtime().block_on(async {
        let rows = raw::count(&log);
        progress(&format!("{rows} rows of {}", log.display()));
        let mut measured = on_sqlite(&program, &log, rows).await;
        measured.extend(on_postgres(&program, &log, rows).await);
        measured.extend(in_memory(&program, &log, rows).await);
        measured
    });
    let _ = fs::remove_dir_all(&folder);
    measured
}

/// The example, built with both databases.
fn program() -> PathBuf {
    progress("building the example");
    let line = "build --quiet --release --features postgres --example loans";
    let built = Command::new("cargo").args(line.split(' ')).status();
    assert!(built.expect("cargo can be run").success(), "the example can be built");
    let ours = env::current_exe().expect("this program is a file");
    ours.parent().expect("it is in a directory").join("examples/loans")
}

/// The real log, where it is there, and else one of its shape.
fn log(program: &Path, folder: &Path) -> PathBuf {
    let usual = PathBuf::from("../shared/data/loan-applications-2012.csv.gz");
    let real = env::var_os("ANNALS_LOANS_LOG").map_or(usual, PathBuf::from);
    if real.exists() {
        return real;
    }
    let path = folder.join("made-up.csv");
    let file = fs::File::create(&path).expect("there is room below target");
    let made = Command::new(program).args(["generate", "--cases", CASES]).stdout(file).status();
    assert!(made.expect("it can be run").success(), "a log can be made up");
    path
}

async fn on_sqlite(program: &Path, log: &Path, rows: u64) -> Vec<Row> {
    let mut measured = Measured::new(rows, "SQLite");
    while measured.rounds.begin() {
        let bed = sqlite::Bed::new().await;
        let file = bed.log().with_file_name("loans.db");
        let raw = raw::into_sqlite(log, &bed.log().with_file_name("by-hand.db")).await;
        let imported = import(program, log, &format!("sqlite://{}", file.display())).await;
        measured.end(&imported, raw);
    }
    measured.rows()
}

async fn on_postgres(program: &Path, log: &Path, rows: u64) -> Vec<Row> {
    let mut measured = Measured::new(rows, "PostgreSQL");
    let (mut bed, mut round) = (postgres::Bed::new().await, 0);
    while measured.rounds.begin() {
        bed.checkpoint().await;
        let raw = raw::into_postgres(log, bed.url()).await;
        bed.checkpoint().await;
        round += 1;
        let separator = if bed.url().contains('?') { '&' } else { '?' };
        let url = format!("{}{separator}schema=loans_{round}", bed.url());
        let imported = import(program, log, &url).await;
        measured.end(&imported, raw);
    }
    measured.rows()
}

/// Beside reading the file alone: nothing is written.
async fn in_memory(program: &Path, log: &Path, rows: u64) -> Vec<Row> {
    let mut rounds = Rounds::new("into memory", "rows/s").rounds(ROUNDS);
    while rounds.begin() {
        let start = Instant::now();
        raw::count(log);
        let read = start.elapsed();
        let imported = import(program, log, "memory:").await;
        rounds.end([rate(rows, imported.took), rate(rows, read)]);
    }
    let work = format!("import of {rows} rows with five read models, beside reading them (memory)");
    vec![Row::of_pair(BENCH, &work, "rows/s", &rounds.pair(0, 1), None)]
}

/// What came of the imports into one kind of store.
struct Measured {
    count: u64,
    store: &'static str,
    rounds: Rounds<2>,
    /// The most of all.
    caught_up: f64,
    memory: f64,
}

impl Measured {
    fn new(count: u64, store: &'static str) -> Self {
        let rounds = Rounds::new(store, "rows/s").rounds(ROUNDS);
        Self { count, store, rounds, caught_up: 0.0, memory: 0.0 }
    }

    fn end(&mut self, imported: &Imported, raw: Duration) {
        self.caught_up = self.caught_up.max(imported.caught_up);
        self.memory = self.memory.max(imported.memory);
        self.rounds.end([rate(self.count, imported.took), rate(self.count, raw)]);
    }

    fn rows(&self) -> Vec<Row> {
        let Self { count, store, rounds, caught_up, memory } = self;
        let import = format!("import of {count} rows with five read models");
        let work = format!("{import}, beside batches of 1,000 rows by hand ({store})");
        let must = Some(Must::AtLeast(0.5));
        let soon = format!("{import}: s until all have caught up, beside those allowed ({store})");
        let held = format!("{import}: MiB at the most, beside those allowed ({store})");
        let at_most = Must::AtMost(1.0);
        let remark = || "the most of all rounds".to_owned();
        vec![
            Row::of_pair(BENCH, &work, "rows/s", &rounds.pair(0, 1), must),
            Row::of_counts(BENCH, &soon, *caught_up, SOON, at_most, remark()),
            Row::of_counts(BENCH, &held, *memory, MOST_MEMORY, at_most, remark()),
        ]
    }
}

fn rate(rows: u64, took: Duration) -> f64 {
    figure(rows) / took.as_secs_f64()
}

/// What is known of an import.
struct Imported {
    /// From the start of its process to its end, when everything is in the read models.
    took: Duration,
    /// How long that was after the last row, in seconds.
    caught_up: f64,
    /// MiB that it has had at the most.
    memory: f64,
}

async fn import(program: &Path, log: &Path, url: &str) -> Imported {
    let start = Instant::now();
    let mut importing = Command::new(program)
        .args(["import", "--store", url, "--log"])
        .arg(log)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be run");
    let mut memory = 0.0;
    // It says little: that waits in the pipe.
    while importing.try_wait().expect("it can be waited for").is_none() {
        memory = most_memory(importing.id()).unwrap_or(memory);
        sleep(PAUSE).await;
    }
    let took = start.elapsed();
    let output = importing.wait_with_output().expect("it has ended");
    assert!(output.status.success(), "every row is recorded");
    let said = String::from_utf8_lossy(&output.stdout);
    let caught_up = said.split_once("caught up ").and_then(|(_, rest)| rest.split_once(" s"));
    let caught_up = caught_up.and_then(|(seconds, _)| seconds.parse().ok());
    Imported { took, caught_up: caught_up.expect("it says so"), memory }
}

/// MiB that a process has had at the most, while it is there.
fn most_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / 1024.0)
}
