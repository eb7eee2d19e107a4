//! What happens in these tests: money is deposited on accounts, and a view adds it up.

use std::{
    collections::HashSet,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use annals::{
    Append, Clock, EventId, Expected, NewEvent, OnFailure, Payload, Runner, RunnerSettings, Runs,
    SchemaVersion, StreamAppend, SystemClock, prelude::*,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum AccountEvent {
    #[event("money-deposited")]
    Deposited { cents: i64 },
}

/// What is on an account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Balance {
    cents: i64,
}

/// Deposits that cannot be folded, until they are taken out of here.
static POISON: Mutex<Option<HashSet<i64>>> = Mutex::new(None);

/// A deposit that cannot be folded, and that no other test makes.
pub(crate) fn poison() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1_000_000);
    let cents = NEXT.fetch_add(1, Ordering::Relaxed);
    spoil(cents);
    cents
}

/// From now on a deposit of so much cannot be folded.
pub(crate) fn spoil(cents: i64) {
    POISON.lock().unwrap().get_or_insert_default().insert(cents);
}

/// From now on it is a deposit like any other.
pub(crate) fn mend(cents: i64) {
    POISON.lock().unwrap().get_or_insert_default().remove(&cents);
}

impl Fold for Balance {
    type Event = AccountEvent;

    fn evolve(&mut self, AccountEvent::Deposited { cents }: &AccountEvent) {
        let is_poison = POISON.lock().unwrap().get_or_insert_default().contains(cents);
        assert!(!is_poison, "{cents} is poison");
        self.cents += cents;
    }
}

impl View for Balance {
    const NAME: &'static str = "balance";
    const KEYED: Keyed<AccountEvent> = Keyed::ById;
}

/// Runs the view with pauses that are over soon, and does that about failures.
pub(crate) fn run(annals: &Annals, on_failure: OnFailure) -> Runs {
    annals.run([runner(annals, on_failure)])
}

fn runner(annals: &Annals, on_failure: OnFailure) -> Runner {
    let settings = RunnerSettings {
        attempts: 2,
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(10),
        lease: Duration::from_millis(500),
        on_failure,
        ..RunnerSettings::default()
    };
    annals.view::<Balance>().runner().with_settings(settings)
}

/// Records these deposits on an account; where the last of them stands.
pub(crate) async fn deposit(annals: &Annals, account: &str, cents: &[i64]) -> Position {
    let event = |cents: &i64| {
        let deposited = AccountEvent::Deposited { cents: *cents };
        NewEvent::encode(EventId::at(SystemClock.now()), &deposited, Metadata::default()).unwrap()
    };
    let stream = StreamId::parse(&format!("account:{account}")).unwrap();
    let events = cents.iter().map(event).collect();
    let append = Append::new(stream, Expected::Any, events).unwrap();
    annals.store().append(&append).await.unwrap().position
}

/// An event of any kind, whose id is that number.
pub(crate) fn event(
    id: u128,
    name: &str,
    payload: impl Into<Payload>,
    metadata: Metadata,
) -> NewEvent {
    let (id, name) = (EventId(Uuid::from_u128(id)), annals::EventType::parse(name).unwrap());
    NewEvent::new(id, name, SchemaVersion::new(7).unwrap(), payload.into(), metadata).unwrap()
}

/// Appends events to streams, all at once.
pub(crate) async fn append(annals: &Annals, parts: Vec<(&str, Vec<NewEvent>)>) {
    let part = |(stream, events): (&str, _)| {
        let stream = StreamId::parse(stream).unwrap();
        StreamAppend { stream, expected: Expected::Any, events }
    };
    let append = Append::to_streams(parts.into_iter().map(part).collect()).unwrap();
    annals.store().append(&append).await.unwrap();
}
