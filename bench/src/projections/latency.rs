//! How long it takes from an append until its event is seen in a view, at a steady rate.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use annals::{Append, Rows, Running, prelude::*};
use futures::future::join_all;
use hdrhistogram::Histogram;
use tokio::time::sleep_until;

use crate::{
    account::{Account, deposited, new_event},
    figure,
    projections::{
        BENCH, Place, Scale, Statement, follow,
        stage::{KINDS, Kind, Stage},
    },
    table::{Must, Row},
    worker,
};

/// One event in so much time, whether those before it were seen or not.
const PACE: Duration = Duration::from_millis(1);

const EVENTS: u64 = 10_000;

/// These many are not counted: connections are made, and statements prepared.
const FIRST: u64 = 1_000;

const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take.
const MEDIAN: f64 = 5.0; // ms
const P99: f64 = 25.0; // ms

pub(super) async fn rows(scale: Scale) -> Vec<Row> {
    let mut rows = vec![];
    for kind in KINDS {
        rows.extend(within(kind, scale).await);
        rows.extend(across(kind, scale).await);
    }
    rows
}

/// The view runs in this process.
async fn within(kind: Kind, scale: Scale) -> Vec<Row> {
    let stage = Stage::new(kind, 500, 100).await;
    let running = stage.place.view::<Statement>().start();
    follow(&running, |status| status.position >= stage.head).await;
    let running = Arc::new(running);
    let seen = measure(&stage.place, Some(&running), scale).await;
    shown(&seen, kind, "in the process")
}

/// The view runs in another process.
async fn across(kind: Kind, scale: Scale) -> Vec<Row> {
    let stage = Stage::new(kind, 500, 100).await;
    let mut worker = worker::start("follow", &stage.url(), 1);
    worker.await_ready();
    let seen = measure(&stage.place, None, scale).await;
    worker.begin();
    worker.end();
    shown(&seen, kind, "in another process")
}

/// Microseconds.
struct Seen {
    /// Since the append was due.
    of_all: Histogram<u64>,
    /// Since it was answered.
    after_answer: Histogram<u64>,
}

/// Appends at a steady pace, and has each event waited for in a task of its own.
async fn measure(place: &Place, running: Option<&Arc<Running>>, scale: Scale) -> Seen {
    let rows = Arc::new(place.rows::<Statement>());
    let events = FIRST + scale.of(EVENTS);
    let begin = Instant::now() + PACE;
    let mut tasks = vec![];
    for n in 0..events {
        let due = begin + PACE * u32::try_from(n).expect("there are not that many");
        sleep_until(due.into()).await;
        let (place, rows, running) = (place.clone(), Arc::clone(&rows), running.cloned());
        tasks.push(tokio::spawn(
            async move { see(n, due, &place, &rows, running.as_deref()).await },
        ));
    }
    let mut seen = Seen { of_all: histogram(), after_answer: histogram() };
    for task in join_all(tasks).await.into_iter().skip(usize::try_from(FIRST).unwrap_or_default()) {
        let (of_all, after_answer) = task.expect("it is seen");
        seen.of_all.record(micros(of_all)).expect("it resizes itself");
        seen.after_answer.record(micros(after_answer)).expect("it resizes itself");
    }
    seen
}

/// Appends an event to a stream of its own, and reads its row as soon as that must be there.
async fn see(
    n: u64,
    due: Instant,
    place: &Place,
    rows: &Rows<Statement>,
    running: Option<&Running>,
) -> (Duration, Duration) {
    let stream = StreamId::new(Account::CATEGORY, format!("seen-{n}")).expect("a good name");
    let append = Append::new(stream.clone(), Expected::NoStream, vec![new_event(&deposited(n))]);
    let appended = place.log.append(&append.expect("within the limits")).await;
    let position = appended.expect("nothing is in the way").position;
    let answered = Instant::now();
    match running {
        Some(running) => running.wait_for(position, PATIENCE).await,
        None => rows.wait_for(position, PATIENCE).await,
    }
    .expect("it is projected in time");
    let row = rows.get(stream.as_str()).await.expect("it can be read");
    assert_eq!(row.expect("it is there").count, 1, "once");
    (due.elapsed(), answered.elapsed())
}

fn shown(seen: &Seen, kind: Kind, place: &str) -> Vec<Row> {
    let millis =
        |micros: &Histogram<u64>, quantile| figure(micros.value_at_quantile(quantile)) / 1e3;
    let row = |name: &str, quantile, allowed| {
        let store = kind.name();
        let work = format!(
            "from append to seen in a view {place}, at 1,000 events/s: {name} in ms, beside those \
             allowed ({store})"
        );
        let figure = millis(&seen.of_all, quantile);
        let remark = format!("after the answer {:.1}", millis(&seen.after_answer, quantile));
        Row::of_counts(BENCH, &work, figure, allowed, Must::AtMost(1.0), remark)
    };
    vec![row("median", 0.5, MEDIAN), row("p99", 0.99, P99)]
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("3 digits are allowed")
}
