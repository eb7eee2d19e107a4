//! Commands: on many accounts, and on one.

use annals::{Annals, Settings, Writer};

use crate::{
    crowd::{Crowd, Tally},
    ours::Commander,
    postgres::{
        BENCH,
        raw::{Grouped, Optimist},
        server::Bed,
    },
    rounds::{ROUND, Rounds},
    table::{Must, Row},
};

/// How many tasks send commands to many accounts.
const TASKS: usize = 64;

/// How many accounts these are.
const ACCOUNTS: usize = 1_000;

/// How many tasks send commands to one account.
const TASKS_ON_ONE: usize = 16;

pub(crate) async fn rows() -> Vec<Row> {
    let mut bed = Bed::new().await;
    let annals = Annals::on(Writer::new(bed.store()), Settings::default());
    [on_many(&mut bed, &annals).await, on_one(&mut bed, &annals).await].concat()
}

async fn on_many(bed: &mut Bed, annals: &Annals) -> Vec<Row> {
    let mut ours = Crowd::of(TASKS, |number| Commander::new(annals.clone(), ACCOUNTS, number));
    let mut raw = Crowd::new(Grouped::crowd(bed.connect().await, TASKS));
    let mut last = None;
    let mut rounds = Rounds::new("64 tasks execute on 1,000 accounts", "commands/s");
    bed.checkpoint().await;
    while rounds.begin() {
        let ours = ours.work(ROUND).await;
        rounds.end([ours.rate, raw.work(ROUND).await.rate]);
        last = Some(ours);
    }
    let row = Row::of_pair(
        BENCH,
        "64 tasks execute commands on 1,000 accounts, beside group commit by hand",
        "commands/s",
        &rounds.pair(0, 1),
        Some(Must::AtLeast(0.6)),
    );
    vec![row.with_remark(&last.as_ref().map_or_else(String::new, Tally::latencies))]
}

async fn on_one(bed: &mut Bed, annals: &Annals) -> Vec<Row> {
    let mut ours = Crowd::of(TASKS_ON_ONE, |_| Commander::new(annals.clone(), 1, 0));
    let mut grouped = Crowd::new(Grouped::crowd(bed.connect().await, TASKS_ON_ONE));
    let mut optimists = Vec::new();
    for _ in 0..TASKS_ON_ONE {
        optimists.push(Optimist::new(bed.connect().await));
    }
    let mut optimists = Crowd::new(optimists);
    let mut last = None;
    let mut rounds = Rounds::new("16 tasks execute on one account", "commands/s");
    bed.checkpoint().await;
    while rounds.begin() {
        let ours = ours.work(ROUND).await;
        let figures = [ours.rate, grouped.work(ROUND).await.rate, optimists.work(ROUND).await.rate];
        rounds.end(figures);
        last = Some(ours);
    }
    let latencies = last.as_ref().map_or_else(String::new, Tally::latencies);
    vec![
        Row::of_pair(
            BENCH,
            "16 tasks execute commands on one account, beside group commit by hand",
            "commands/s",
            &rounds.pair(0, 1),
            Some(Must::AtLeast(0.5)),
        )
        .with_remark(&latencies),
        Row::of_pair(
            BENCH,
            "16 tasks execute commands on one account, beside optimistic INSERTs",
            "commands/s",
            &rounds.pair(0, 2),
            Some(Must::AtLeast(30.0)),
        ),
    ]
}
