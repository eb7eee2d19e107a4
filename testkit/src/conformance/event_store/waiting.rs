//! Waiting for the log to grow.

use annals_core::{Filter, Position};
use futures::future::{Either, FutureExt, select};
use tokio::{spawn, task::JoinHandle};

use crate::conformance::words::{
    Store, event, events, head_past, join_all, log_after, new_id, position, record, stream,
    whole_log,
};

/// Catches a store that waits for what has come already, or answers with the bound.
pub async fn waiting_past_what_is_there_answers_with_the_head(store: Store) {
    record(&store, &stream("ada"), events::<5>()).await;
    for after in 0..5 {
        assert_eq!(head_past(&store, position(after)).await, position(5));
    }
}

/// Catches a wake-up that never comes.
pub async fn waiting_at_the_head_ends_with_the_next_append(store: Store) {
    let ada = stream("ada");
    for round in 0..20 {
        let waiter = waiter(&store, position(2 * round));
        round_trips(&store, round).await;
        record(&store, &ada, events::<2>()).await;
        assert_eq!(join_all(vec![waiter]).await, [position(2 * round + 2)]);
    }
}

/// Catches a store that takes any append for the one that was waited for.
pub async fn waiting_past_a_position_to_come_ends_once_it_has_come(store: Store) {
    let ada = stream("ada");
    let waiter = waiter(&store, position(3));
    for _ in 0..3 {
        record(&store, &ada, [event()]).await;
        round_trips(&store, 3).await;
    }
    assert!(!waiter.is_finished(), "nothing is past position 3 yet");

    record(&store, &ada, [event()]).await;
    assert_eq!(join_all(vec![waiter]).await, [position(4)]);
}

/// Catches a store that only tells of appends which come while someone waits.
pub async fn an_append_between_reading_and_waiting_is_not_missed(store: Store) {
    let ada = stream("ada");
    for round in 0..20 {
        let read = position(whole_log(&store).await.len());
        record(&store, &ada, [event()]).await;
        assert_eq!(head_past(&store, read).await, position(round + 1));
    }
}

/// Catches a store that wakes the first in line, or loses some of a crowd.
pub async fn an_append_wakes_everyone_who_waits(store: Store) {
    let waiters = (0..50).map(|_| waiter(&store, Position::START)).collect();
    round_trips(&store, 5).await;
    record(&store, &stream("ada"), [event()]).await;
    assert_eq!(join_all(waiters).await, [position(1); 50]);
}

/// Catches a store that always resolves at once, and has its readers ask without end.
pub async fn waiting_at_the_head_waits(store: Store) {
    record(&store, &stream("ada"), [event()]).await;
    let mut early = 0;
    for _ in 0..100 {
        let wait = store.wait_past(position(1));
        if let Either::Left(_) = select(wait, round_trips(&store, 3).boxed()).await {
            early += 1;
        }
    }
    assert!(early < 50, "of 100 waits at the head, {early} took less time than three look-ups");
}

/// Catches a store that tells of an append before its events can be read.
pub async fn the_head_that_was_waited_for_can_be_read(store: Store) {
    let writers: Vec<_> = ["ada", "bob", "cleo", "dora"]
        .map(|name| {
            let store = store.clone();
            spawn(async move {
                for _ in 0..50 {
                    record(&store, &stream(name), events::<3>()).await;
                }
            })
        })
        .into();

    let mut seen = Position::START;
    while seen < position(600) {
        let head = head_past(&store, seen).await;
        let events = log_after(&store, seen, Filter::All).await;
        seen = events.last().map_or(seen, |last| last.position);
        assert!(seen >= head, "the head was at {head}, and the log can be read to {seen}");
    }
    join_all(writers).await;
}

/// Catches a store that keeps something for each who waits, or falls silent once one walked away.
pub async fn dropped_waits_leave_the_store_usable(store: Store) {
    for _ in 0..200 {
        // Ready or not, it is polled once and dropped.
        let _ = store.wait_past(Position::START).now_or_never();
    }
    let waiter = waiter(&store, Position::START);
    record(&store, &stream("ada"), [event()]).await;
    assert_eq!(join_all(vec![waiter]).await, [position(1)]);
}

/// A task that waits for the log to grow past `after`, and answers with the head.
fn waiter(store: &Store, after: Position) -> JoinHandle<Position> {
    let store = store.clone();
    spawn(async move { head_past(&store, after).await })
}

/// Time for others to do something, measured in questions that this store can answer.
async fn round_trips(store: &Store, count: usize) {
    for _ in 0..count {
        store.locate(&stream("nobody"), new_id()).await.expect("ids can be located");
    }
}
