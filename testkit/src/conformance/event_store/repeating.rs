//! Appends of events that are recorded already.

use annals_core::{
    Append, Appended,
    Expected::{After, Any, At, Exists, NoStream},
    Last,
};

use crate::conformance::words::{
    Store, accepted, append, append_all, at_once, duplicate, events, ids_in, ids_of, part, record,
    revision, stream, streams, whole_log, whole_stream,
};

/// Catches a store that records a retried append twice, or refuses it.
pub async fn an_append_repeated_is_answered_as_at_first(store: Store) {
    let ada = stream("ada");
    record(&store, &ada, events::<1>()).await;
    let again = append(&ada, At(revision(1)), events::<3>());
    let first = accepted(&store, &again).await;

    assert_repeats(&store, &again, &first).await;
}

/// Catches a store that remembers only its last appends, or answers with the present.
pub async fn an_append_repeated_much_later_is_answered_as_at_first(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let again = append(&ada, NoStream, events::<2>());
    let first = accepted(&store, &again).await;
    for _ in 0..200 {
        record(&store, &ada, events::<5>()).await;
        record(&store, &bob, events::<5>()).await;
    }

    assert_repeats(&store, &again, &first).await;
}

/// Catches a store that looks for a repeat in one stream only.
pub async fn an_append_to_several_streams_repeated_is_answered_as_at_first(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    record(&store, &bob, events::<1>()).await;
    let parts = [part(&bob, Exists, events::<2>()), part(&ada, NoStream, events::<3>())];
    let again = append_all(parts);
    let first = accepted(&store, &again).await;
    record(&store, &ada, events::<1>()).await;

    assert_repeats(&store, &again, &first).await;
}

/// Catches a store that compares the expectation with how the stream is now.
pub async fn an_append_is_repeated_under_any_expectation_that_held(store: Store) {
    let ada = stream("ada");
    let [first, second] = [events::<2>(), events::<2>()];
    let first_answer = record(&store, &ada, &first).await;
    let second_answer = record(&store, &ada, &second).await;

    for expected in [Any, NoStream, At(revision(0))] {
        assert_repeats(&store, &append(&ada, expected, &first), &first_answer).await;
    }
    let last = Last::of(&whole_stream(&store, &ada).await[1]);
    for expected in [Any, Exists, At(revision(2)), After(last)] {
        assert_repeats(&store, &append(&ada, expected, &second), &second_answer).await;
    }
}

/// Catches a store that takes known ids for reason enough.
pub async fn an_append_repeated_under_an_expectation_that_did_not_hold_is_a_duplicate(
    store: Store,
) {
    let ada = stream("ada");
    let [first, second] = [events::<2>(), events::<2>()];
    record(&store, &ada, &first).await;
    record(&store, &ada, &second).await;

    for expected in [Exists, At(revision(2)), At(revision(4))] {
        let refused = duplicate(&store, &append(&ada, expected, &first)).await;
        assert_eq!(refused, (first[0].id(), ada.clone(), revision(1)), "{expected}");
    }
    let last = Last::of(&whole_stream(&store, &ada).await[1]);
    let other = Last { id: first[0].id(), ..last };
    for expected in [NoStream, At(revision(1)), At(revision(4)), After(other)] {
        let refused = duplicate(&store, &append(&ada, expected, &second)).await;
        assert_eq!(refused, (second[0].id(), ada.clone(), revision(3)), "{expected}");
    }
    assert_eq!(whole_log(&store).await.len(), 4);
}

/// Catches a retry that is refused because of what others did to a stream it never wrote to.
pub async fn a_repeated_append_does_not_check_again_what_it_only_checked(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let again = append_all([part(&bob, NoStream, []), part(&ada, NoStream, events::<2>())]);
    let first = accepted(&store, &again).await;
    record(&store, &bob, events::<3>()).await;

    let answer = accepted(&store, &again).await;

    let revisions = vec![revision(3), revision(2)]; // Of a stream only checked: where it is.
    assert_eq!(
        answer,
        Appended { revisions, position: first.position, repeated: true, ..answer.clone() }
    );
    assert_eq!(whole_log(&store).await.len(), 5);
}

/// Catches an answer that is always that of the whole append.
pub async fn a_part_of_an_append_repeated_is_answered_from_where_it_stands(store: Store) {
    let ada = stream("ada");
    let given = events::<4>();
    let whole = record(&store, &ada, &given).await;

    let middle = append(&ada, At(revision(1)), &given[1..3]);
    let answer = accepted(&store, &middle).await;

    let position = whole.position.minus(1);
    assert_eq!(
        answer,
        Appended { revisions: vec![revision(3)], repeated: true, position, ..whole.clone() }
    );
    assert_eq!(whole_log(&store).await.len(), 4);
}

/// Catches a look for known ids that is not part of the same transaction.
pub async fn an_append_sent_many_times_at_once_is_recorded_once(store: Store) {
    for round in 0..10 {
        let [ada, bob] = streams(["ada", "bob"]);
        let given = events::<3>();
        let expected = At(revision(3 * round));
        let parts = [part(&ada, expected, &given), part(&bob, Any, events::<1>())];
        let same = append_all(parts);

        let answers = at_once(20, |_| {
            let (store, same) = (store.clone(), same.clone());
            async move { accepted(&store, &same).await }
        })
        .await;

        assert_eq!(answers.iter().filter(|answer| !answer.repeated).count(), 1);
        for answer in &answers {
            assert_eq!(answer.revisions, answers[0].revisions);
            assert_eq!(answer.position, answers[0].position);
        }
        assert_eq!(ids_in(&whole_stream(&store, &ada).await)[3 * round..], ids_of(&given));
    }
}

/// Catches `ON CONFLICT DO NOTHING`: the known events are left out and the others recorded.
pub async fn an_append_of_which_a_part_is_recorded_is_a_duplicate(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let [known, also_known] = events();
    record(&store, &ada, [known.clone(), also_known.clone()]).await;
    let found = (also_known.id(), ada.clone(), revision(2));

    let [new, other] = events();
    for given in [[also_known.clone(), new.clone()], [new.clone(), also_known.clone()]] {
        assert_eq!(duplicate(&store, &append(&ada, Any, &given)).await, found);
    }
    let [old, new] = [part(&ada, Any, [also_known.clone()]), part(&bob, Any, [other])];
    for parts in [[old.clone(), new.clone()], [new, old]] {
        assert_eq!(duplicate(&store, &append_all(parts)).await, found);
    }
    assert_eq!(ids_in(&whole_log(&store).await), [known.id(), also_known.id()]);
}

/// Catches a store that counts known ids and does not look at their order.
pub async fn events_repeated_in_another_order_are_a_duplicate(store: Store) {
    let ada = stream("ada");
    let [first, second] = events();
    record(&store, &ada, [first.clone(), second.clone()]).await;

    let refused = duplicate(&store, &append(&ada, Any, [second.clone(), first.clone()])).await;

    assert_eq!(refused, (second.id(), ada.clone(), revision(2)));
    assert_eq!(ids_in(&whole_log(&store).await), [first.id(), second.id()]);
}

/// Catches a store that looks for a repeat in each stream on its own.
pub async fn streams_repeated_in_another_order_are_a_duplicate(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let [first, second] = events();
    let [ada_first, bob_second] =
        [part(&ada, Any, [first.clone()]), part(&bob, Any, [second.clone()])];
    accepted(&store, &append_all([ada_first.clone(), bob_second.clone()])).await;

    let refused = duplicate(&store, &append_all([bob_second, ada_first])).await;

    assert_eq!(refused, (second.id(), bob, revision(1)));
    assert_eq!(ids_in(&whole_log(&store).await), [first.id(), second.id()]);
}

/// Catches a store that answers several appends as one, with a position that is not theirs.
pub async fn appends_repeated_as_one_with_another_between_are_a_duplicate(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let [first, second] = events();
    record(&store, &ada, [first.clone()]).await;
    record(&store, &bob, events::<1>()).await;
    record(&store, &ada, [second.clone()]).await;

    let refused = duplicate(&store, &append(&ada, Any, [first.clone(), second])).await;

    assert_eq!(refused, (first.id(), ada, revision(1)));
    assert_eq!(whole_log(&store).await.len(), 3);
}

/// Catches a store that looks at the order of known ids and not at what stands between them.
pub async fn events_repeated_without_one_between_are_a_duplicate(store: Store) {
    let ada = stream("ada");
    let [first, second, third] = events();
    record(&store, &ada, [first.clone(), second, third.clone()]).await;

    let refused = duplicate(&store, &append(&ada, Any, [first.clone(), third])).await;

    assert_eq!(refused, (first.id(), ada.clone(), revision(1)));
    assert_eq!(whole_log(&store).await.len(), 3);
}

/// Catches a store whose ids are unique only within a stream, or that answers for another stream.
pub async fn events_repeated_in_another_stream_are_a_duplicate(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = events::<2>();
    record(&store, &ada, &given).await;

    for expected in [Any, NoStream] {
        let refused = duplicate(&store, &append(&bob, expected, &given)).await;
        assert_eq!(refused, (given[0].id(), ada.clone(), revision(1)));
    }
    assert_eq!(whole_log(&store).await.len(), 2);
    assert!(whole_stream(&store, &bob).await.is_empty());
}

/// Catches a store that looks for known ids only once the expectations hold.
pub async fn a_duplicate_is_told_before_a_conflict(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let [known, new] = events();
    record(&store, &ada, [known.clone()]).await;

    let parts = [part(&bob, Exists, [new]), part(&ada, Any, [known.clone()])];
    let refused = duplicate(&store, &append_all(parts)).await;

    assert_eq!(refused, (known.id(), ada, revision(1)));
}

/// Asserts that `again` is answered like the `first` time, and records nothing.
async fn assert_repeats(store: &Store, again: &Append, first: &Appended) {
    let before = whole_log(store).await.len();
    let answer = accepted(store, again).await;
    assert_eq!(answer, Appended { repeated: true, ..first.clone() });
    assert_eq!(whole_log(store).await.len(), before);
}
