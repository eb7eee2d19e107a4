//! Read models that are written in the transaction that appends.

mod cancelled;
mod catching_up;

use std::{sync::Arc, time::Duration};

use annals_core::{
    Append, AppendError, EventStore, Expected, Position, Revision, StoreErrorKind, StreamAppend,
};
use annals_projections::InlineStore;
use futures::future::join_all;

use crate::{
    account::{Deposited, account, deposit, deposits, new_event, note},
    fold::assert_folded,
    place::Place,
    share_out::{Happened, Portion, SharedOut, share_out, trip},
    statement::{BANE, Statement},
};

crate::place::everywhere!(
    what_is_appended_is_in_the_rows_when_append_returns,
    of_16_tasks_each_finds_what_it_has_appended_and_nothing_is_lost,
    of_two_processes_that_append_at_once_nothing_is_lost,
    an_append_to_several_streams_is_in_all_their_rows,
    an_append_that_conflicts_writes_nothing,
    an_event_that_cannot_be_projected_refuses_the_append,
    an_append_that_is_repeated_changes_nothing,
    who_waits_for_what_is_inline_has_it_at_once,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// A log whose appends write both views.
async fn inline(place: &Place) -> Arc<InlineStore> {
    let runners = [place.runner::<Statement>(), place.runner::<Portion>()];
    let (log, models) = (Arc::clone(&place.log), Arc::clone(&place.models));
    Arc::new(InlineStore::open(log, models, runners).await.unwrap())
}

async fn assert_both_folded(place: &Place) {
    assert_folded::<Statement>(place).await;
    assert_folded::<Portion>(place).await;
}

/// How many deposits a row has.
async fn deposits_on(place: &Place, number: u64) -> i64 {
    let row = place.rows::<Statement>().get(&number.to_string()).await.unwrap();
    row.map_or(0, |row| row.deposits)
}

async fn what_is_appended_is_in_the_rows_when_append_returns(place: Place) {
    let log = inline(&place).await;
    for number in 1..=20 {
        deposit(&*log, 1, &[1, 2]).await;
        assert_eq!(deposits_on(&place, 1).await, number * 2);
        note(&*log, 1).await;
        share_out(&*log, &["1", "2"], 3).await;
        let portion = place.rows::<Portion>().get("2").await.unwrap().unwrap();
        assert_eq!(i64::try_from(portion.changes).unwrap(), number);
    }
    assert_both_folded(&place).await;
}

/// Deposits on one's own account and on one of all; each is there at once.
async fn deposit_and_look(place: Place, log: Arc<InlineStore>, task: u64, times: i64) {
    for number in 1..=times {
        deposit(&*log, task, &[task]).await;
        assert_eq!(deposits_on(&place, task).await, number, "task {task}");
        let before = deposits_on(&place, 1_000).await;
        deposit(&*log, 1_000, &[task]).await;
        assert!(deposits_on(&place, 1_000).await > before, "task {task}");
    }
}

async fn of_16_tasks_each_finds_what_it_has_appended_and_nothing_is_lost(place: Place) {
    let log = inline(&place).await;
    let tasks = (0..16)
        .map(|task| tokio::spawn(deposit_and_look(place.clone(), Arc::clone(&log), task, 10)));
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    assert_eq!(deposits_on(&place, 1_000).await, 160);
    assert_both_folded(&place).await;
}

async fn of_two_processes_that_append_at_once_nothing_is_lost(place: Place) {
    let places = [place.again().await, place.again().await];
    // They open it at once, too.
    let [one, other] = [&places[0], &places[1]];
    let (first, second) = tokio::join!(inline(one), inline(other));
    let mut tasks = vec![];
    for (process, (place, log)) in (0..).zip(places.into_iter().zip([first, second])) {
        for task in 0..4 {
            let (place, log) = (place.clone(), Arc::clone(&log));
            tasks.push(tokio::spawn(deposit_and_look(place, log, process * 10 + task, 10)));
        }
    }
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    assert_eq!(deposits_on(&place, 1_000).await, 80);
    assert_both_folded(&place).await;
}

async fn an_append_to_several_streams_is_in_all_their_rows(place: Place) {
    let log = inline(&place).await;
    deposit(&*log, 2, &[7]).await;
    let shared = SharedOut { among: vec!["1".to_owned(), "5".to_owned()], cents: 4 };
    let part = |stream, events| StreamAppend { stream, expected: Expected::Any, events };
    let append = Append::to_streams(vec![
        part(account(1), vec![new_event(&Deposited(1)), new_event(&Deposited(2))]),
        part(account(3), vec![]),
        part(trip("alps"), vec![new_event(&Happened::OnTrip(shared))]),
        part(account(2), vec![new_event(&Deposited(3))]),
    ]);
    let appended = log.append(&append.unwrap()).await.unwrap();
    assert_eq!(appended.position.get(), 5);
    // Which also sees to positions, revisions and times.
    assert_both_folded(&place).await;

    // One that only looks, and records nothing.
    let append = Append::to_streams(vec![part(account(1), vec![])]).unwrap();
    let appended = log.append(&append).await.unwrap();
    assert_eq!((appended.position, appended.revisions[0].get()), (Position::START, 2));
    assert_both_folded(&place).await;
}

async fn an_append_that_conflicts_writes_nothing(place: Place) {
    let log = inline(&place).await;
    deposit(&*log, 1, &[1, 1]).await;
    let stale = deposits(1, Expected::At(Revision::START.plus(1)), &[100]);
    let refused = log.append(&stale).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    assert_eq!(deposits_on(&place, 1).await, 2);
    assert_both_folded(&place).await;
    deposit(&*log, 1, &[1]).await;
    assert_both_folded(&place).await;
}

async fn an_event_that_cannot_be_projected_refuses_the_append(place: Place) {
    let log = inline(&place).await;
    let first = deposit(&*log, 1, &[1]).await;
    match log.append(&deposits(1, Expected::Any, &[2, BANE, 3])).await {
        Err(AppendError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Invalid);
            let message = error.to_string();
            assert!(message.contains("statement") && message.contains("position 3"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    // Nothing is recorded, and the next one is where it would have been.
    assert_eq!(deposit(&*log, 1, &[4]).await, first.plus(1));
    assert_eq!(deposits_on(&place, 1).await, 2);
    assert_both_folded(&place).await;
}

async fn an_append_that_is_repeated_changes_nothing(place: Place) {
    let log = inline(&place).await;
    let append = deposits(1, Expected::Any, &[1, 2]);
    let first = log.append(&append).await.unwrap();
    deposit(&*log, 2, &[3]).await;
    let again = log.append(&append).await.unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(first.position, again.position);
    assert_eq!(deposits_on(&place, 1).await, 2);
    assert_both_folded(&place).await;
}

async fn who_waits_for_what_is_inline_has_it_at_once(place: Place) {
    let log = inline(&place).await;
    let noted = note(&*log, 1).await;
    let elsewhere = place.again().await;
    elsewhere.rows::<Statement>().wait_for(noted, PATIENCE).await.unwrap();
    let end = deposit(&*log, 1, &[1]).await;
    elsewhere.rows::<Statement>().wait_for(end, PATIENCE).await.unwrap();
    assert_eq!(deposits_on(&elsewhere, 1).await, 1);
}
