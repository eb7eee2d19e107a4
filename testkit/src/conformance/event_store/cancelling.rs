//! Appends that nobody waits for to the end.

use std::collections::HashSet;

use annals_core::{Append, Expected, NewEvent};

use crate::{
    cancelled_after,
    conformance::words::{
        Store, accepted, append_all, at_once, event, events, ids_in, part, record, revision,
        stream, streams, whole_log, whole_stream,
    },
};

/// Appends are dropped after so many polls, and any smaller number.
const MOST_POLLS: usize = 30;

/// Catches a transaction that is left open, and streams that are written one by one.
pub async fn a_dropped_append_is_recorded_whole_or_not_at_all(store: Store) {
    // At once, so that they also wait for each other.
    let all = at_once(MOST_POLLS, |polls| {
        let (store, append) = (store.clone(), append_to_two_streams());
        async move {
            cancelled_after(polls, store.append(&append)).await;
            append
        }
    })
    .await;

    record(&store, &stream("cleo"), [event()]).await;
    let recorded: HashSet<_> = ids_in(&whole_log(&store).await).into_iter().collect();
    for append in all {
        let count = append.events().filter(|event| recorded.contains(&event.id())).count();
        assert!(count == 0 || count == 4, "{count} of 4 events were recorded");
    }
}

/// Catches a dropped append that is recorded later, beside the one that was sent in its place.
pub async fn a_dropped_append_can_be_repeated(store: Store) {
    let mut given = Vec::new();
    for polls in 0..MOST_POLLS {
        let append = append_to_two_streams();
        cancelled_after(polls, store.append(&append)).await;

        let answer = accepted(&store, &append).await;

        assert_eq!(answer.revisions, [revision(2 * polls + 2); 2]);
        given.extend(append.events().map(NewEvent::id));
    }
    assert_eq!(ids_in(&whole_log(&store).await), given);
    for stream in streams(["ada", "bob"]) {
        assert_eq!(whole_stream(&store, &stream).await.len(), 2 * MOST_POLLS);
    }
}

fn append_to_two_streams() -> Append {
    append_all(streams(["ada", "bob"]).map(|stream| part(&stream, Expected::Any, events::<2>())))
}
