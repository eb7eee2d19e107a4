//! What an append records and answers, and when it is refused.

use annals_core::{
    Appended, Conflict,
    Expected::{After, Any, At, Exists, NoStream},
    Last, Position, Timestamp,
};

use crate::conformance::words::{
    Store, accepted, append, append_all, conflict, events, ids_in, ids_of, new_id, part, position,
    record, revision, stream, streams, timeless, whole_log, whole_stream,
};

/// Catches answers that are off by one, or of another append.
pub async fn an_append_answers_where_its_events_stand(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);

    let first = record(&store, &ada, events::<2>()).await;
    assert_eq!(timeless(&first), appended([2], 2));
    let second = record(&store, &bob, events::<1>()).await;
    assert_eq!(timeless(&second), appended([1], 3));
    let third = record(&store, &ada, events::<3>()).await;
    assert_eq!(timeless(&third), appended([5], 6));
}

/// Catches rows that are inserted, or read back, in the order of something else.
pub async fn events_of_an_append_stand_together_in_the_order_given(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let [mut first, mut second] = [events::<20>(), events::<20>()];
    // In the order of their ids backwards, and of their streams' names too.
    first.sort_by_key(|event| std::cmp::Reverse(event.id()));
    second.sort_by_key(|event| std::cmp::Reverse(event.id()));

    accepted(&store, &append_all([part(&bob, Any, &first), part(&ada, Any, &second)])).await;

    assert_eq!(ids_in(&whole_stream(&store, &bob).await), ids_of(&first));
    assert_eq!(ids_in(&whole_stream(&store, &ada).await), ids_of(&second));
    assert_eq!(ids_in(&whole_log(&store).await), ids_of(&[first, second].concat()));
}

/// Catches one counter for all streams.
pub async fn streams_count_their_events_apart(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    for _ in 0..3 {
        record(&store, &ada, events::<1>()).await;
        record(&store, &bob, events::<2>()).await;
    }

    for (stream, count) in [(&ada, 3), (&bob, 6)] {
        let revisions: Vec<_> =
            whole_stream(&store, stream).await.iter().map(|event| event.revision).collect();
        assert_eq!(revisions, (1..=count).map(revision).collect::<Vec<_>>(), "{stream}");
    }
}

/// Catches a store that records only the first stream, or answers in an order of its own.
pub async fn an_append_to_several_streams_is_recorded_whole(store: Store) {
    let [ada, bob, cleo] = streams(["ada", "bob", "cleo"]);
    record(&store, &bob, events::<2>()).await;

    let parts = [
        part(&cleo, NoStream, events::<3>()),
        part(&bob, At(revision(2)), events::<1>()),
        part(&ada, Any, events::<2>()),
    ];
    let answer = accepted(&store, &append_all(parts)).await;

    assert_eq!(timeless(&answer), appended([3, 3, 2], 8));
    for (stream, count) in [(&ada, 2), (&bob, 3), (&cleo, 3)] {
        assert_eq!(whole_stream(&store, stream).await.len(), count, "{stream}");
    }
}

/// Catches streams that are written one after the other, each in a transaction of its own.
pub async fn an_append_that_one_stream_refuses_is_recorded_in_none(store: Store) {
    let [ada, bob, cleo] = streams(["ada", "bob", "cleo"]);
    record(&store, &bob, events::<1>()).await;

    let parts = [&ada, &bob, &cleo].map(|stream| part(stream, NoStream, events::<2>()));
    let conflict = conflict(&store, &append_all(parts)).await;

    assert_eq!(conflict, Conflict { stream: bob, expected: NoStream, actual: revision(1) });
    assert_eq!(whole_log(&store).await.len(), 1);
    assert!(whole_stream(&store, &ada).await.is_empty());
    assert!(whole_stream(&store, &cleo).await.is_empty());
}

/// Catches conflicts that name any stream that failed, or the first by name.
pub async fn a_conflict_names_the_first_stream_that_is_not_as_expected(store: Store) {
    let [ada, bob, cleo] = streams(["ada", "bob", "cleo"]);
    record(&store, &ada, events::<1>()).await;
    record(&store, &bob, events::<2>()).await;

    let parts = [
        part(&cleo, NoStream, events::<1>()),
        part(&bob, At(revision(1)), events::<1>()),
        part(&ada, NoStream, events::<1>()),
    ];
    let conflict = conflict(&store, &append_all(parts)).await;

    let expected = At(revision(1));
    assert_eq!(conflict, Conflict { stream: bob, expected, actual: revision(2) });
}

/// Catches a store that brings a stream into being, or moves it on, when it is only looked at.
pub async fn a_stream_that_is_only_checked_is_not_written(store: Store) {
    let [ada, bob, cleo] = streams(["ada", "bob", "cleo"]);
    record(&store, &bob, events::<2>()).await;

    let parts = [part(&bob, Exists, []), part(&ada, Any, events::<1>()), part(&cleo, NoStream, [])];
    let answer = accepted(&store, &append_all(parts)).await;

    assert_eq!(timeless(&answer), appended([2, 1, 0], 3));
    assert!(whole_stream(&store, &cleo).await.is_empty());
    accepted(&store, &append(&bob, At(revision(2)), events::<1>())).await;
    accepted(&store, &append(&cleo, NoStream, events::<1>())).await;
}

/// Catches a store that checks only what it writes.
pub async fn a_stream_that_is_only_checked_can_refuse_an_append(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    record(&store, &bob, events::<2>()).await;

    let parts = [part(&ada, Any, events::<1>()), part(&bob, At(revision(1)), [])];
    let conflict = conflict(&store, &append_all(parts)).await;

    let expected = At(revision(1));
    assert_eq!(conflict, Conflict { stream: bob, expected, actual: revision(2) });
    assert!(whole_stream(&store, &ada).await.is_empty());
}

/// Catches a store that brings an empty stream into being.
pub async fn an_append_of_no_events_records_nothing(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    record(&store, &bob, events::<2>()).await;

    let parts = [part(&ada, Any, []), part(&bob, Any, [])];
    let answer = accepted(&store, &append_all(parts)).await;

    let revisions = vec![revision(0), revision(2)];
    assert_eq!(
        answer,
        Appended { revisions, position: Position::START, repeated: false, ..answer.clone() }
    );
    assert_eq!(whole_log(&store).await.len(), 2);
    accepted(&store, &append(&ada, NoStream, events::<1>())).await;
}

/// Catches a store that has nothing to do and says yes.
pub async fn an_append_of_no_events_is_checked(store: Store) {
    let ada = stream("ada");
    let missing = conflict(&store, &append(&ada, Exists, [])).await;
    assert_eq!(missing, Conflict { stream: ada.clone(), expected: Exists, actual: revision(0) });

    record(&store, &ada, events::<2>()).await;
    let stale = conflict(&store, &append(&ada, NoStream, [])).await;
    assert_eq!(stale, Conflict { stream: ada, expected: NoStream, actual: revision(2) });
}

/// Catches expectations of nothing that are told apart: `NoStream` and `At(START)` are the same.
pub async fn every_expectation_is_held_against_a_missing_stream(store: Store) {
    for (number, expected) in [Any, NoStream, At(revision(0))].into_iter().enumerate() {
        let missing = stream(&format!("accepted-{number}"));
        let answer = accepted(&store, &append(&missing, expected, events::<1>())).await;
        assert_eq!(answer.revisions, [revision(1)], "{expected}");
    }
    for expected in [Exists, At(revision(1)), At(revision(7))] {
        let stream = stream("refused");
        let actual = revision(0);
        let refused = conflict(&store, &append(&stream, expected, events::<1>())).await;
        assert_eq!(refused, Conflict { stream, expected, actual });
    }
}

/// Catches expectations that hold for less than they say, or more.
pub async fn every_expectation_is_held_against_a_live_stream(store: Store) {
    let ada = stream("ada");
    record(&store, &ada, events::<2>()).await;
    for (actual, expected) in [(2, At(revision(2))), (3, Exists), (4, Any)] {
        let answer = accepted(&store, &append(&ada, expected, events::<1>())).await;
        assert_eq!(answer.revisions, [revision(actual).plus(1)], "{expected}");
    }
    for expected in [NoStream, At(revision(0)), At(revision(4)), At(revision(6))] {
        let refused = conflict(&store, &append(&ada, expected, events::<1>())).await;
        assert_eq!(refused, Conflict { stream: ada.clone(), expected, actual: revision(5) });
    }
}

/// Catches a store that looks at the revision alone: a log that was restored may be as long, and
/// another.
pub async fn an_append_after_another_event_than_the_last_is_refused(store: Store) {
    let ada = stream("ada");
    record(&store, &ada, events::<2>()).await;
    let log = whole_stream(&store, &ada).await;
    let (first, last) = (Last::of(&log[0]), Last::of(&log[1]));
    let earlier = Timestamp::from_micros(last.recorded_at.as_micros() - 1).expect("in range");

    let others = [
        first,
        Last { id: new_id(), ..last },
        Last { id: first.id, ..last },
        Last { recorded_at: earlier, ..last },
        Last { revision: revision(1), ..last },
        Last { revision: revision(3), ..last },
    ];
    for other in others {
        let expected = After(other);
        let refused = conflict(&store, &append(&ada, expected, events::<1>())).await;
        assert_eq!(refused, Conflict { stream: ada.clone(), expected, actual: revision(2) });
        let (stream, actual) = (stream("bob"), revision(0));
        let refused = conflict(&store, &append(&stream, expected, events::<1>())).await;
        assert_eq!(refused, Conflict { stream, expected, actual });
    }
    let answer = accepted(&store, &append(&ada, After(last), events::<1>())).await;
    assert_eq!(timeless(&answer), appended([3], 3));
}

/// Catches positions or revisions that a refused append uses up.
pub async fn a_refused_append_records_nothing(store: Store) {
    let ada = stream("ada");
    record(&store, &ada, events::<2>()).await;

    conflict(&store, &append(&ada, NoStream, events::<3>())).await;

    assert_eq!(whole_log(&store).await.len(), 2);
    assert_eq!(timeless(&record(&store, &ada, events::<1>()).await), appended([3], 3));
}

/// Catches a store that remembers the ids before it knows whether it keeps the events.
pub async fn the_ids_of_a_refused_append_are_free(store: Store) {
    let ada = stream("ada");
    let given = events::<2>();
    conflict(&store, &append(&ada, Exists, &given)).await;

    let answer = accepted(&store, &append(&ada, NoStream, &given)).await;

    assert_eq!(timeless(&answer), appended([2], 2));
    assert_eq!(ids_in(&whole_stream(&store, &ada).await), ids_of(&given));
}

/// The answer to an append that left its streams and the log that far, but for the time.
fn appended<const N: usize>(revisions: [usize; N], log: usize) -> Appended {
    let revisions = revisions.map(revision).into();
    let (position, recorded_at) = (position(log), Timestamp::UNIX_EPOCH);
    Appended { revisions, position, recorded_at, repeated: false }
}
