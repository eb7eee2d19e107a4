//! Many writers and readers at once.

use std::sync::Arc;

use annals_core::{
    AppendError, Conflict, Envelope, EventId, EventType,
    Expected::{Any, At, NoStream},
    Filter, NewEvent, Position, subscribe,
};
use futures::TryStreamExt;
use tokio::{spawn, task::yield_now};

use crate::conformance::words::{
    Store, accepted, append, append_all, at_once, event, event_of, events, head_past, ids_in,
    join_all, log_after, part, position, record, revision, stream, streams, whole_log,
    whole_stream,
};

/// The type of an event that comes last: of an append, or of all.
const END: &str = "end";

/// Catches twenty parallel appends of which ten are recorded and twenty are acknowledged.
pub async fn parallel_appends_that_expect_nothing_are_all_recorded(store: Store) {
    let ada = stream("ada");
    let mut answered = at_once(20, |_| {
        let (store, ada) = (store.clone(), ada.clone());
        async move { record(&store, &ada, [event()]).await.revisions[0] }
    })
    .await;

    let in_order: Vec<_> = (1..=20).map(revision).collect();
    let recorded = whole_stream(&store, &ada).await;
    assert_eq!(recorded.iter().map(|event| event.revision).collect::<Vec<_>>(), in_order);
    answered.sort();
    assert_eq!(answered, in_order);
}

/// Catches a check that is not part of the write.
pub async fn of_many_appends_at_one_revision_exactly_one_wins(store: Store) {
    let ada = stream("ada");
    for round in 0..5 {
        let expected = if round == 0 { NoStream } else { At(revision(round)) };
        let answers = at_once(100, |_| {
            let (store, append) = (store.clone(), append(&ada, expected, [event()]));
            async move { store.append(&append).await }
        })
        .await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        let actual = revision(round + 1);
        for answer in lost {
            match answer {
                Err(AppendError::Conflict(conflict)) => {
                    assert_eq!(conflict, Conflict { stream: ada.clone(), expected, actual });
                }
                other => panic!("expected a conflict, got {other:?}"),
            }
        }
    }
    assert_eq!(whole_stream(&store, &ada).await.len(), 5);
}

/// Catches a check of a stream that another may write to before the append is recorded.
pub async fn of_two_appends_that_check_each_others_streams_one_wins(store: Store) {
    for round in 0..50 {
        let pair = [format!("ada-{round}"), format!("bob-{round}")].map(|name| stream(&name));
        let answers = at_once(2, |number| {
            let (written, checked) = (&pair[number], &pair[1 - number]);
            let parts = [part(written, Any, [event()]), part(checked, NoStream, [])];
            let (store, append) = (store.clone(), append_all(parts));
            async move { store.append(&append).await }
        })
        .await;

        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "one of the two is first, and the other has to see it");
    }
}

/// Catches locks that are taken in the order of the request, and wait for each other.
pub async fn appends_to_the_same_streams_in_any_order_all_end(store: Store) {
    let names = streams(["ada", "bob", "cleo"]);
    at_once(20, |number| {
        let (store, mut names) = (store.clone(), names.clone());
        names.rotate_left(number % 3);
        if number % 2 == 0 {
            names.reverse();
        }
        async move {
            for _ in 0..10 {
                let parts = names.each_ref().map(|stream| part(stream, Any, [event()]));
                accepted(&store, &append_all(parts)).await;
            }
        }
    })
    .await;

    assert_eq!(whole_log(&store).await.len(), 600);
}

/// Catches a reader that reads while an append is half recorded.
pub async fn a_reader_never_sees_a_part_of_an_append(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    at_once(8, |number| {
        let (store, ada, bob) = (store.clone(), ada.clone(), bob.clone());
        async move {
            for _ in 0..50 {
                if number % 2 == 0 {
                    let end = [event(), event_of(END, "{}")];
                    let parts = [part(&ada, Any, events::<2>()), part(&bob, Any, end)];
                    accepted(&store, &append_all(parts)).await;
                } else {
                    let log = whole_log(&store).await;
                    assert!(log.is_empty() || is_at_the_end(&log));
                    assert_eq!(whole_stream(&store, &ada).await.len() % 2, 0);
                }
                yield_now().await; // So that reading and writing alternate, however fast they are.
            }
        }
    })
    .await;
}

/// Catches positions that are given out in another order than that in which they are committed.
pub async fn a_reader_never_sees_a_position_appear_behind_it(store: Store) {
    let some: Filter = ["odd", END].map(EventType::new).into_iter().collect();
    let filters = [Filter::All, some, Filter::All];
    let readers = vec![
        spawn(follow(store.clone(), filters[0].clone())),
        spawn(follow(store.clone(), filters[1].clone())),
        spawn(look(store.clone())),
    ];

    let recorded = at_once(16, |writer| write(store.clone(), writer)).await.concat();
    record(&store, &stream("end"), [event_of(END, "{}")]).await;

    let log = whole_log(&store).await;
    assert!((1..).zip(&log).all(|(number, event)| event.position == position(number)));
    for (end, ids) in &recorded {
        let begin = usize::try_from(end.minus(ids.len()).get()).expect("it is never negative");
        assert_eq!(ids_in(&log[begin..][..ids.len()]), *ids);
    }
    let acknowledged: usize = recorded.iter().map(|(_, ids)| ids.len()).sum();
    assert_eq!(log.len(), acknowledged + 1);

    for (read, filter) in join_all(readers).await.into_iter().zip(filters) {
        let wanted = log.iter().filter(|event| filter.allows(&event.event_type));
        assert!(read.iter().eq(wanted), "a reader saw another log than there is now");
    }
}

/// Appends to a stream of its own and to some that it shares. Answers with the ids of each append
/// that was recorded, and the position of the last.
async fn write(store: Store, writer: usize) -> Vec<(Position, Vec<EventId>)> {
    let own = stream(&format!("own-{writer}"));
    let shared = stream(&format!("shared-{}", writer % 3));
    let mut recorded = Vec::new();
    let mut known = revision(0);

    for turn in 0..250 {
        let given: Vec<_> = ["even", "odd", "even", "odd", "even"]
            .into_iter()
            .take(turn % 5 + 1)
            .map(|event_type| event_of(event_type, "{}"))
            .collect();
        let append = match turn % 4 {
            0 => append(&own, Any, given),
            1 => append(&shared, Any, given),
            2 => append_all([part(&shared, Any, given), part(&own, Any, [event()])]),
            _ => append(&shared, At(known), given), // Others have mostly been first.
        };
        match store.append(&append).await {
            Ok(answer) => {
                recorded.push((answer.position, append.events().map(NewEvent::id).collect()));
            }
            Err(AppendError::Conflict(conflict)) => known = conflict.actual,
            Err(error) => panic!("an append was refused: {error}"),
        }
    }
    recorded
}

/// Reads by a subscription, until the rule has recorded its last event.
async fn follow(store: Store, filter: Filter) -> Vec<Arc<Envelope>> {
    let mut events = subscribe(&*store, Position::START, filter);
    let mut read = Vec::new();
    while !is_at_the_end(&read) {
        let next = events.try_next().await.expect("the log can be followed");
        read.push(next.expect("a subscription does not end"));
    }
    read
}

/// Reads whatever there is past what it last saw, until the rule has recorded its last event.
async fn look(store: Store) -> Vec<Arc<Envelope>> {
    let mut read = Vec::new();
    while !is_at_the_end(&read) {
        let seen = read.last().map_or(Position::START, |event: &Arc<Envelope>| event.position);
        head_past(&store, seen).await;
        read.extend(log_after(&store, seen, Filter::All).await);
    }
    read
}

fn is_at_the_end(read: &[Arc<Envelope>]) -> bool {
    read.last().is_some_and(|event| event.event_type.as_str() == END)
}
