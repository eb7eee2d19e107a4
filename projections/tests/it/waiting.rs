//! Reading what one has written.

mod refused;

use std::time::Duration;

use annals_core::Position;
use annals_memory::MemoryReadModels;
use annals_projections::{RunnerSettings, WaitError};
use futures::future::join_all;

use crate::{
    account::{deposit, misname, note},
    balances::{Balances, log, start},
    place::{Place, swift},
    share_out::{Portion, share_out},
    statement::Statement,
};

crate::place::everywhere!(
    who_waits_in_another_process_never_reads_what_is_stale,
    who_waits_while_workers_come_and_go_never_reads_what_is_stale,
    a_position_of_which_nothing_concerns_the_view_is_reached,
);

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_is_not_there_in_time_is_told_with_how_far_it_is() {
    let (log, models) = (log(), MemoryReadModels::default());
    let there = deposit(&*log, 1, &[1; 3]).await;
    let running = start(&log, &models, Balances::new());
    running.wait_for(there, Duration::from_secs(30)).await.unwrap();
    let timeout = Duration::from_millis(1);
    match running.wait_for(there.plus(1), timeout).await {
        Err(WaitError::TimedOut { name, position, wanted, .. }) => {
            assert_eq!((name, position, wanted), ("balances", there, there.plus(1)));
        }
        other => panic!("{other:?}"),
    }
}

/// With a lease that is not lost on a machine that is busy.
fn steady() -> RunnerSettings {
    RunnerSettings { lease: Duration::from_secs(2), ..swift() }
}

/// Writes to a row of its own, waits, and reads.
async fn write_and_read(here: Place, elsewhere: Place, writer: u64, trials: i64) {
    let rows = elsewhere.rows::<Statement>();
    for trial in 1..=trials {
        let cents = [1, writer, u64::try_from(trial).unwrap()];
        let position = deposit(&*here.log, writer, &cents).await;
        rows.wait_for(position, PATIENCE).await.unwrap();
        let row = rows.get(&writer.to_string()).await.unwrap().unwrap();
        assert_eq!((row.deposits, row.last), (trial * 3, trial), "writer {writer}");
    }
}

async fn who_waits_in_another_process_never_reads_what_is_stale(place: Place) {
    let running = place.runner::<Statement>().with_settings(steady()).start();
    running.wait_for(deposit(&*place.log, 99, &[1]).await, PATIENCE).await.unwrap();
    let elsewhere = place.again().await;
    // 16 writers, 304 trials.
    let writers = (0..16)
        .map(|writer| tokio::spawn(write_and_read(place.clone(), elsewhere.clone(), writer, 19)));
    join_all(writers).await.into_iter().for_each(|writer| writer.unwrap());
    running.stop().await.unwrap();
}

async fn who_waits_while_workers_come_and_go_never_reads_what_is_stale(place: Place) {
    // One that stays, so that there is always somebody.
    let stays = place.runner::<Statement>().with_settings(steady()).start();
    stays.wait_for(deposit(&*place.log, 99, &[1]).await, PATIENCE).await.unwrap();
    let elsewhere = place.again().await;
    let writers = (0..8)
        .map(|writer| tokio::spawn(write_and_read(place.clone(), elsewhere.clone(), writer, 19)));
    let writers = tokio::spawn(join_all(writers));
    let mut trial = 0;
    while !writers.is_finished() {
        trial += 1;
        // With each there are more shares, and who waits with it is not told sooner than it is.
        let settings = RunnerSettings { shares: 2 + trial, ..steady() };
        let comes = elsewhere.runner::<Statement>().with_settings(settings).start();
        for _ in 0..5 {
            let position = deposit(&*place.log, 100, &[1]).await;
            comes.wait_for(position, PATIENCE).await.unwrap();
            let row = elsewhere.rows::<Statement>().get("100").await.unwrap().unwrap();
            let all = crate::fold::fold_to::<Statement>(&*place.log, position).await;
            assert!(row.deposits >= all["100"].deposits, "{row:?}");
        }
        comes.stop().await.unwrap();
    }
    writers.await.unwrap().into_iter().for_each(|writer| writer.unwrap());
    stays.stop().await.unwrap();
}

async fn a_position_of_which_nothing_concerns_the_view_is_reached(place: Place) {
    let runs = [
        place.runner::<Statement>().shares(8).start(),
        place.runner::<Portion>().shares(8).start(),
    ];
    let first = deposit(&*place.log, 1, &[1]).await;
    for running in &runs {
        running.wait_for(first, PATIENCE).await.unwrap();
    }
    let elsewhere = place.again().await;
    let (statements, portions) = (elsewhere.rows::<Statement>(), elsewhere.rows::<Portion>());
    for round in 0..3 {
        // For nobody, for no known reason, for one share of eight.
        let positions: [Position; 4] = [
            note(&*place.log, round).await,
            misname(&*place.log, round).await,
            share_out(&*place.log, &[], 1).await,
            deposit(&*place.log, round, &[1]).await,
        ];
        for position in positions {
            statements.wait_for(position, PATIENCE).await.unwrap();
            portions.wait_for(position, PATIENCE).await.unwrap();
        }
    }
    for running in runs {
        running.stop().await.unwrap();
    }
}
