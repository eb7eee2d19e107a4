//! A view of which one key cannot be projected, beside the same view of which all can.

use std::time::Duration;

use annals::{OnFailure, Runner, RunnerSettings, View};

use crate::{
    projections::{
        BENCH, Scale, build,
        stage::{KINDS, Kind, Stage},
        statement::Poisonable,
    },
    table::{Must, Row},
};

const EVENTS: u64 = 200_000;

const KEYS: u64 = 10_000;

pub(super) async fn rows(scale: Scale) -> Vec<Row> {
    let mut rows = vec![];
    for kind in KINDS {
        rows.push(row(kind, scale).await);
    }
    rows
}

async fn row(kind: Kind, scale: Scale) -> Row {
    let (events, keys) = (scale.of(EVENTS), scale.of(KEYS));
    let mut stage = Stage::new(kind, events, keys).await;
    let mut rounds = scale.rounds("with a poisonous key", "events/s");
    while rounds.begin() {
        stage.reset().await;
        let poisoned = build(runner::<Poisonable<true>>(&stage), stage.head).await;
        stage.reset().await;
        let sound = build(runner::<Poisonable<false>>(&stage), stage.head).await;
        rounds.end([poisoned, sound]);
    }
    let name = kind.name();
    let work = format!(
        "view over {events} events of {keys} keys, one of them poisonous, beside none ({name})"
    );
    let must = Some(Must::AtLeast(0.9));
    Row::of_pair(BENCH, &work, "events/s", &rounds.pair(0, 1), must)
        .with_remark("tried again twice, after 1 ms")
}

/// With short pauses: they come once for a poisonous key, however long the log is.
fn runner<V: View>(stage: &Stage) -> Runner {
    let pause = Duration::from_millis(1);
    stage.place.view::<V>().with_settings(RunnerSettings {
        attempts: 2,
        first_pause: pause,
        longest_pause: pause,
        on_failure: OnFailure::PARK,
        ..RunnerSettings::default()
    })
}
