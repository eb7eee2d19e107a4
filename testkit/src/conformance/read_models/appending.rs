//! What a transaction appends to the log is recorded with the rest of it, or not at all.
//!
//! Where there is no log, each of these rules expects to be told so.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, Appended, EventStore, Expected, ModelTx, NewEvent, Position, Revision,
    StoreErrorKind,
};
use tokio::spawn;

use super::{
    ReadModelsFixture, begin, commit, meanwhile, put, record as record_of, round_trips, swap, write,
};
use crate::conformance::words::{
    Store, accepted, append, append_all, at_once, event, events, head_past, ids_in, ids_of, part,
    position, record, revision, stream, timeless, whole_log, whole_stream,
};

/// Catches an append that is recorded apart from its transaction, or not as it was given.
pub async fn an_append_is_recorded_with_its_transaction(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    let (ada, bob) = (stream("ada"), stream("bob"));
    record(&log, &ada, events::<2>()).await;
    let parts = [
        part(&ada, Expected::At(revision(2)), events::<2>()),
        part(&bob, Expected::NoStream, events::<1>()),
    ];
    let asked = append_all(parts);
    let mut tx = begin(&fixture).await;
    write(&fixture, &mut *tx, "ada", "1").await;
    let answer = append_in(&mut *tx, &asked).await.expect("nobody else is here");
    assert_eq!(answer.revisions, [revision(4), revision(1)]);
    assert_eq!((answer.position, answer.repeated), (position(5), false));
    put(&mut *tx, "ada", "1").await;
    commit(tx).await;

    let recorded = whole_log(&log).await.split_off(2);
    assert_eq!(ids_in(&recorded), asked.events().map(NewEvent::id).collect::<Vec<_>>());
    for (envelope, event) in recorded.iter().zip(asked.events()) {
        assert_eq!(envelope.payload, *event.payload());
        assert_eq!(envelope.metadata, *event.metadata());
        assert_eq!(envelope.recorded_at, answer.recorded_at);
    }
    assert_eq!(recorded.last().map(|event| event.position), Some(answer.position));
    assert_eq!(whole_stream(&log, &ada).await.len(), 4);
    assert_eq!(fixture.read("ada").await.as_deref(), Some("1"));
    assert_eq!(record_of(&fixture, "ada").await.as_deref(), Some("1"));
    let again = accepted(&log, &asked).await;
    assert_eq!(timeless(&again), Appended { repeated: true, ..timeless(&answer) });
}

/// Catches an append that outlives its transaction, and positions that are given out twice or never.
pub async fn an_append_in_a_dropped_transaction_is_not_recorded(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    for round in 0..10 {
        let dropped = append(&stream("ada"), Expected::Any, events::<3>());
        let mut tx = begin(&fixture).await;
        put(&mut *tx, "ada", "dropped").await;
        append_in(&mut *tx, &dropped).await.expect("nobody else is here");
        drop(tx);
        assert_eq!(whole_log(&log).await.len(), round);
        assert_eq!(record_of(&fixture, "ada").await, None);
        let kept = record(&log, &stream("ada"), [event()]).await;
        assert_eq!(
            (kept.position, kept.revisions),
            (position(round + 1), vec![revision(round + 1)])
        );
    }
}

/// Catches a refusal that breaks its transaction, or records something.
pub async fn a_conflict_leaves_the_transaction_usable(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    let (ada, bob) = (stream("ada"), stream("bob"));
    let recorded = events::<2>();
    record(&log, &ada, recorded.clone()).await;
    let mut tx = begin(&fixture).await;
    put(&mut *tx, "ada", "1").await;

    let late = part(&ada, Expected::At(revision(1)), events::<1>());
    let asked = append_all([part(&bob, Expected::NoStream, events::<1>()), late]);
    match append_in(&mut *tx, &asked).await {
        Err(AppendError::Conflict(conflict)) => {
            assert_eq!((conflict.stream, conflict.actual), (ada.clone(), revision(2)));
        }
        other => panic!("expected a conflict, got {other:?}"),
    }
    let [first, _] = recorded;
    let asked = append(&bob, Expected::Any, [event(), first.clone()]);
    match append_in(&mut *tx, &asked).await {
        Err(AppendError::Duplicate { id, stream, revision: at }) => {
            assert_eq!((id, stream, at), (first.id(), ada.clone(), revision(1)));
        }
        other => panic!("expected a duplicate, got {other:?}"),
    }

    let kept = append(&ada, Expected::At(revision(2)), events::<1>());
    let answer = append_in(&mut *tx, &kept).await.expect("the transaction can go on");
    assert_eq!(answer.position, position(3));
    assert!(swap(&mut *tx, "ada", Some("1"), Some("2")).await);
    commit(tx).await;
    assert_eq!(whole_log(&log).await.len(), 3);
    assert_eq!(whole_stream(&log, &bob).await, []);
    assert_eq!(record_of(&fixture, "ada").await.as_deref(), Some("2"));
}

/// Catches an append that is recorded twice because it came by another way.
pub async fn an_append_repeated_in_a_transaction_is_answered_as_at_first(
    fixture: impl ReadModelsFixture,
) {
    let Some(log) = log_of(&fixture).await else { return };
    let before = append(&stream("ada"), Expected::NoStream, events::<2>());
    let first = accepted(&log, &before).await;
    record(&log, &stream("ada"), events::<1>()).await;

    let mut tx = begin(&fixture).await;
    let again = append_in(&mut *tx, &before).await.expect("it was recorded before");
    assert_eq!(again, Appended { repeated: true, ..first });
    let within = append(&stream("ada"), Expected::At(revision(3)), events::<2>());
    let first = append_in(&mut *tx, &within).await.expect("nobody else is here");
    let again = append_in(&mut *tx, &within).await.expect("it was recorded before");
    assert_eq!(timeless(&again), Appended { repeated: true, ..timeless(&first) });
    commit(tx).await;
    assert_eq!(whole_log(&log).await.len(), 5);
}

/// Catches appends that are decided on what is committed, though more has come since.
pub async fn appends_of_one_transaction_follow_each_other(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    let ada = stream("ada");
    record(&log, &ada, [event()]).await;
    let mut tx = begin(&fixture).await;
    let mut ids = Vec::new();
    for count in 1..10 {
        let next = events::<1>();
        ids.extend(ids_of(&next));
        let late = append(&ada, Expected::At(revision(count - 1)), events::<1>());
        let refused = append_in(&mut *tx, &late).await;
        assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
        let asked = append(&ada, Expected::At(revision(count)), next);
        let answer = append_in(&mut *tx, &asked).await.expect("it follows the one before");
        assert_eq!(answer.revisions, [revision(count + 1)]);
        assert_eq!(answer.position, position(count + 1));
        round_trips(&fixture, 1).await;
    }
    commit(tx).await;
    assert_eq!(ids_in(&whole_log(&log).await)[1..], ids);
}

/// Catches a position that is seen and then is not there, and a reader that nobody wakes.
pub async fn readers_see_an_append_once_it_is_committed(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    let ada = stream("ada");
    record(&log, &ada, [event()]).await;
    for (round, count) in [1, 4, 7].into_iter().enumerate() {
        let waiter = spawn({
            let log = log.clone();
            async move { head_past(&log, position(count)).await }
        });
        let mut tx = begin(&fixture).await;
        let asked = append(&ada, Expected::Any, events::<3>());
        append_in(&mut *tx, &asked).await.expect("nobody else is here");
        round_trips(&fixture, 10).await;
        let first = asked.events().next().expect("there are three").id();
        meanwhile(&fixture, async {
            assert_eq!(whole_log(&log).await.len(), count);
            assert_eq!(whole_stream(&log, &ada).await.len(), count);
            assert_eq!(log.locate(&ada, first).await.expect("ids can be located"), None);
        })
        .await;
        assert!(!waiter.is_finished(), "nothing is committed yet");
        commit(tx).await;
        assert_eq!(waiter.await.expect("it does not panic"), position(count + 3), "round {round}");
        let located = log.locate(&ada, first).await.expect("ids can be located");
        assert_eq!(located, Some(revision(count + 1)));
    }
}

/// Catches an append that takes a place which is not yet given up.
pub async fn other_appends_wait_for_a_transaction_that_appends(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    for (commits, expected) in [(true, 2), (false, 3)] {
        let mut tx = begin(&fixture).await;
        let asked = append(&stream("ada"), Expected::Any, [event()]);
        append_in(&mut *tx, &asked).await.expect("nobody else is here");
        let other = spawn({
            let log = log.clone();
            async move { record(&log, &stream("bob"), [event()]).await.position }
        });
        round_trips(&fixture, 20).await;
        assert!(!other.is_finished(), "the place is not given up yet");
        if commits {
            commit(tx).await;
        } else {
            drop(tx);
        }
        assert_eq!(other.await.expect("it does not panic"), position(expected));
    }
}

/// Catches positions that are given out twice or never when appends come by two ways at once.
pub async fn appends_in_and_beside_transactions_leave_no_gaps(fixture: impl ReadModelsFixture) {
    let Some(log) = log_of(&fixture).await else { return };
    let fixture = Arc::new(fixture);
    let kept = at_once(30, |number| {
        let (fixture, log) = (fixture.clone(), log.clone());
        async move { append_some_way(&*fixture, &log, number).await }
    });
    let kept: usize = kept.await.into_iter().sum();
    let positions: Vec<_> = whole_log(&log).await.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=kept).map(position).collect::<Vec<_>>());
    let ada: Vec<_> = whole_stream(&log, &stream("ada")).await;
    let revisions: Vec<_> = ada.iter().map(|event| event.revision).collect();
    assert_eq!(revisions, (1..=kept).map(revision).collect::<Vec<Revision>>());
    assert_eq!(head_past(&log, Position::START).await, position(kept));
}

/// Appends five times, plainly, in transactions, or in some that are dropped; so many events are kept.
async fn append_some_way(fixture: &impl ReadModelsFixture, log: &Store, number: usize) -> usize {
    for _ in 0..5 {
        round_trips(fixture, 1).await; // So that the plain ones are not all over at once.
        let asked = append(&stream("ada"), Expected::Any, events::<2>());
        if number.is_multiple_of(3) {
            accepted(log, &asked).await;
            continue;
        }
        let mut tx = begin(fixture).await;
        append_in(&mut *tx, &asked).await.expect("an append that expects nothing");
        put(&mut *tx, &number.to_string(), "1").await;
        if number % 3 == 1 {
            commit(tx).await;
        }
    }
    if number % 3 == 2 { 0 } else { 10 }
}

async fn append_in(tx: &mut dyn ModelTx, append: &Append) -> Result<Appended, AppendError> {
    tx.append(append).await
}

/// The log. If there is none, asserts that the store says so, and is not broken by it.
async fn log_of(fixture: &impl ReadModelsFixture) -> Option<Arc<dyn EventStore>> {
    let log = fixture.log();
    if log.is_none() {
        let mut tx = begin(fixture).await;
        put(&mut *tx, "ada", "dropped").await;
        match append_in(&mut *tx, &append(&stream("ada"), Expected::Any, events::<1>())).await {
            Err(AppendError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Invalid),
            other => panic!("expected to be told that there is no log, got {other:?}"),
        }
        drop(tx);
        assert_eq!(record_of(fixture, "ada").await, None);
    }
    log
}
