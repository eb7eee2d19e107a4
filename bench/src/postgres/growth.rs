//! Appending to a long log, beside appending to a short one.

use crate::{
    crowd::Crowd,
    ours::Appender,
    postgres::{BENCH, server::Bed},
    progress,
    rounds::{ROUND, Rounds},
    streams::Streams,
    table::{Must, Row},
};

/// How many events the short log has.
const SHORT: i64 = 100_000;

/// How many events a stream has, in both.
const IN_STREAM: i64 = 100;

/// How many tasks append at once.
const TASKS: usize = 64;

/// The long log has `events` events.
pub(crate) async fn rows(events: i64) -> Vec<Row> {
    let (mut short, mut long) = (Bed::new().await, Bed::new().await);
    short.fill(SHORT, SHORT / IN_STREAM).await;
    long.fill(events, events / IN_STREAM).await;
    if events < 10_000_000 {
        progress("  quick: the long log has 1,000,000 events only");
    }

    let mut in_short = Appenders::new(&short, SHORT);
    let mut in_long = Appenders::new(&long, events);
    let mut rounds =
        Rounds::new("append to a long log, a short one; old streams in each", "events/s");
    while rounds.begin() {
        let own = [in_long.own(&mut long).await, in_short.own(&mut short).await];
        let old = [in_long.old(&mut long).await, in_short.old(&mut short).await];
        rounds.end([own[0], own[1], old[0], old[1]]);
    }
    let work = format!("64 tasks, one event an append, to {events} events, beside {SHORT}");
    let must = Some(Must::AtLeast(0.85));
    vec![
        Row::of_pair(BENCH, &work, "events/s", &rounds.pair(0, 1), must),
        Row::of_pair(
            BENCH,
            &format!("{work}: to any of its streams"),
            "events/s",
            &rounds.pair(2, 3),
            None,
        ),
    ]
}

/// Who appends to a log.
struct Appenders {
    /// To streams of their own.
    own: Crowd<Appender>,
    /// To any of those that were there.
    old: Crowd<Appender>,
}

impl Appenders {
    fn new(bed: &Bed, events: i64) -> Self {
        let appender = |streams| Appender::new(bed.store(), streams);
        let own = Crowd::of(TASKS, |number| appender(Streams::of(format!("own-{number}"))));
        let old = Crowd::of(TASKS, |number| appender(Streams::filled(events / IN_STREAM, number)));
        Self { own, old }
    }

    async fn own(&mut self, bed: &mut Bed) -> f64 {
        bed.checkpoint().await;
        self.own.work(ROUND).await.rate
    }

    async fn old(&mut self, bed: &mut Bed) -> f64 {
        bed.checkpoint().await;
        self.old.work(ROUND).await.rate
    }
}
