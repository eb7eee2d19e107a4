//! What is written in one transaction is committed together or not at all, whoever writes it.

use std::{sync::Arc, time::Duration};

use annals_core::{Clock, ModelTx, SystemClock, Timestamp};

use super::{
    FENCE, ReadModelsFixture, begin, commit, committed, meanwhile, put, record, record_in, row,
    set_up, statement, store, swap, swap_alone, write,
};
use crate::{cancelled_after, conformance::words::at_once};

/// Transactions are dropped after so many polls, and any smaller number.
const MOST_POLLS: usize = 40;

/// Catches a read model that is committed on its own: promise 4.
pub async fn the_read_model_and_its_checkpoint_move_together(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &[]).await;
    let mut tx = begin(&fixture).await;
    write(&fixture, &mut *tx, "ada", "1").await;
    write(&fixture, &mut *tx, "bob", "2").await;
    store(&mut *tx, &statement(), &[row("ada", 1)]).await;
    assert!(swap(&mut *tx, FENCE.key, Some(FENCE.content), Some("2")).await);
    write(&fixture, &mut *tx, "ada", "3").await;
    meanwhile(&fixture, async {
        assert_eq!(fixture.read("ada").await, None);
        assert_eq!(record(&fixture, FENCE.key).await.as_deref(), Some(FENCE.content));
    })
    .await;
    assert!(swap(&mut *tx, FENCE.key, Some("2"), Some(FENCE.content)).await);
    assert!(swap(&mut *tx, "balances", None, Some("2")).await);
    commit(tx).await;

    assert_eq!(fixture.read("ada").await.as_deref(), Some("3"));
    assert_eq!(fixture.read("bob").await.as_deref(), Some("2"));
    assert_eq!(record(&fixture, "balances").await.as_deref(), Some("2"));
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("ada", 1)]));
}

/// Catches a transaction that commits when it is dropped, or is in the way of the next.
pub async fn a_dropped_transaction_leaves_nothing(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &[]).await;
    for _ in 0..20 {
        let mut tx = begin(&fixture).await;
        write(&fixture, &mut *tx, "ada", "dropped").await;
        assert!(swap(&mut *tx, "ada", None, Some("dropped")).await);
        put(&mut *tx, "bob", "dropped").await;
        store(&mut *tx, &statement(), &[row("ada", 1)]).await;
        drop(tx);
        assert_eq!(fixture.read("ada").await, None);
        assert_eq!(record(&fixture, "ada").await, None);
        assert_eq!(record(&fixture, "bob").await, None);
        assert_eq!(committed(&fixture, &statement()).await, Some(Vec::new()));
    }
    move_on(&fixture, None, "1", "kept").await;
    assert_eq!(fixture.read("balances").await.as_deref(), Some("kept"));
}

/// Catches a store that does not take back what it has lent.
pub async fn a_transaction_dropped_while_it_is_lent_leaves_nothing(
    fixture: impl ReadModelsFixture,
) {
    for _ in 0..20 {
        let mut tx = begin(&fixture).await;
        put(&mut *tx, "ada", "dropped").await;
        tx.lend().await.expect("a transaction can be lent");
        fixture.write(&mut *tx, "ada", "dropped").await;
        drop(tx);
        assert_eq!(fixture.read("ada").await, None);
        assert_eq!(record(&fixture, "ada").await, None);
    }
    move_on(&fixture, None, "1", "kept").await;
    assert_eq!(fixture.read("balances").await.as_deref(), Some("kept"));
}

/// Catches a transaction that is another one after it was lent.
pub async fn a_transaction_can_be_lent_again_and_again(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    for number in 0..10 {
        let (key, value) = (format!("key {number}"), number.to_string());
        write(&fixture, &mut *tx, &key, &value).await;
        put(&mut *tx, &key, &value).await;
        assert_eq!(record_in(&mut *tx, "key 0").await.as_deref(), Some("0"));
    }
    tx.lend().await.expect("a transaction can be lent, and nothing done with it");
    tx.give_back().await.expect("nothing was done with it");
    commit(tx).await;
    for number in 0..10 {
        let key = format!("key {number}");
        assert_eq!(fixture.read(&key).await, Some(number.to_string()));
        assert_eq!(record(&fixture, &key).await, Some(number.to_string()));
    }
}

/// Catches a write that outlives the swap which it was to go with.
pub async fn a_swap_from_elsewhere_commits_nothing(fixture: impl ReadModelsFixture) {
    assert!(!moves_on(&fixture, Some("3"), "4", "lost").await);
    assert_eq!(fixture.read("balances").await, None);
    assert_eq!(record(&fixture, "balances").await, None);

    move_on(&fixture, None, "5", "kept").await;
    for elsewhere in [None, Some("4"), Some("6")] {
        assert!(!moves_on(&fixture, elsewhere, "7", "lost").await);
        assert_eq!(fixture.read("balances").await.as_deref(), Some("kept"));
        assert_eq!(record(&fixture, "balances").await.as_deref(), Some("5"));
    }
}

/// Catches a runner that is trusted because it was the right one once: promise 5.
pub async fn a_runner_that_wakes_after_another_took_over_commits_nothing(
    fixture: impl ReadModelsFixture,
) {
    move_on(&fixture, None, "1", "first").await;
    let paused = record(&fixture, "balances").await;
    move_on(&fixture, paused.as_deref(), "2", "second").await;
    move_on(&fixture, Some("2"), "3", "third").await;
    for to in ["2", "4"] {
        assert!(!moves_on(&fixture, paused.as_deref(), to, "late").await);
    }
    assert_eq!(record(&fixture, "balances").await.as_deref(), Some("3"));
    assert_eq!(fixture.read("balances").await.as_deref(), Some("third"));
}

/// Catches transactions that fail because others are open.
pub async fn of_many_transactions_at_once_all_commit(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    at_once(40, |number| {
        let (fixture, key) = (fixture.clone(), format!("key {number}"));
        async move {
            let mut tx = begin(&*fixture).await;
            assert!(swap(&mut *tx, &key, None, Some("1")).await);
            write(&*fixture, &mut *tx, &key, &key).await;
            commit(tx).await;
        }
    })
    .await;
    for number in 0..40 {
        let key = format!("key {number}");
        assert_eq!(record(&*fixture, &key).await.as_deref(), Some("1"));
        assert_eq!(fixture.read(&key).await, Some(key));
    }
}

/// Catches a part of a transaction that is committed, and one that is left open, when nobody waits for it.
pub async fn a_transaction_nobody_waits_for_is_committed_whole_or_not_at_all(
    fixture: impl ReadModelsFixture,
) {
    let fixture = Arc::new(fixture);
    at_once(MOST_POLLS, |polls| {
        let (fixture, key) = (fixture.clone(), polls.to_string());
        async move {
            let whole = async {
                let mut tx = begin(&*fixture).await;
                write(&*fixture, &mut *tx, &key, "1").await;
                assert!(swap(&mut *tx, &key, None, Some("1")).await);
                commit(tx).await;
            };
            cancelled_after(polls, whole).await;
        }
    })
    .await;

    move_on(&*fixture, None, "1", "kept").await;
    for polls in 0..MOST_POLLS {
        let key = polls.to_string();
        // Whoever of them still commits does so before this.
        if !swap_alone(&*fixture, &key, None, Some("free")).await {
            assert_eq!(fixture.read(&key).await.as_deref(), Some("1"));
        } else {
            assert_eq!(fixture.read(&key).await, None);
        }
    }
}

/// Catches a clock that stands still, is another one than ours, or runs in another time zone.
pub async fn a_store_tells_the_time(fixture: impl ReadModelsFixture) {
    let minute = Duration::from_secs(60);
    let mut last = Timestamp::UNIX_EPOCH;
    for _ in 0..20 {
        let before = SystemClock.now();
        let mut tx = begin(&fixture).await;
        let now = now(&mut *tx).await;
        assert!(now.plus(minute) > before, "it is {before}, and not {now}");
        assert!(SystemClock.now().plus(minute) > now, "it is {before}, and not {now}");
        assert!(now.plus(Duration::from_secs(1)) > last, "it was {last}, and now is {now}");
        last = last.max(now);
    }
}

async fn now(tx: &mut dyn ModelTx) -> Timestamp {
    tx.now().await.expect("a store has a clock")
}

/// Whether the checkpoint was `from`; then it is `to`, with `value` in the application's table.
async fn moves_on(
    fixture: &impl ReadModelsFixture,
    from: Option<&str>,
    to: &str,
    value: &str,
) -> bool {
    let mut tx = begin(fixture).await;
    write(fixture, &mut *tx, "balances", value).await;
    let is_swapped = swap(&mut *tx, "balances", from, Some(to)).await;
    if is_swapped {
        commit(tx).await;
    }
    is_swapped
}

async fn move_on(fixture: &impl ReadModelsFixture, from: Option<&str>, to: &str, value: &str) {
    assert!(moves_on(fixture, from, to, value).await, "nobody else is here");
}
