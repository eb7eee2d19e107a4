//! Views: folds that are kept, one row for each key.

use std::time::Duration;

use annals_core::{Fold, Position};
use annals_projections::{Halted, Phase, RunnerSettings, View, WaitError};
use serde::{Deserialize, Serialize};

use crate::{
    account::{Deposited, deposit, note},
    fold::assert_folded,
    place::{Place, swift},
    share_out::{Portion, share_out},
    statement::Statement,
};

crate::place::everywhere!(
    a_view_equals_a_fold_of_the_log_bit_for_bit_after_batches_of_any_size_and_restarts,
    an_event_for_several_keys_changes_each_of_their_rows_once_and_one_for_none_changes_none,
    a_view_cut_into_shares_changes_the_row_of_each_key_once,
    events_of_several_aggregates_meet_in_one_row,
    a_view_that_nobody_has_run_has_no_rows,
    a_view_with_a_bad_name_or_a_column_twice_is_refused_and_everybody_is_told,
);

const PATIENCE: Duration = Duration::from_secs(30);

async fn a_view_equals_a_fold_of_the_log_bit_for_bit_after_batches_of_any_size_and_restarts(
    place: Place,
) {
    for (round, batch_events) in (1..).zip([1, 2, 3, 0, 7, 61, 997, 1_000, 5_000]) {
        let mut end = Position::START;
        for number in 0..13 {
            let cents: Vec<_> = (0..round * 7).map(|n| n * 31 % 97 + number).collect();
            end = deposit(&*place.log, number * round % 11, &cents).await;
            note(&*place.log, number).await;
        }
        let batch_bytes = if round % 2 == 0 { 50 } else { 4 << 20 };
        let settings = RunnerSettings { batch_events, batch_bytes, ..swift() };
        let running = place.runner::<Statement>().with_settings(settings).start();
        if round % 3 == 0 {
            // It is dropped somewhere in the middle, and another one goes on.
            let some = Position::new(end.get() - 100).unwrap();
            running.wait_for(some, PATIENCE).await.unwrap();
            drop(running);
            let running = place.runner::<Statement>().start();
            running.wait_for(end, PATIENCE).await.unwrap();
            running.stop().await.unwrap();
        } else {
            running.wait_for(end, PATIENCE).await.unwrap();
            running.stop().await.unwrap();
        }
        assert_folded::<Statement>(&place).await;
    }
}

async fn an_event_for_several_keys_changes_each_of_their_rows_once_and_one_for_none_changes_none(
    place: Place,
) {
    let running = place.runner::<Portion>().start();
    share_out(&*place.log, &["ada", "bob", "cy"], 100).await;
    share_out(&*place.log, &[], 1_000).await;
    let end = share_out(&*place.log, &["bob", "ada", "bob"], 1).await;
    running.wait_for(end, PATIENCE).await.unwrap();

    let rows = place.rows::<Portion>().get_many(["ada", "bob", "cy", "dan"]).await.unwrap();
    let found: Vec<_> = rows.iter().map(|(key, it)| (key.as_str(), it.cents, it.changes)).collect();
    assert_eq!(found, [("ada", 102, 2), ("bob", 204, 2), ("cy", 300, 1)]);
    assert_folded::<Portion>(&place).await;
}

async fn a_view_cut_into_shares_changes_the_row_of_each_key_once(place: Place) {
    let runs = [(); 2].map(|()| place.runner::<Portion>().shares(5).start());
    let names: Vec<_> = (0..30).map(|number| format!("name {number}")).collect();
    let mut end = Position::START;
    for round in 0..90 {
        let among: Vec<_> =
            names.iter().skip(round % 30).take(round % 7).map(String::as_str).collect();
        end = share_out(&*place.log, &among, 3).await;
    }
    for running in &runs {
        running.wait_for(end, PATIENCE).await.unwrap();
    }
    assert_folded::<Portion>(&place).await;
    for running in runs {
        running.stop().await.unwrap();
    }
}

async fn events_of_several_aggregates_meet_in_one_row(place: Place) {
    deposit(&*place.log, 7, &[10]).await;
    share_out(&*place.log, &["7", "8"], 100).await;
    note(&*place.log, 7).await;
    let end = deposit(&*place.log, 7, &[1, 1]).await;
    let running = place.runner::<Portion>().start();
    running.wait_for(end, PATIENCE).await.unwrap();
    let seven = place.rows::<Portion>().get("7").await.unwrap().unwrap();
    assert_eq!((seven.cents, seven.changes), (112, 4));
    assert_folded::<Portion>(&place).await;
}

async fn a_view_that_nobody_has_run_has_no_rows(place: Place) {
    deposit(&*place.log, 1, &[1]).await;
    let rows = place.rows::<Statement>();
    assert_eq!(rows.get("1").await.unwrap(), None);
    assert!(rows.get_many(["1", "2"]).await.unwrap().is_empty());
    let page = rows.query().order_by(Statement::LAST).page().await.unwrap();
    assert!(page.rows.is_empty() && page.next.is_none());

    // And then somebody runs it: the same rows are seen, without having to be asked for anew.
    let running = place.runner::<Statement>().start();
    running.wait_for(Position::START.plus(1), PATIENCE).await.unwrap();
    assert_eq!(rows.get("1").await.unwrap().unwrap().cents, 1);
}

/// A view that no table can be made for.
macro_rules! nameless {
    ($($view:ident: $name:literal $(, $column:literal)*;)+) => {$(
        #[derive(Debug, Default, Serialize, Deserialize)]
        struct $view {}

        impl Fold for $view {
            type Event = Deposited;

            fn evolve(&mut self, _: &Deposited) {}
        }

        impl View for $view {
            const NAME: &'static str = $name;
            const COLUMNS: &'static [annals_projections::Column<Self>] =
                &[$(annals_projections::Column::integer($column, |_| 1.into()).any()),*];
        }
    )+};
}

nameless! {
    Shouting: "Statement";
    Quoted: "a\"b";
    Twice: "twice", "cents", "cents";
    Taken: "taken", "state";
    Spaced: "spaced", "two words";
}

async fn a_view_with_a_bad_name_or_a_column_twice_is_refused_and_everybody_is_told(place: Place) {
    let end = deposit(&*place.log, 1, &[1]).await;
    refused::<Shouting>(&place, end).await;
    refused::<Quoted>(&place, end).await;
    refused::<Twice>(&place, end).await;
    refused::<Taken>(&place, end).await;
    refused::<Spaced>(&place, end).await;
}

async fn refused<V: View>(place: &Place, end: Position) {
    let running = place.runner::<V>().start();
    match running.wait_for(end, PATIENCE).await {
        Err(WaitError::Halted { name, source: Halted::Store(error) }) => {
            assert_eq!(name, V::NAME);
            assert!(error.to_string().contains("has no name for a table"), "{error}");
        }
        other => panic!("{}: {other:?}", V::NAME),
    }
    let status = running.status();
    assert!(matches!(status.phase, Phase::Halted(_)) && !status.is_healthy(), "{status:?}");
    assert!(place.rows::<V>().get("account:1").await.unwrap().is_none());
    let elsewhere = place.rows::<V>().wait_for(end, PATIENCE).await;
    assert!(matches!(elsewhere, Err(WaitError::Stopped { .. })), "{elsewhere:?}");
}
