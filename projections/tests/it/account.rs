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
    record(log, number, cents.iter().map(|cents| Deposited(*cents)).collect()).await
}

async fn record(log: &dyn EventStore, number: u64, events: Vec<Deposited>) -> Position {
    let events = events.iter().map(|event| {
        NewEvent::encode(EventId::at(SystemClock.now()), event, Metadata::default()).unwrap()
    });
    let append = Append::new(account(number), Expected::Any, events.collect()).unwrap();
    log.append(&append).await.unwrap().position
}

/// Records something that is no deposit.
pub(crate) async fn note(log: &dyn EventStore, number: u64) -> Position {
    let event = NewEvent::new(
        EventId::at(SystemClock.now()),
        EventType::new("noted"),
        SchemaVersion::FIRST,
        Payload::from("{}"),
        Metadata::default(),
    );
    let append = Append::new(account(number), Expected::Any, vec![event.unwrap()]).unwrap();
    log.append(&append).await.unwrap().position
}
