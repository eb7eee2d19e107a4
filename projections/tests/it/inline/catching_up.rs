//! What was appended past it, and versions that are raised.

use std::sync::Arc;

use annals_core::{EventStore, Fold, StoreErrorKind};
use annals_projections::{InlineStore, Keyed, View};
use serde::{Deserialize, Serialize};

use super::{PATIENCE, assert_both_folded, deposits_on, inline};
use crate::{
    account::{Deposited, deposit, deposits},
    fold::assert_folded,
    place::Place,
    share_out::share_out,
    statement::Statement,
};

crate::place::everywhere!(
    opening_catches_up_over_several_pages,
    opening_while_others_append_loses_nothing,
    events_appended_past_it_are_caught_up_with_by_the_next_append,
    a_view_that_a_runner_has_built_goes_on_inline,
    a_raised_version_is_rebuilt_at_opening_and_the_old_one_appends_no_more,
);

async fn opening_catches_up_over_several_pages(place: Place) {
    for number in 0..5 {
        deposit(&*place.log, number % 3, &[number; 700]).await;
        share_out(&*place.log, &["1", "2"], 1).await;
    }
    let log = inline(&place).await;
    assert_both_folded(&place).await;
    deposit(&*log, 1, &[1]).await;
    assert_both_folded(&place).await;
}

async fn opening_while_others_append_loses_nothing(place: Place) {
    deposit(&*place.log, 1, &[1; 3_000]).await;
    let first = inline(&place).await;
    let place = place.again().await;
    let appending = tokio::spawn(async move {
        for number in 0..60 {
            deposit(&*first, number % 3, &[number]).await;
        }
    });
    loop {
        inline(&place).await;
        if appending.is_finished() {
            break;
        }
    }
    appending.await.unwrap();
    assert_both_folded(&place).await;
}

async fn events_appended_past_it_are_caught_up_with_by_the_next_append(place: Place) {
    let log = inline(&place).await;
    deposit(&*log, 1, &[1]).await;
    for _ in 0..3 {
        deposit(&*place.log, 1, &[2; 500]).await;
        deposit(&*place.log, 2, &[2]).await;
    }
    assert_eq!(deposits_on(&place, 1).await, 1);
    deposit(&*log, 3, &[3]).await;
    assert_eq!(deposits_on(&place, 1).await, 1_501);
    assert_both_folded(&place).await;
}

async fn a_view_that_a_runner_has_built_goes_on_inline(place: Place) {
    let end = deposit(&*place.log, 1, &[1; 5]).await;
    let running = place.runner::<Statement>().start();
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();
    let log = inline(&place).await;
    deposit(&*log, 1, &[1]).await;
    assert_both_folded(&place).await;
}

/// The same view with another fold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Doubled {
    cents: i64,
}

impl Fold for Doubled {
    type Event = Deposited;

    fn evolve(&mut self, Deposited(cents): &Deposited) {
        self.cents += i64::try_from(cents * 2).unwrap();
    }
}

impl View for Doubled {
    const NAME: &'static str = Statement::NAME;
    const VERSION: u32 = 2;
    const KEYED: Keyed<Deposited> = Keyed::ById;
}

async fn a_raised_version_is_rebuilt_at_opening_and_the_old_one_appends_no_more(place: Place) {
    let old = inline(&place).await;
    for number in 0..4 {
        deposit(&*old, number % 3, &[number; 400]).await;
    }
    let before = place.rows::<Doubled>();
    let (log, models) = (Arc::clone(&place.log), Arc::clone(&place.models));
    let new = InlineStore::open(log, models, [place.runner::<Doubled>()]).await.unwrap();
    assert_folded::<Doubled>(&place).await;
    assert_eq!(before.get("2").await.unwrap().unwrap().cents, 1_600);
    let end = deposit(&new, 2, &[1]).await;
    assert_folded::<Doubled>(&place).await;

    let refused = old.append(&deposits(1, annals_core::Expected::Any, &[1])).await;
    let annals_core::AppendError::Store(error) = refused.unwrap_err() else { panic!() };
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert_eq!(deposit(&new, 1, &[1]).await, end.plus(1), "nothing was recorded");
    assert_folded::<Doubled>(&place).await;

    let (log, models) = (Arc::clone(&place.log), Arc::clone(&place.models));
    let older = InlineStore::open(log, models, [place.runner::<Statement>()]).await;
    assert_eq!(older.unwrap_err().kind(), StoreErrorKind::Invalid);
}
