//! The SQLite store beside the same work done by hand through the same driver, on the same disk.

mod raw;

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use annals::{Annals, EventStore, EventType, Filter, Settings, Writer, prelude::*};
use annals_sqlite::{SqliteSettings, SqliteStore};

use crate::{
    account::{Account, RARE},
    crowd::{Crowd, Tally},
    ours::{Appender, Commander},
    progress,
    reading::{HISTORY, micros, rate, read_all, record_history},
    rounds::{ROUND, Rounds},
    runtime,
    streams::Streams,
    table::{Must, Row},
    worker,
};
pub(crate) use raw::connect;
use raw::{Alone, BATCH, Batches};

/// The name of these rows.
const BENCH: &str = "sqlite";

/// How many tasks append or execute at once.
const TASKS: usize = 64;

/// How many accounts commands are for.
const ACCOUNTS: usize = 1_000;

/// How many events the long log has.
const IN_LOG: u32 = 1_000_000;

/// How many streams that log has.
const STREAMS: i64 = 100_000;

/// How much memory reading it may take. Reading holds a bounded number of rows.
const MOST_MEMORY: f64 = 32.0; // MiB

/// Every row, one after the other.
pub(crate) fn rows() -> Vec<Row> {
    runtime().block_on(async {
        let bed = Bed::new().await;
        progress("appending and executing");
        let written = [one_task(&bed).await, many_tasks(&bed).await, execute(&bed).await].concat();
        let bed = Bed::new().await;
        progress("reading a log of 1,000,000 events");
        raw::fill(&bed.log, IN_LOG.into(), STREAMS).await;
        let read = [read_log(&bed).await, memory(&bed), read_rare(&bed).await].concat();
        [written, load(&bed).await, read].concat()
    })
}

/// A directory with an empty log, and beside it the file of the raw ways.
pub(crate) struct Bed {
    directory: PathBuf,
    log: PathBuf,
    store: Arc<dyn EventStore>,
}

impl Bed {
    /// Beneath `target`, which is on a disk, as a directory for temporary files may not be.
    pub(crate) async fn new() -> Self {
        static BEDS: AtomicU32 = AtomicU32::new(1);
        let number = BEDS.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench-sqlite-{}-{number}", process::id());
        let directory = Path::new("target").join(name);
        let log = directory.join("log.db");
        let store = SqliteStore::open_file(&log, SqliteSettings::default()).await;
        let store = Arc::new(store.expect("the log can be made"));
        raw::create(&directory.join("raw.db")).await;
        Self { directory, log, store }
    }

    /// The file of the log.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store)
    }

    fn annals(&self) -> Annals {
        Annals::on(Writer::new(self.store()), Settings::default())
    }

    /// The file of the raw ways.
    fn raw(&self) -> PathBuf {
        self.directory.join("raw.db")
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

async fn one_task(bed: &Bed) -> Vec<Row> {
    let mut ours = Crowd::of(1, |_| Appender::new(bed.store(), Streams::of("alone")));
    let mut raw = Crowd::new(vec![Alone::new(&bed.raw()).await]);
    let mut last = None;
    let mut rounds = Rounds::new("one append at a time", "µs");
    while rounds.begin() {
        let (ours, raw) = (ours.work(ROUND).await, raw.work(ROUND).await);
        rounds.end([ours.median_micros(), raw.median_micros()]);
        last = Some(ours);
    }
    let row = Row::of_pair(
        BENCH,
        "1 task, one event an append: median latency, beside an INSERT",
        "µs",
        &rounds.pair(0, 1),
        Some(Must::AtMost(1.3)),
    );
    vec![row.with_remark(&last.as_ref().map_or_else(String::new, Tally::latencies))]
}

async fn many_tasks(bed: &Bed) -> Vec<Row> {
    let streams = |number| Streams::of(format!("many-{number}"));
    let mut ours = Crowd::of(TASKS, |number| Appender::new(bed.store(), streams(number)));
    let mut raw = Crowd::new(vec![Batches::new(&bed.raw()).await]);
    let mut last = None;
    let mut rounds = Rounds::new("64 tasks append", "events/s");
    while rounds.begin() {
        let ours = ours.work(ROUND).await;
        rounds.end([ours.rate, raw.work(ROUND).await.rate * BATCH]);
        last = Some(ours);
    }
    let row = Row::of_pair(
        BENCH,
        "64 tasks, one event an append, beside batches of 64 by one task",
        "events/s",
        &rounds.pair(0, 1),
        Some(Must::AtLeast(0.6)),
    );
    vec![row.with_remark(&last.as_ref().map_or_else(String::new, Tally::latencies))]
}

async fn execute(bed: &Bed) -> Vec<Row> {
    let annals = bed.annals();
    let mut ours = Crowd::of(TASKS, |number| Commander::new(annals.clone(), ACCOUNTS, number));
    let mut raw = Crowd::new(vec![Batches::new(&bed.raw()).await]);
    let mut last = None;
    let mut rounds = Rounds::new("64 tasks execute on 1,000 accounts", "commands/s");
    while rounds.begin() {
        let ours = ours.work(ROUND).await;
        rounds.end([ours.rate, raw.work(ROUND).await.rate * BATCH]);
        last = Some(ours);
    }
    let row = Row::of_pair(
        BENCH,
        "64 tasks execute commands on 1,000 accounts, beside batches of 64 by one task",
        "commands/s",
        &rounds.pair(0, 1),
        Some(Must::AtLeast(0.5)),
    );
    vec![row.with_remark(&last.as_ref().map_or_else(String::new, Tally::latencies))]
}

async fn load(bed: &Bed) -> Vec<Row> {
    let stream = Account::stream("long");
    record_history(&*bed.store, stream.id().expect("a good name")).await;
    let annals = bed.annals();
    let mut connection = connect(&bed.log).await;
    let mut rounds = Rounds::new("load a stream", "events/s");
    while rounds.begin() {
        let ours = rate(HISTORY, 20, async || {
            let folded = annals.load(Account::stream("long")).await.expect("it can be read");
            assert_eq!(folded.revision().get(), i64::from(HISTORY), "all of it");
            black_box(folded.state());
        });
        let ours = ours.await;
        let raw = rate(HISTORY, 20, async || {
            let folded = raw::load(&mut connection, "account:long").await;
            assert_eq!(folded, u64::from(HISTORY), "all of it");
        });
        rounds.end([ours, raw.await]);
    }
    let work = "load a stream of 10,000 events, beside a streamed SELECT of the same columns";
    vec![Row::of_pair(BENCH, work, "events/s", &rounds.pair(0, 1), None)]
}

async fn read_log(bed: &Bed) -> Vec<Row> {
    let mut connection = connect(&bed.log).await;
    let mut rounds = Rounds::new("read the log", "events/s");
    while rounds.begin() {
        let ours = rate(IN_LOG, 1, async || {
            assert_eq!(read_all(&*bed.store, Filter::All).await, u64::from(IN_LOG), "all of it");
        });
        let ours = ours.await;
        let raw = rate(IN_LOG, 1, async || {
            assert_eq!(raw::read_log(&mut connection).await, u64::from(IN_LOG), "all of it");
        });
        rounds.end([ours, raw.await]);
    }
    let work = "read and decode 1,000,000 events in order, beside a streamed SELECT";
    let must = Some(Must::AtLeast(0.6));
    vec![Row::of_pair(BENCH, work, "events/s", &rounds.pair(0, 1), must)]
}

/// In a process of its own, where nothing was allocated and freed before.
fn memory(bed: &Bed) -> Vec<Row> {
    let url = format!("sqlite://{}", bed.log.display());
    vec![Row::of_counts(
        BENCH,
        "read and decode 1,000,000 events: MiB above the start, beside those allowed",
        worker::start("read", &url, 1).run(),
        MOST_MEMORY,
        Must::AtMost(1.0),
        "VmHWM".to_owned(),
    )]
}

async fn read_rare(bed: &Bed) -> Vec<Row> {
    const TIMES: u32 = 200;
    let mut connection = connect(&bed.log).await;
    let filter: Filter = [EventType::new(RARE)].into_iter().collect();
    let rare = u64::from(IN_LOG / 100_000);
    let mut rounds = Rounds::new("read a rare type", "µs");
    while rounds.begin() {
        let ours = micros(TIMES, async || {
            assert_eq!(read_all(&*bed.store, filter.clone()).await, rare, "all of it");
        });
        let ours = ours.await;
        let raw = micros(TIMES, async || {
            assert_eq!(raw::read_type(&mut connection, RARE).await, rare, "all of it");
        });
        rounds.end([ours, raw.await]);
    }
    let work = "read the 10 events of a rare type among 1,000,000, beside a SELECT by index";
    vec![Row::of_pair(BENCH, work, "µs", &rounds.pair(0, 1), None)]
}
