//! The words that the tests are written in.

use std::{future::Future, sync::Arc, time::Duration};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelope, EventId, EventStore, EventType, Expected,
    Filter, Metadata, ModelTx, NewEvent, Payload, Position, ReadModels, Revision, SchemaVersion,
    Snapshot, SnapshotKey, StoreError, StoreErrorKind, StreamId, SystemClock, Table, TableColumn,
    ValueKind,
};
use futures::TryStreamExt;
use tokio::time::{Instant, interval, timeout};

/// After so long, what a test waits for never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::parse(&format!("test:{id}")).unwrap()
}

pub(crate) fn event() -> NewEvent {
    event_of("noted", "{}")
}

pub(crate) fn event_of(event_type: &str, payload: impl Into<Payload>) -> NewEvent {
    let (id, first) = (EventId::at(SystemClock.now()), SchemaVersion::FIRST);
    let event_type = EventType::parse(event_type).unwrap();
    NewEvent::new(id, event_type, first, payload.into(), Metadata::default()).unwrap()
}

pub(crate) fn events(count: usize) -> Vec<NewEvent> {
    (0..count).map(|_| event()).collect()
}

pub(crate) fn append(stream: &StreamId, expected: Expected, events: Vec<NewEvent>) -> Append {
    Append::new(stream.clone(), expected, events).unwrap()
}

/// An append of one event, whatever is in the stream.
pub(crate) fn one(stream: &StreamId) -> Append {
    append(stream, Expected::Any, vec![event()])
}

/// Records so many events in a stream.
pub(crate) async fn record(store: &dyn EventStore, id: &str, count: usize) -> Appended {
    store.append(&append(&stream(id), Expected::Any, events(count))).await.unwrap()
}

/// What is answered to an append that is repeated until it is certain.
pub(crate) async fn insist(
    store: &dyn EventStore,
    append: &Append,
) -> Result<Appended, AppendError> {
    loop {
        match store.append(append).await {
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Unavailable => {}
            answer => return answer,
        }
    }
}

/// What comes of a second try, if the first one found its connection lost.
pub(crate) async fn at_most_twice<T>(mut attempt: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    match attempt().await {
        Err(error) if error.kind() == StoreErrorKind::Unavailable => attempt().await.unwrap(),
        answer => answer.unwrap(),
    }
}

/// The whole log, at the second try if the first one found its connection lost.
pub(crate) async fn whole_log(store: &dyn EventStore) -> Vec<Arc<Envelope>> {
    let log = || store.read_log(Position::START, Filter::All).try_collect();
    at_most_twice(async || log().await).await
}

pub(crate) async fn whole_stream(store: &dyn EventStore, id: &str) -> Vec<Arc<Envelope>> {
    store.read_stream(&stream(id), Revision::START).try_collect().await.unwrap()
}

pub(crate) async fn of_type(store: &dyn EventStore, event_type: &str) -> Vec<Arc<Envelope>> {
    let filter = Filter::from_iter([EventType::parse(event_type).unwrap()]);
    store.read_log(Position::START, filter).try_collect().await.unwrap()
}

pub(crate) fn ids_in(envelopes: &[Arc<Envelope>]) -> Vec<EventId> {
    envelopes.iter().map(|envelope| envelope.id).collect()
}

/// How often the events of `append` are recorded: each of them so often.
pub(crate) async fn times_recorded(store: &dyn EventStore, append: &Append) -> usize {
    let ids = ids_in(&whole_log(store).await);
    let count = |event: &NewEvent| ids.iter().filter(|id| **id == event.id()).count();
    let counts: Vec<_> = append.events().map(count).collect();
    assert!(counts.iter().all(|count| *count == counts[0]), "recorded in part: {counts:?}");
    counts[0]
}

pub(crate) fn position(number: i64) -> Position {
    Position::new(number).unwrap()
}

pub(crate) fn revision(number: i64) -> Revision {
    Revision::new(number).unwrap()
}

/// A key and what may be kept under it.
pub(crate) fn snapshot(id: &str) -> (SnapshotKey, Snapshot) {
    let key = SnapshotKey { stream: stream(id), shape: "shape", version: 1 };
    let (revision, position, recorded_at) = (revision(1), position(1), SystemClock.now());
    let (last, state) = (EventId::at(recorded_at), Payload::from("state"));
    (key, Snapshot { revision, position, last, recorded_at, state })
}

/// What some of these tests call a record, whose key they choose.
pub(crate) const AREA: &str = "checkpoint";

/// Swaps a record in a transaction of its own, as a runner moves its checkpoint. Answers whether it was `from`.
pub(crate) async fn swap_alone(
    models: &dyn ReadModels,
    key: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<bool, StoreError> {
    swap_and_commit(models.begin().await?, key, from, to).await
}

/// The same in a transaction that has begun.
pub(crate) async fn swap_and_commit(
    mut tx: Box<dyn ModelTx>,
    key: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<bool, StoreError> {
    let is_swapped = tx.swap(AREA, key, from, to).await?;
    if is_swapped {
        tx.commit().await?;
    }
    Ok(is_swapped)
}

/// What is committed under a key.
pub(crate) async fn record_in(
    models: &dyn ReadModels,
    key: &str,
) -> Result<Option<String>, StoreError> {
    models.record(AREA, key).await
}

/// A table of a view, of which the columns with a name that begins with `i` are indexed.
pub(crate) fn table(name: &str, columns: &[(&str, ValueKind)]) -> Table {
    let column = |(name, kind): &(&str, ValueKind)| TableColumn {
        name: (*name).into(),
        kind: *kind,
        is_indexed: name.starts_with('i'),
    };
    Table::new(name, columns.iter().map(column).collect()).unwrap()
}

/// What failed at the store, of an append that must have failed so.
#[track_caller]
pub(crate) fn store_error(answer: Result<Appended, AppendError>) -> StoreError {
    match answer {
        Err(AppendError::Store(error)) => error,
        other => panic!("expected the store to fail, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn assert_unavailable(error: &StoreError) {
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
}

/// Asserts that it is refused as invalid, with a message that has all `parts`.
#[track_caller]
pub(crate) fn assert_invalid(error: &StoreError, parts: &[&str]) {
    let message = error.to_string();
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error:?}");
    assert!(parts.iter().all(|part| message.contains(part)), "{message} lacks one of {parts:?}");
}

/// What comes of `future`, which ends.
#[track_caller]
pub(crate) fn soon<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let ended = timeout(PATIENCE, future).await;
        ended.unwrap_or_else(|_| panic!("{caller}: not over after {PATIENCE:?}"))
    }
}

/// Asks until it is so.
#[track_caller]
pub(crate) fn eventually(mut is_so: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + PATIENCE;
        let mut again = interval(Duration::from_millis(5));
        while !is_so().await {
            assert!(Instant::now() < deadline, "{caller}: not so after {PATIENCE:?}");
            again.tick().await;
        }
    }
}
