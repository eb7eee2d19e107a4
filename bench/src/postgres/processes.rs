//! Several processes that append to one log.

use crate::{
    postgres::{BENCH, server::Bed},
    rounds::Rounds,
    table::Row,
    worker,
};

/// How many requests are on their way at once, of all processes.
const REQUESTS: usize = 64;

pub(crate) async fn rows() -> Vec<Row> {
    let mut bed = Bed::new().await;
    let (few, many) = ("4 processes", "16 processes");
    vec![
        row(&mut bed, 4, few, "4 processes, 64 requests in all, beside concurrent INSERTs").await,
        row(&mut bed, 16, many, "16 processes, 64 requests in all, beside concurrent INSERTs")
            .await,
    ]
}

async fn row(bed: &mut Bed, processes: usize, name: &'static str, work: &str) -> Row {
    let mut rounds = Rounds::new(name, "events/s");
    while rounds.begin() {
        bed.checkpoint().await;
        let ours = together("append", bed.url(), processes);
        rounds.end([ours, together("insert", bed.url(), processes)]);
    }
    Row::of_pair(BENCH, work, "events/s", &rounds.pair(0, 1), None)
}

/// What processes come to that do the same job at the same time.
fn together(job: &str, url: &str, processes: usize) -> f64 {
    let start = || worker::start(job, url, REQUESTS / processes);
    let mut workers: Vec<_> = (0..processes).map(|_| start()).collect();
    workers.iter_mut().for_each(worker::Worker::await_ready);
    workers.iter_mut().for_each(worker::Worker::begin);
    workers.into_iter().map(worker::Worker::end).sum()
}
