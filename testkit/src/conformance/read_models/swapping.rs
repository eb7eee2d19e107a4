//! A record gives way only to who knows what it says: what fences runners off.

use std::sync::Arc;

use tokio::spawn;

use super::{
    AREA, ReadModelsFixture, begin, commit, meanwhile, put, record, record_in, remove, round_trips,
    swap, swap_alone,
};
use crate::conformance::words::at_once;

/// Catches a first swap that fails, or overwrites.
pub async fn a_swap_from_nothing_succeeds_where_nothing_is(fixture: impl ReadModelsFixture) {
    assert!(swap_alone(&fixture, "ada", None, Some("1")).await);
    assert_eq!(record(&fixture, "ada").await.as_deref(), Some("1"));
    for to in ["1", "2", ""] {
        assert!(!swap_alone(&fixture, "ada", None, Some(to)).await);
        assert_eq!(record(&fixture, "ada").await.as_deref(), Some("1"));
    }
}

/// Catches a swap that does not look, or compares what texts mean.
pub async fn a_swap_from_a_text_succeeds_only_where_it_is_verbatim(
    fixture: impl ReadModelsFixture,
) {
    assert!(!swap_alone(&fixture, "ada", Some(""), Some("lost")).await);
    assert!(!swap_alone(&fixture, "ada", Some("1"), Some("lost")).await);
    let texts =
        ["", " ", "1", "1.0", "1 ", "01", "a", "A", "ä", "a\u{308}", r#"{"a":1}"#, r#"{"a": 1}"#];
    let mut from = None;
    for to in texts {
        assert!(swap_alone(&fixture, "ada", from, Some(to)).await, "{from:?} to {to:?}");
        assert_eq!(record(&fixture, "ada").await.as_deref(), Some(to));
        for other in texts.into_iter().filter(|other| *other != to) {
            let is_swapped = swap_alone(&fixture, "ada", Some(other), Some("lost")).await;
            assert!(!is_swapped, "{other:?} is taken for {to:?}");
        }
        from = Some(to);
    }
    assert!(swap_alone(&fixture, "ada", from, from).await, "it may stay as it is");
    assert_eq!(record(&fixture, "ada").await.as_deref(), from);
}

/// Catches a removal that does not look, and a record of nothing.
pub async fn a_swap_to_nothing_removes(fixture: impl ReadModelsFixture) {
    assert!(swap_alone(&fixture, "ada", None, None).await, "nothing may stay nothing");
    assert!(swap_alone(&fixture, "ada", None, Some("1")).await);
    for from in [None, Some("2")] {
        assert!(!swap_alone(&fixture, "ada", from, None).await);
        assert_eq!(record(&fixture, "ada").await.as_deref(), Some("1"));
    }
    assert!(swap_alone(&fixture, "ada", Some("1"), None).await);
    assert_eq!(record(&fixture, "ada").await, None);
    assert!(!swap_alone(&fixture, "ada", Some("1"), None).await);
    assert!(swap_alone(&fixture, "ada", None, Some("2")).await);
}

/// Catches a swap that looks at keys or areas alone.
pub async fn a_swap_is_of_one_area_and_key(fixture: impl ReadModelsFixture) {
    for key in ["ada", "Ada", "ada ", "ad", "%"] {
        assert!(swap_alone(&fixture, key, None, Some("1")).await, "{key:?}");
    }
    let mut tx = begin(&fixture).await;
    assert!(!tx.swap("lease", "ada", Some("1"), Some("2")).await.expect("it can be swapped"));
    assert!(tx.swap("lease", "ada", None, Some("2")).await.expect("it can be swapped"));
    commit(tx).await;
    assert!(swap_alone(&fixture, "ada", Some("1"), Some("3")).await);
    let lease = fixture.read_models().record("lease", "ada").await.expect("it can be read");
    assert_eq!(lease.as_deref(), Some("2"));
    assert_eq!(record(&fixture, "Ada").await.as_deref(), Some("1"));
}

/// Catches a swap that breaks its transaction when it fails, or compares with what is committed.
pub async fn a_swap_compares_with_what_its_transaction_left(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    put(&mut *tx, "ada", "1").await;
    assert!(!swap(&mut *tx, "ada", None, Some("lost")).await);
    assert_eq!(record_in(&mut *tx, "ada").await.as_deref(), Some("1"));
    assert!(swap(&mut *tx, "ada", Some("1"), Some("2")).await);
    assert!(!swap(&mut *tx, "ada", Some("1"), Some("lost")).await);
    assert!(swap(&mut *tx, "ada", Some("2"), None).await);
    assert_eq!(record_in(&mut *tx, "ada").await, None);
    assert!(swap(&mut *tx, "ada", None, Some("3")).await);
    remove(&mut *tx, "ada").await;
    assert!(!swap(&mut *tx, "ada", Some("3"), Some("lost")).await);
    assert!(swap(&mut *tx, "ada", None, Some("4")).await);
    meanwhile(&fixture, async { assert_eq!(record(&fixture, "ada").await, None) }).await;
    commit(tx).await;
    assert_eq!(record(&fixture, "ada").await.as_deref(), Some("4"));
}

/// Catches a look at the record that is not part of the commit.
pub async fn of_many_swaps_from_the_same_exactly_one_succeeds(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    let mut from: Option<String> = None;
    for round in 0..6 {
        let answers = at_once(20, |number| {
            let (fixture, from) = (fixture.clone(), from.clone());
            let to = format!("{round}/{number}");
            async move { swap_alone(&*fixture, "ada", from.as_deref(), Some(&to)).await.then_some(to) }
        });
        let winners: Vec<_> = answers.await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        from = record(&*fixture, "ada").await;
        assert_eq!(from.as_ref(), winners.first());
    }
}

/// Catches a write that is lost under another.
pub async fn who_reads_and_swaps_until_it_succeeds_loses_nothing(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    at_once(8, |_| {
        let fixture = fixture.clone();
        async move {
            for _ in 0..10 {
                while !count_up(&*fixture).await {}
            }
        }
    })
    .await;
    assert_eq!(record(&*fixture, "count").await.as_deref(), Some("80"));
}

/// Catches a swap that takes what is not committed for what is there, or for nothing.
pub async fn a_swap_waits_for_another_and_fails_once_that_commits(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    for (key, from) in [("ada", None), ("bob", Some("0"))] {
        assert!(swap_alone(&*fixture, key, None, from).await);
        let mut first = begin(&*fixture).await;
        assert!(swap(&mut *first, key, from, Some("first")).await);
        let second = spawn({
            let fixture = fixture.clone();
            async move { swap_alone(&*fixture, key, from, Some("second")).await }
        });
        round_trips(&*fixture, 20).await;
        assert!(!second.is_finished(), "nothing is decided yet");
        commit(first).await;
        assert!(!second.await.expect("it does not panic"), "the first has committed");
        assert_eq!(record(&*fixture, key).await.as_deref(), Some("first"));
    }
}

/// Catches a swap that is refused because of what never came to be.
pub async fn a_swap_waits_for_another_and_succeeds_once_that_is_dropped(
    fixture: impl ReadModelsFixture,
) {
    let fixture = Arc::new(fixture);
    for (key, from) in [("ada", None), ("bob", Some("0"))] {
        assert!(swap_alone(&*fixture, key, None, from).await);
        let mut first = begin(&*fixture).await;
        assert!(swap(&mut *first, key, from, Some("first")).await);
        let second = spawn({
            let fixture = fixture.clone();
            async move { swap_alone(&*fixture, key, from, Some("second")).await }
        });
        round_trips(&*fixture, 20).await;
        assert!(!second.is_finished(), "nothing is decided yet");
        drop(first);
        assert!(second.await.expect("it does not panic"), "the first was dropped");
        assert_eq!(record(&*fixture, key).await.as_deref(), Some("second"));
    }
}

/// Catches a swap from nothing that takes what is being removed for what stays.
pub async fn a_swap_from_nothing_succeeds_once_a_removal_commits(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    assert!(swap_alone(&*fixture, "ada", None, Some("1")).await);
    for commits in [false, true] {
        let mut first = begin(&*fixture).await;
        assert!(swap(&mut *first, "ada", Some("1"), None).await);
        let second = spawn({
            let fixture = fixture.clone();
            async move { swap_alone(&*fixture, "ada", None, Some("second")).await }
        });
        round_trips(&*fixture, 20).await;
        if commits {
            commit(first).await;
        } else {
            drop(first);
        }
        assert_eq!(second.await.expect("it does not panic"), commits);
    }
    assert_eq!(record(&*fixture, "ada").await.as_deref(), Some("second"));
}

/// Whether the count that was read is still the same when it is swapped for the next.
async fn count_up(fixture: &impl ReadModelsFixture) -> bool {
    let mut tx = begin(fixture).await;
    let read = tx.record(AREA, "count").await.expect("a record can be read");
    let count: u32 = read.as_deref().map_or(0, |count| count.parse().expect("it is a number"));
    let next = (count + 1).to_string();
    let is_swapped = swap(&mut *tx, "count", read.as_deref(), Some(&next)).await;
    if is_swapped {
        commit(tx).await;
    }
    is_swapped
}
