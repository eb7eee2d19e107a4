//! Several processes at one projection, beside one.

use std::time::{Duration, Instant};

use annals::Operator;
use tokio::time::sleep;

use crate::{
    figure,
    projections::{
        BENCH, Scale,
        raw::Sum,
        stage::{Kind, Stage},
        statement::MOVEMENTS,
    },
    table::Row,
    worker::{self, Worker},
};

const EVENTS: u64 = 200_000;

/// How often it is looked how far they are. To look is a few statements.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn rows(scale: Scale) -> Vec<Row> {
    let events = scale.of(EVENTS);
    let mut stage = Stage::new(Kind::Postgres, events, 1_000).await;
    let mut rounds = scale.rounds("3 processes, 1 process; both with 8 shares; with 1", "events/s");
    while rounds.begin() {
        let three = together(&mut stage, 3, 8).await;
        let one = together(&mut stage, 1, 8).await;
        rounds.end([three, one, together(&mut stage, 1, 1).await]);
    }
    let row = |beside: &str, way| {
        let work = format!(
            "a statement for each of {events} events: 3 processes, 8 shares, beside {beside}"
        );
        Row::of_pair(BENCH, &work, "events/s", &rounds.pair(0, way), None)
    };
    vec![row("1 process, 8 shares", 1), row("1 process, 1 share", 2)]
}

/// How many events a second processes project that work together.
async fn together(stage: &mut Stage, processes: usize, shares: usize) -> f64 {
    stage.reset().await;
    let start = || worker::start("share", &stage.url(), shares);
    let mut workers: Vec<_> = (0..processes).map(|_| start()).collect();
    workers.iter_mut().for_each(Worker::await_ready);
    let place = &stage.place;
    let operator = Operator::new(place.log.clone(), place.models.clone());
    let start = Instant::now();
    workers.iter_mut().for_each(Worker::begin);
    loop {
        let overview = operator.show(MOVEMENTS).await.expect("it can be asked");
        if overview.is_some_and(|overview| overview.position >= stage.head) {
            break;
        }
        sleep(PAUSE).await;
    }
    let rate = figure(stage.head.get().unsigned_abs()) / start.elapsed().as_secs_f64();
    for mut worker in workers {
        worker.await_ready();
        worker.begin();
        worker.end();
    }
    stage.check(Sum::Movements).await;
    rate
}
