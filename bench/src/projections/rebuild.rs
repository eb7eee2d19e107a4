//! How much memory it takes to build a view from a long log, in a process of its own.

use std::time::Instant;

use crate::{
    figure,
    projections::{
        BENCH, Scale,
        raw::Sum,
        stage::{KINDS, Kind, Stage},
    },
    table::{Must, Row},
    worker,
};

const EVENTS: u64 = 1_000_000;

/// How much memory it may take. A bounded number of events is held at a time.
const MOST_MEMORY: f64 = 64.0; // MiB

pub(super) async fn rows(scale: Scale) -> Vec<Row> {
    let mut rows = vec![];
    for kind in KINDS {
        rows.push(row(kind, scale.of(EVENTS)).await);
    }
    rows
}

async fn row(kind: Kind, events: u64) -> Row {
    let mut stage = Stage::new(kind, events, 100_000).await;
    stage.reset().await;
    let mut worker = worker::start("build", &stage.url(), 1);
    worker.await_ready();
    let start = Instant::now();
    worker.begin();
    let memory = worker.end();
    let rate = figure(events) / start.elapsed().as_secs_f64();
    stage.check(Sum::Ours).await;
    let name = kind.name();
    let work = format!(
        "view built from {events} events: MiB above the start, beside those allowed ({name})"
    );
    let remark = format!("VmHWM; {rate:.0} events/s");
    Row::of_counts(BENCH, &work, memory, MOST_MEMORY, Must::AtMost(1.0), remark)
}
