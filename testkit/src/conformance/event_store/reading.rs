//! Where a reading begins and ends, and what it finds.

use std::sync::Arc;

use annals_core::{Envelope, Envelopes, EventId, Filter, Position, Revision, StreamId};
use futures::{StreamExt, TryStreamExt};

use crate::conformance::words::{
    Store, events, ids_in, ids_of, log_after, new_id, position, record, revision, stream, streams,
    whole_log, whole_stream,
};

/// Catches a store that is not fresh, or fails where there is nothing.
pub async fn an_empty_log_has_no_events(store: Store) {
    let ada = stream("ada");
    assert!(whole_log(&store).await.is_empty());
    assert!(whole_stream(&store, &ada).await.is_empty());
    assert!(log_after(&store, position(7), Filter::All).await.is_empty());
    assert_eq!(store.locate(&ada, new_id()).await.expect("ids can be located"), None);
}

/// Catches bounds that are inclusive, or fail past the end.
pub async fn a_stream_is_read_after_any_revision(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = events::<5>();
    for event in &given {
        record(&store, &bob, events::<1>()).await;
        record(&store, &ada, [event.clone()]).await;
    }

    let far = usize::try_from(i64::MAX).expect("a usize has 64 bits");
    for after in (0..=7).chain([far]) {
        let events: Vec<_> = store
            .read_stream(&ada, revision(after))
            .try_collect()
            .await
            .expect("a stream can be read after any revision");
        assert_eq!(ids_in(&events), ids_of(&given[after.min(5)..]), "after {after}");
    }
}

/// Catches bounds that are inclusive, or fail past the end.
pub async fn the_log_is_read_after_any_position(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = events::<6>();
    for (number, event) in given.iter().enumerate() {
        let stream = if number % 2 == 0 { &ada } else { &bob };
        record(&store, stream, [event.clone()]).await;
    }

    let far = usize::try_from(i64::MAX).expect("a usize has 64 bits");
    for after in (0..=8).chain([far]) {
        let events = log_after(&store, position(after), Filter::All).await;
        assert_eq!(ids_in(&events), ids_of(&given[after.min(6)..]), "after {after}");
    }
}

/// Catches pages that overlap, or leave something out between them.
pub async fn reading_in_pages_gives_everything_once(store: Store) {
    let ada = stream("ada");
    let mut given = Vec::new();
    for _ in 0..25 {
        let events = events::<100>();
        record(&store, &ada, &events).await;
        given.extend(events);
    }

    for page in [1000, 333, 100, 1] {
        // Of the smallest pages only the last ones, or a slow store would never end.
        let skipped = given.len().saturating_sub(page * 50);
        let from_stream = stream_in_pages(&store, &ada, revision(skipped), page).await;
        assert_eq!(from_stream, ids_of(&given[skipped..]), "pages of {page}");
        let from_log = log_in_pages(&store, position(skipped), page).await;
        assert_eq!(from_log, ids_of(&given[skipped..]), "pages of {page}");
    }
}

/// Catches a reader that never ends because writers go on, or that sees more than there was.
pub async fn a_reading_ends_where_the_log_ended_when_it_began(store: Store) {
    let ada = stream("ada");
    let given = events::<3>();
    record(&store, &ada, &given).await;

    let from_log = read_while_writing(&store, store.read_log(Position::START, Filter::All)).await;
    assert_eq!(from_log, ids_of(&given));
    let from_stream = read_while_writing(&store, store.read_stream(&ada, revision(3))).await;
    assert_eq!(from_stream.len(), 3);
}

/// Catches a store that forgets to ask for the stream, or finds ids of the log's own making.
pub async fn an_id_is_located_only_in_its_own_stream(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = events::<3>();
    record(&store, &bob, events::<2>()).await;
    record(&store, &ada, &given).await;

    let locate = async |stream: &StreamId, id| store.locate(stream, id).await.expect("it can");
    for (number, event) in (1..).zip(&given) {
        assert_eq!(locate(&ada, event.id()).await, Some(revision(number)));
        assert_eq!(locate(&bob, event.id()).await, None);
        assert_eq!(locate(&stream("missing"), event.id()).await, None);
    }
    assert_eq!(locate(&ada, new_id()).await, None);
}

/// Catches connections, locks and buffers that a reader who walks away takes along.
pub async fn dropped_readings_leave_the_store_usable(store: Store) {
    let ada = stream("ada");
    for _ in 0..20 {
        record(&store, &ada, events::<100>()).await;
    }

    for read in 0..100 {
        drop(store.read_log(Position::START, Filter::All).take(read).collect::<Vec<_>>().await);
        drop(store.read_stream(&ada, Revision::START).take(read).collect::<Vec<_>>().await);
    }

    record(&store, &ada, events::<1>()).await;
    assert_eq!(whole_log(&store).await.len(), 2001);
}

/// What a reading gives if an event is appended to the same stream after each that it gave.
async fn read_while_writing(store: &Store, mut reading: Envelopes<'_>) -> Vec<EventId> {
    let mut ids = Vec::new();
    while let Some(envelope) = reading.try_next().await.expect("the log can be read") {
        ids.push(envelope.id);
        record(store, &envelope.stream, events::<1>()).await;
    }
    ids
}

async fn stream_in_pages(
    store: &Store,
    stream: &StreamId,
    mut after: Revision,
    page: usize,
) -> Vec<EventId> {
    let mut ids = Vec::new();
    loop {
        let events = store.read_stream(stream, after).take(page);
        let events: Vec<Arc<Envelope>> = events.try_collect().await.expect("a stream can be read");
        let Some(last) = events.last() else { return ids };
        after = last.revision;
        ids.extend(ids_in(&events));
    }
}

async fn log_in_pages(store: &Store, mut after: Position, page: usize) -> Vec<EventId> {
    let mut ids = Vec::new();
    loop {
        let events = store.read_log(after, Filter::All).take(page);
        let events: Vec<Arc<Envelope>> = events.try_collect().await.expect("the log can be read");
        let Some(last) = events.last() else { return ids };
        after = last.position;
        ids.extend(ids_in(&events));
    }
}
