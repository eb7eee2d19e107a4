//! What an append costs that writes a view in its own transaction.

use std::sync::Arc;

use annals::{EventStore, InlineStore};

use crate::{
    crowd::Crowd,
    ours::Appender,
    projections::{
        BENCH, Scale, Statement,
        stage::{KINDS, Kind, Stage},
    },
    rounds::ROUND,
    streams::Streams,
    table::Row,
};

pub(super) async fn rows(scale: Scale) -> Vec<Row> {
    let mut rows = vec![];
    for kind in KINDS {
        // Whoever appends to the one appends inline.
        let (with, without) = (Stage::new(kind, 500, 100).await, Stage::new(kind, 500, 100).await);
        for tasks in [1, 16] {
            rows.push(row(&with, &without, kind, tasks, scale).await);
        }
    }
    rows
}

async fn row(with: &Stage, without: &Stage, kind: Kind, tasks: usize, scale: Scale) -> Row {
    let runner = with.place.view::<Statement>();
    let (log, models) = (Arc::clone(&with.place.log), Arc::clone(&with.place.models));
    let inline = InlineStore::open(log, models, [runner]).await;
    let inline: Arc<dyn EventStore> = Arc::new(inline.expect("it can be written inline"));
    let appender = |log: &Arc<dyn EventStore>, number| {
        Appender::new(Arc::clone(log), Streams::of(format!("{tasks}-{number}")))
    };
    let mut inlined = Crowd::of(tasks, |number| appender(&inline, number));
    let mut plain = Crowd::of(tasks, |number| appender(&without.place.log, number));
    let mut rounds = scale.rounds("append with a view inline", "events/s");
    while rounds.begin() {
        rounds.end([inlined.work(ROUND).await.rate, plain.work(ROUND).await.rate]);
    }
    let name = kind.name();
    let work = format!(
        "{tasks} at once, one event an append: with a view inline, beside without ({name})"
    );
    Row::of_pair(BENCH, &work, "events/s", &rounds.pair(0, 1), None)
}
