//! The words that the rules are written in.

use std::{future::Future, panic::resume_unwind, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, Clock, Conflict, Envelope, EventId, EventStore, EventType,
    Expected, Filter, Metadata, NewEvent, Payload, Position, Revision, SchemaVersion, StreamAppend,
    StreamId, SystemClock, Timestamp,
};
use futures::TryStreamExt;
use tokio::{
    sync::Barrier,
    task::{JoinHandle, yield_now},
};

/// The store that a rule is about.
pub(crate) type Store = Arc<dyn EventStore>;

pub(crate) fn stream(id: &str) -> StreamId {
    StreamId::parse(&format!("test:{id}")).expect("the rules use valid names")
}

pub(crate) fn streams<const N: usize>(ids: [&str; N]) -> [StreamId; N] {
    ids.map(stream)
}

pub(crate) fn new_id() -> EventId {
    EventId::at(SystemClock.now())
}

/// An event like any other.
pub(crate) fn event() -> NewEvent {
    event_of("noted", "{}")
}

pub(crate) fn events<const N: usize>() -> [NewEvent; N] {
    std::array::from_fn(|_| event())
}

pub(crate) fn event_of(event_type: &str, payload: impl Into<Payload>) -> NewEvent {
    let event_type = EventType::parse(event_type).expect("the rules use valid names");
    event_with(new_id(), event_type, SchemaVersion::FIRST, payload, Metadata::default())
}

pub(crate) fn event_with(
    id: EventId,
    event_type: EventType,
    version: SchemaVersion,
    payload: impl Into<Payload>,
    metadata: Metadata,
) -> NewEvent {
    NewEvent::new(id, event_type, version, payload.into(), metadata)
        .expect("the rules keep within the limits")
}

/// One stream's part in an append.
pub(crate) fn part(
    stream: &StreamId,
    expected: Expected,
    events: impl Into<Vec<NewEvent>>,
) -> StreamAppend {
    StreamAppend { stream: stream.clone(), expected, events: events.into() }
}

pub(crate) fn append(
    stream: &StreamId,
    expected: Expected,
    events: impl Into<Vec<NewEvent>>,
) -> Append {
    append_all([part(stream, expected, events)])
}

pub(crate) fn append_all(parts: impl IntoIterator<Item = StreamAppend>) -> Append {
    Append::to_streams(parts.into_iter().collect()).expect("the rules keep within the limits")
}

/// Records `events`, whatever is in the stream.
pub(crate) async fn record(
    store: &Store,
    stream: &StreamId,
    events: impl Into<Vec<NewEvent>>,
) -> Appended {
    accepted(store, &append(stream, Expected::Any, events)).await
}

/// The answer to an append that must be accepted.
/// An answer without the time, which no rule can foresee.
pub(crate) fn timeless(answer: &Appended) -> Appended {
    Appended { recorded_at: Timestamp::UNIX_EPOCH, ..answer.clone() }
}

pub(crate) async fn accepted(store: &Store, append: &Append) -> Appended {
    match store.append(append).await {
        Ok(appended) => appended,
        Err(error) => panic!("an append was refused: {error}"),
    }
}

/// The conflict that an append must end in.
pub(crate) async fn conflict(store: &Store, append: &Append) -> Conflict {
    match store.append(append).await {
        Err(AppendError::Conflict(conflict)) => conflict,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

/// The event that an append must be refused for: its id, and where it is recorded.
pub(crate) async fn duplicate(store: &Store, append: &Append) -> (EventId, StreamId, Revision) {
    match store.append(append).await {
        Err(AppendError::Duplicate { id, stream, revision }) => (id, stream, revision),
        other => panic!("expected a duplicate, got {other:?}"),
    }
}

/// A whole stream.
pub(crate) async fn whole_stream(store: &Store, stream: &StreamId) -> Vec<Arc<Envelope>> {
    let events = store.read_stream(stream, Revision::START).try_collect().await;
    events.expect("a stream can be read")
}

/// The whole log.
pub(crate) async fn whole_log(store: &Store) -> Vec<Arc<Envelope>> {
    log_after(store, Position::START, Filter::All).await
}

pub(crate) async fn log_after(
    store: &Store,
    after: Position,
    filter: Filter,
) -> Vec<Arc<Envelope>> {
    store.read_log(after, filter).try_collect().await.expect("the log can be read")
}

/// The head of the log, once it is past `after`.
pub(crate) async fn head_past(store: &Store, after: Position) -> Position {
    loop {
        let head = store.wait_past(after).await.expect("a store can be waited for");
        if head > after {
            return head;
        }
        yield_now().await; // It resolved early, and may do so again without ever being pending.
    }
}

pub(crate) fn revision(events: usize) -> Revision {
    Revision::START.plus(events)
}

pub(crate) fn position(events: usize) -> Position {
    Position::START.plus(events)
}

pub(crate) fn ids_of(events: &[NewEvent]) -> Vec<EventId> {
    events.iter().map(NewEvent::id).collect()
}

pub(crate) fn ids_in(envelopes: &[Arc<Envelope>]) -> Vec<EventId> {
    envelopes.iter().map(|envelope| envelope.id).collect()
}

/// What `count` tasks answer that all begin at the same moment, each with its number.
pub(crate) async fn at_once<T, F>(count: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let begin = |number| {
        let (start, task) = (start.clone(), task(number));
        tokio::spawn(async move {
            start.wait().await;
            task.await
        })
    };
    join_all((0..count).map(begin).collect::<Vec<_>>()).await
}

/// What tasks answer, once all of them have.
pub(crate) async fn join_all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap_or_else(|error| resume_unwind(error.into_panic())));
    }
    answers
}
