//! Appends that nobody waits for any more.

use annals_core::{EventStore, Expected};
use annals_testkit::cancelled_after;

use super::{assert_both_folded, inline};
use crate::{
    account::{deposit, deposits},
    fold::fold,
    place::Place,
    statement::Statement,
};

crate::place::everywhere!(a_dropped_append_is_in_the_log_and_in_the_rows_or_in_neither);

async fn a_dropped_append_is_in_the_log_and_in_the_rows_or_in_neither(place: Place) {
    let log = inline(&place).await;
    deposit(&*log, 1, &[1]).await;
    let mut is_answered = false;
    for polls in 0.. {
        let append = deposits(polls % 3, Expected::Any, &[2, 3]);
        let polls = usize::try_from(polls).unwrap();
        let appended = cancelled_after(polls, log.append(&append)).await;
        is_answered = appended.is_some();
        // By then it is recorded or not.
        deposit(&*log, 1, &[1]).await;
        assert_both_folded(&place).await;
        let of_drops = fold::<Statement>(&*place.log).await;
        assert!(of_drops.values().all(|it| it.last <= 3 && it.last != 2), "in part: {of_drops:?}");
        if is_answered {
            assert!(polls > 0);
            break;
        }
    }
    assert!(is_answered);
}
