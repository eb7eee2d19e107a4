//! A view, from position 0 until it has caught up, beside a loop by hand that folds batches and upserts them.

use crate::{
    projections::{
        BENCH, Scale, Statement, build,
        raw::{Sum, Work},
        stage::{Kind, Stage},
    },
    rounds::Rounds,
    table::{Must, Row},
};

const EVENTS: u64 = 200_000;

pub(super) async fn rows(kind: Kind, scale: Scale) -> Vec<Row> {
    let events = scale.of(EVENTS);
    let few = measure(kind, scale, events, 1_000).await;
    [few, measure(kind, scale, events, 50_000).await].concat()
}

async fn measure(kind: Kind, scale: Scale, events: u64, streams: u64) -> Vec<Row> {
    let mut stage = Stage::new(kind, events, streams).await;
    let work = format!("view over {events} events of {streams} streams");
    match kind {
        Kind::Postgres => {
            let mut rounds = scale.rounds("view on PostgreSQL", "events/s");
            while rounds.begin() {
                rounds.end([ours(&mut stage).await, by_hand(&mut stage, Work::View).await]);
            }
            let work = format!("{work}, beside batches folded and upserted by hand (PostgreSQL)");
            vec![row(&work, &rounds, 1, Some(Must::AtLeast(0.7)))]
        }
        Kind::Sqlite => {
            let mut rounds = scale.rounds("view on SQLite", "events/s");
            while rounds.begin() {
                let ours = ours(&mut stage).await;
                let together = by_hand(&mut stage, Work::View).await;
                rounds.end([ours, together, by_hand(&mut stage, Work::ViewByRow).await]);
            }
            // The faster of the two is what counts.
            let medians = [1, 2].map(|way| rounds.pair(0, way).raw.median);
            let must = |is_faster: bool| is_faster.then_some(Must::AtLeast(0.6));
            let is_together = medians[0] >= medians[1];
            let together = format!("{work}, beside batches upserted as JSON by hand (SQLite)");
            let by_row = format!("{work}, beside batches upserted row by row by hand (SQLite)");
            vec![
                row(&together, &rounds, 1, must(is_together)),
                row(&by_row, &rounds, 2, must(!is_together)),
            ]
        }
    }
}

fn row<const N: usize>(work: &str, rounds: &Rounds<N>, way: usize, must: Option<Must>) -> Row {
    Row::of_pair(BENCH, work, "events/s", &rounds.pair(0, way), must)
}

async fn ours(stage: &mut Stage) -> f64 {
    stage.reset().await;
    let rate = build(stage.place.view::<Statement>(), stage.head).await;
    stage.check(Sum::Ours).await;
    rate
}

async fn by_hand(stage: &mut Stage, work: Work) -> f64 {
    stage.reset().await;
    let rate = stage.by_hand(work).await;
    stage.check(Sum::Raw).await;
    rate
}
