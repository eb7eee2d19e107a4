//! What a replay holds, counted by the allocator. A binary of its own, for nothing else may allocate.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use annals_core::{
    Append, Clock, DecodeError, EncodeError, Event, EventId, EventStore, EventType, Expected, Fold,
    Metadata, NewEvent, Payload, Position, SchemaVersion, StreamId, SystemClock,
};
use annals_memory::MemoryStore;
use annals_projections::{
    Action, Keyed, OnFailure, Operator, Rows, RunnerSettings, View, WaitError,
};
use peak_alloc::PeakAlloc;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const PATIENCE: Duration = Duration::from_secs(300);

/// How many events are set aside.
const EVENTS: u64 = 100_000;

static IS_MENDED: AtomicBool = AtomicBool::new(false);

/// Something was counted.
struct Counted;

impl Event for Counted {
    const NAMES: &'static [&'static str] = &["counted"];

    fn event_type(&self) -> EventType {
        EventType::new("counted")
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> Result<Payload, EncodeError> {
        Ok("{}".into())
    }

    fn decode(name: &str, _: SchemaVersion, _: &Payload) -> Result<Option<Self>, DecodeError> {
        Ok((name == "counted").then_some(Self))
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Count {
    number: u64,
}

impl Fold for Count {
    type Event = Counted;

    fn evolve(&mut self, _: &Counted) {
        assert!(IS_MENDED.load(Ordering::Acquire), "not now");
        self.number += 1;
    }
}

impl View for Count {
    const NAME: &'static str = "count";
    const KEYED: Keyed<Counted> = Keyed::ById;
}

async fn record(log: &dyn EventStore, number: u64) -> Position {
    let metadata = Arc::new(Metadata::default());
    let event = || {
        let id = EventId::at(SystemClock.now());
        NewEvent::encode(id, &Counted, Arc::clone(&metadata)).unwrap()
    };
    let stream = StreamId::parse("counter:1").unwrap();
    let append = Append::new(stream, Expected::Any, (0..number).map(|_| event()).collect());
    log.append(&append.unwrap()).await.unwrap().position
}

#[tokio::test]
async fn a_replay_of_100_000_events_holds_no_more_than_a_few_pages() {
    let store = MemoryStore::new(Arc::new(SystemClock));
    let models = Arc::new(store.read_models());
    let log: Arc<dyn EventStore> = Arc::new(store);
    let mut end = Position::START;
    for _ in 0..EVENTS / 1_000 {
        end = record(&*log, 1_000).await;
    }
    let settings = RunnerSettings {
        on_failure: OnFailure::Park { limit: EVENTS },
        attempts: 0,
        lease: Duration::from_millis(100),
        ..RunnerSettings::default()
    };
    let rows = Rows::<Count>::new(Arc::clone(&log), models.clone(), Arc::new(SystemClock));
    let running = rows.runner().with_settings(settings).start();
    let operator = Operator::new(Arc::clone(&log), models);
    let waited = running.wait_for(end, PATIENCE).await;
    assert!(matches!(waited, Err(WaitError::Parked { .. })), "{waited:?}");
    assert_eq!(operator.parked("count", "", 2).await.unwrap()[0].events, EVENTS);
    IS_MENDED.store(true, Ordering::Release);

    for (dry_run, said) in [(true, "could be projected"), (false, "events projected")] {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let replay = Action::Replay { keys: vec![], dry_run };
        let answer = operator.ask("count", replay, "ada", PATIENCE).await.unwrap();
        let held = ALLOCATOR.peak_usage().saturating_sub(before);
        assert!(answer.is_done && answer.answer.contains(said), "{answer:?}");
        // A page of events and of their records: some 250 kB were seen. All of them would be 100 times as much.
        assert!(held < 1 << 20, "{held} bytes");
    }
    assert_eq!(rows.get("1").await.unwrap().unwrap().number, EVENTS);
    assert_eq!(running.stop().await.unwrap().parked, 0);
}
