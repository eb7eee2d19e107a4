//! A projection that sends a statement for each event, beside a loop of those statements by hand.

use crate::{
    projections::{
        BENCH, Scale, build,
        raw::{Sum, Work},
        stage::{Kind, Stage},
    },
    table::{Must, Row},
};

const EVENTS: u64 = 20_000;

pub(super) async fn rows(kind: Kind, scale: Scale) -> Vec<Row> {
    let events = scale.of(EVENTS);
    let mut stage = Stage::new(kind, events, 1_000).await;
    let mut rounds = scale.rounds("a statement for each event", "events/s");
    while rounds.begin() {
        stage.reset().await;
        let ours = build(stage.place.movements(), stage.head).await;
        stage.check(Sum::Movements).await;
        stage.reset().await;
        let raw = stage.by_hand(Work::Statements).await;
        stage.check(Sum::Movements).await;
        rounds.end([ours, raw]);
    }
    let work = format!(
        "a statement for each of {events} events, beside a loop of these by hand ({})",
        kind.name()
    );
    let must = Some(Must::AtLeast(0.8));
    vec![Row::of_pair(BENCH, &work, "events/s", &rounds.pair(0, 1), must)]
}
