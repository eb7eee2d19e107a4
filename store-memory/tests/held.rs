//! What a reader holds, counted by the allocator. A binary of its own, for nothing else may allocate.

use std::sync::Arc;

use annals_core::{
    Append, EventId, EventStore, EventType, Expected, Filter, Metadata, NewEvent, Payload,
    Position, Revision, SchemaVersion, StreamId, SystemClock, Timestamp,
};
use annals_memory::MemoryStore;
use futures::TryStreamExt;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// How much more than before is held at most while `work` is done, in bytes.
async fn held_by<T>(work: impl Future<Output = T>) -> (T, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let done = work.await;
    (done, ALLOCATOR.peak_usage().saturating_sub(before))
}

async fn record(store: &MemoryStore, event_type: &'static str, events: usize) {
    let metadata = Arc::new(Metadata::default());
    let event = || {
        let id = EventId::at(Timestamp::UNIX_EPOCH);
        let (event_type, payload) = (EventType::new(event_type), Payload::from("{}"));
        NewEvent::new(id, event_type, SchemaVersion::FIRST, payload, Arc::clone(&metadata))
    };
    let events: Result<_, _> = (0..events).map(|_| event()).collect();
    let stream = StreamId::parse("sensor:1").expect("a good name");
    let append = Append::new(stream, Expected::Any, events.expect("within the limits"));
    store.append(&append.expect("within the limits")).await.expect("memory does not fail");
}

#[tokio::test]
async fn a_reader_of_a_quiet_type_among_a_million_others_does_not_hold_them() {
    let store = MemoryStore::new(Arc::new(SystemClock));
    record(&store, "alarm", 1).await;
    for _ in 0..100 {
        record(&store, "measured", 10_000).await;
    }
    record(&store, "alarm", 1).await;

    let quiet: Filter = [EventType::new("alarm")].into_iter().collect();
    let reading = store.read_log(Position::START, quiet);
    let (alarms, held) = held_by(reading.try_collect::<Vec<_>>()).await;
    let alarms = alarms.expect("memory does not fail");
    assert_eq!(alarms.iter().map(|e| e.position.get()).collect::<Vec<_>>(), [1, 1_000_002]);
    assert!(held < 16 << 10, "{held} bytes");

    // Nor does a reader of all of them hold more than a page.
    let stream = StreamId::parse("sensor:1").expect("a good name");
    let reading = store.read_stream(&stream, Revision::START);
    let counting = reading.try_fold(0, |count, _| async move { Ok(count + 1) });
    let (count, held) = held_by(counting).await;
    assert_eq!(count.expect("memory does not fail"), 1_000_002);
    assert!(held < 16 << 10, "{held} bytes");
}
