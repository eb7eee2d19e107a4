//! Reading: one stream into a state, the whole log in order, and one rare type.

mod raw;

use std::hint::black_box;

use annals::{EventType, Filter, Settings, Writer, prelude::*};

use crate::{
    account::{Account, RARE},
    postgres::{BENCH, server::Bed},
    reading::{HISTORY, micros, rate, read_all, record_history},
    rounds::Rounds,
    table::{Must, Row},
    worker,
};

/// How many events the log has.
const IN_LOG: u32 = 1_000_000;

/// How much memory reading them may take. Reading holds a bounded number of rows.
const MOST_MEMORY: f64 = 32.0; // MiB

pub(crate) async fn rows() -> Vec<Row> {
    let mut bed = Bed::new().await;
    bed.fill(IN_LOG.into(), 100_000).await;
    let log = [read_log(&mut bed).await, memory(&bed), read_rare(&mut bed).await].concat();
    [load(&mut bed).await, load_short(&mut bed).await, log].concat()
}

async fn load(bed: &mut Bed) -> Vec<Row> {
    let stream = Account::stream("long");
    record_history(&*bed.store(), stream.id().expect("a good name")).await;
    bed.analyze().await;
    let writer = Writer::new(bed.store());
    let annals = Annals::on(writer, Settings::default());
    let mut connection = bed.connect().await;
    let mut rounds = Rounds::new("load a stream", "events/s");
    while rounds.begin() {
        // Loaded again and again, since once takes only a moment.
        let ours = rate(HISTORY, 50, async || {
            let folded = annals.load(Account::stream("long")).await.expect("it can be read");
            assert_eq!(folded.revision().get(), i64::from(HISTORY), "all of it");
            black_box(folded.state());
        });
        let ours = ours.await;
        let raw = rate(HISTORY, 50, async || {
            let folded = raw::load(&mut connection, "account:long").await;
            assert_eq!(folded, u64::from(HISTORY), "all of it");
        });
        rounds.end([ours, raw.await]);
    }
    vec![Row::of_pair(
        BENCH,
        "load a stream of 10,000 events, beside a streamed SELECT of the same columns",
        "events/s",
        &rounds.pair(0, 1),
        Some(Must::AtLeast(0.9)),
    )]
}

/// What most commands wait for, if the state is not remembered.
async fn load_short(bed: &mut Bed) -> Vec<Row> {
    const TIMES: u32 = 1_000;
    let writer = Writer::new(bed.store());
    let annals = Annals::on(writer, Settings::default());
    let mut connection = bed.connect().await;
    let mut rounds = Rounds::new("load a short stream", "µs");
    while rounds.begin() {
        let ours = micros(TIMES, async || {
            let folded = annals.load(Account::stream(7)).await.expect("it can be read");
            assert_eq!(folded.revision().get(), 10, "all of it");
        });
        let ours = ours.await;
        let raw = micros(TIMES, async || {
            assert_eq!(raw::load(&mut connection, "account:7").await, 10, "all of it");
        });
        rounds.end([ours, raw.await]);
    }
    let work = "load a stream of 10 events, beside a streamed SELECT of the same columns";
    vec![Row::of_pair(BENCH, work, "µs", &rounds.pair(0, 1), None)]
}

async fn read_log(bed: &mut Bed) -> Vec<Row> {
    let store = bed.store();
    let mut connection = bed.connect().await;
    let mut rounds = Rounds::new("read the log", "events/s");
    while rounds.begin() {
        let ours = rate(IN_LOG, 1, async || {
            assert_eq!(read_all(&*store, Filter::All).await, u64::from(IN_LOG), "all of it");
        });
        let ours = ours.await;
        let selected = rate(IN_LOG, 1, async || {
            assert_eq!(raw::read_log(&mut connection).await, u64::from(IN_LOG), "all of it");
        });
        let selected = selected.await;
        let copied = rate(IN_LOG, 1, async || {
            assert_eq!(raw::copy_log(&mut connection).await, u64::from(IN_LOG), "all of it");
        });
        rounds.end([ours, selected, copied.await]);
    }
    let (selected, copied) = (rounds.pair(0, 1), rounds.pair(0, 2));
    // The faster of the two is what counts.
    let is_copy_faster = copied.raw.median > selected.raw.median;
    let must = |is_faster: bool| is_faster.then_some(Must::AtLeast(0.9));
    vec![
        Row::of_pair(
            BENCH,
            "read and decode 1,000,000 events in order, beside a streamed SELECT",
            "events/s",
            &selected,
            must(!is_copy_faster),
        ),
        Row::of_pair(
            BENCH,
            "read and decode 1,000,000 events in order, beside COPY in binary",
            "events/s",
            &copied,
            must(is_copy_faster),
        ),
    ]
}

/// In a process of its own, where nothing was allocated and freed before.
fn memory(bed: &Bed) -> Vec<Row> {
    let [ours, raw] = ["read", "read-raw"].map(|job| worker::start(job, bed.url(), 1));
    let (ours, raw) = (ours.run(), raw.run());
    vec![Row::of_counts(
        BENCH,
        "read and decode 1,000,000 events: MiB above the start, beside those allowed",
        ours,
        MOST_MEMORY,
        Must::AtMost(1.0),
        format!("VmHWM; by a streamed SELECT {raw:.1}"),
    )]
}

async fn read_rare(bed: &mut Bed) -> Vec<Row> {
    const TIMES: u32 = 200;
    let store = bed.store();
    let mut connection = bed.connect().await;
    let filter: Filter = [EventType::new(RARE)].into_iter().collect();
    let rare = u64::from(IN_LOG / 100_000);
    let mut rounds = Rounds::new("read a rare type", "µs");
    while rounds.begin() {
        let ours = micros(TIMES, async || {
            assert_eq!(read_all(&*store, filter.clone()).await, rare, "all of it");
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

/// The same by hand.
pub(crate) async fn read_all_raw(url: &str) -> u64 {
    raw::read_log(&mut super::server::connect(url).await).await
}
