//! One event for each append: by one task, and by many.

use crate::{
    crowd::{Crowd, Tally},
    ours::Appender,
    postgres::{
        BENCH,
        raw::{Alone, Grouped, Pooled, pool},
        server::Bed,
    },
    rounds::{ROUND, Rounds},
    streams::Streams,
    table::{Must, Row},
};

/// How many tasks append at once.
const TASKS: usize = 64;

/// How many connections the pool has for them.
const CONNECTIONS: u32 = 16;

pub(crate) async fn rows() -> Vec<Row> {
    let mut bed = Bed::new().await;
    [one_task(&mut bed).await, many_tasks(&mut bed).await].concat()
}

/// Clients that append by Annals, each to streams of its own.
pub(crate) fn appenders(bed: &Bed, tasks: usize) -> Crowd<Appender> {
    Crowd::of(tasks, |number| Appender::new(bed.store(), Streams::of(format!("{tasks}-{number}"))))
}

async fn one_task(bed: &mut Bed) -> Vec<Row> {
    let mut ours = appenders(bed, 1);
    let mut raw = Crowd::new(vec![Alone::new(bed.connect().await).await]);
    let mut last = None;
    let mut rounds = Rounds::new("one append at a time", "µs");
    bed.checkpoint().await;
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
        Some(Must::AtMost(1.25)),
    );
    vec![row.with_remark(&last.as_ref().map_or_else(String::new, Tally::latencies))]
}

async fn many_tasks(bed: &mut Bed) -> Vec<Row> {
    let mut ours = appenders(bed, TASKS);
    let mut grouped = Crowd::new(Grouped::crowd(bed.connect().await, TASKS));
    let pool = pool(bed.url(), CONNECTIONS).await;
    let mut pooled = Crowd::of(TASKS, |number| {
        Pooled::new(pool.clone(), Streams::of(format!("pooled-{number}")))
    });
    let mut last = None;
    let mut rounds = Rounds::new("64 tasks append", "events/s");
    bed.checkpoint().await;
    while rounds.begin() {
        let ours = ours.work(ROUND).await;
        let figures = [ours.rate, grouped.work(ROUND).await.rate, pooled.work(ROUND).await.rate];
        rounds.end(figures);
        last = Some(ours);
    }
    let latencies = last.as_ref().map_or_else(String::new, Tally::latencies);
    vec![
        Row::of_pair(
            BENCH,
            "64 tasks, one event an append, beside group commit by hand",
            "events/s",
            &rounds.pair(0, 1),
            Some(Must::AtLeast(0.7)),
        )
        .with_remark(&latencies),
        Row::of_pair(
            BENCH,
            "64 tasks, one event an append, beside one INSERT a transaction, 16 connections",
            "events/s",
            &rounds.pair(0, 2),
            Some(Must::AtLeast(6.0)),
        ),
    ]
}
