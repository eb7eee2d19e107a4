//! What happens in these tests: money is deposited on accounts.

use annals_core::{
    Append, Category, Clock, DecodeError, EncodeError, Event, EventId, EventStore, EventType,
    Expected, Metadata, NewEvent, Payload, Position, SchemaVersion, StreamId, SystemClock,
};

/// So many cents were deposited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deposited(pub(crate) u64);

impl Event for Deposited {
    const NAMES: &'static [&'static str] = &["money-deposited"];

    fn event_type(&self) -> EventType {
        EventType::new("money-deposited")
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> Result<Payload, EncodeError> {
        Ok(self.0.to_string().into())
    }

    fn decode(
        name: &str,
        _: SchemaVersion,
        payload: &Payload,
    ) -> Result<Option<Self>, DecodeError> {
        let cents = || payload.as_text().and_then(|text| text.parse().ok());
        Ok(if name == "money-deposited" { cents().map(Self) } else { None })
    }
}

pub(crate) fn account(number: u64) -> StreamId {
    StreamId::new(Category::new("account"), number.to_string()).unwrap()
}

/// Records deposits on an account; where the last of them stands.
pub(crate) async fn deposit(log: &dyn EventStore, number: u64, cents: &[u64]) -> Position {
    log.append(&deposits(number, Expected::Any, cents)).await.unwrap().position
}

/// What records deposits on an account.
pub(crate) fn deposits(number: u64, expected: Expected, cents: &[u64]) -> Append {
    let events = cents.iter().map(|cents| new_event(&Deposited(*cents))).collect();
    Append::new(account(number), expected, events).unwrap()
}

/// An event that is not yet recorded.
pub(crate) fn new_event<E: Event>(event: &E) -> NewEvent {
    NewEvent::encode(EventId::at(SystemClock.now()), event, Metadata::default()).unwrap()
}

/// Records something that is no deposit.
pub(crate) async fn note(log: &dyn EventStore, number: u64) -> Position {
    record(log, number, "noted").await
}

/// Records something that is called a deposit, and is none that anybody here knows.
pub(crate) async fn misname(log: &dyn EventStore, number: u64) -> Position {
    record(log, number, "money-deposited").await
}

async fn record(log: &dyn EventStore, number: u64, name: &'static str) -> Position {
    let event = NewEvent::new(
        EventId::at(SystemClock.now()),
        EventType::new(name),
        SchemaVersion::FIRST,
        Payload::from("{}"),
        Metadata::default(),
    );
    let append = Append::new(account(number), Expected::Any, vec![event.unwrap()]).unwrap();
    log.append(&append).await.unwrap().position
}
