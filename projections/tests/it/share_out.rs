//! A view of events of two aggregates, of which one may be for several keys or for none: who has how much of
//! what was deposited on accounts and shared out on trips.

use annals_core::{
    Append, Category, DecodeError, EncodeError, Event, EventStore, EventType, Expected, Fold,
    Payload, Position, SchemaVersion, StreamId,
};
use annals_projections::{Keyed, Recorded, View};
use serde::{Deserialize, Serialize};

use crate::account::{Deposited, new_event};

/// So many cents were shared out among these: the first has one, the second two shares, and so on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SharedOut {
    pub(crate) among: Vec<String>,
    pub(crate) cents: u64,
}

/// What happens on accounts and on trips.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Happened {
    OnAccount(Deposited),
    OnTrip(SharedOut),
}

impl Event for Happened {
    const NAMES: &'static [&'static str] = &["money-deposited", "cost-shared-out"];

    fn event_type(&self) -> EventType {
        match self {
            Self::OnAccount(event) => event.event_type(),
            Self::OnTrip(_) => EventType::new("cost-shared-out"),
        }
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> Result<Payload, EncodeError> {
        match self {
            Self::OnAccount(event) => event.encode(),
            Self::OnTrip(event) => Ok(serde_json::to_string(event).unwrap().into()),
        }
    }

    fn decode(
        name: &str,
        version: SchemaVersion,
        payload: &Payload,
    ) -> Result<Option<Self>, DecodeError> {
        if name != "cost-shared-out" {
            let deposited = Deposited::decode(name, version, payload)?;
            return Ok(deposited.map(Self::OnAccount));
        }
        Ok(Some(Self::OnTrip(serde_json::from_str(payload.as_text().unwrap()).unwrap())))
    }
}

/// What one has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Portion {
    pub(crate) cents: u64,
    /// How often that has changed.
    pub(crate) changes: u64,
    /// Depends on all that is known about every event, and on their order.
    pub(crate) trace: u64,
}

impl Fold for Portion {
    type Event = Happened;

    fn evolve(&mut self, _: &Happened) {
        self.changes += 1;
    }
}

impl View for Portion {
    const NAME: &'static str = "portion";
    const KEYED: Keyed<Happened> = Keyed::By(|recorded| match &recorded.event {
        Happened::OnAccount(_) => vec![recorded.envelope.stream.id().to_owned()],
        Happened::OnTrip(shared) => shared.among.clone(),
    });

    fn project(&mut self, key: &str, recorded: &Recorded<Happened>) {
        self.evolve(&recorded.event);
        self.cents += match &recorded.event {
            Happened::OnAccount(Deposited(cents)) => *cents,
            Happened::OnTrip(SharedOut { among, cents }) => {
                let shares = (1..).zip(among).filter(|(_, name)| *name == key);
                shares.map(|(share, _)| share * cents).sum()
            }
        };
        let envelope = &recorded.envelope;
        let known = format!(
            "{} {} {} {} {}",
            envelope.position,
            envelope.revision,
            envelope.id.0,
            envelope.recorded_at.as_micros(),
            envelope.stream
        );
        for byte in known.bytes() {
            self.trace = self.trace.rotate_left(5) ^ u64::from(byte);
        }
    }
}

pub(crate) fn trip(name: &str) -> StreamId {
    StreamId::new(Category::new("trip"), name).unwrap()
}

/// Records that something was shared out; where that stands.
pub(crate) async fn share_out(log: &dyn EventStore, among: &[&str], cents: u64) -> Position {
    let among = among.iter().map(|name| (*name).to_owned()).collect();
    let event = new_event(&Happened::OnTrip(SharedOut { among, cents }));
    let append = Append::new(trip("alps"), Expected::Any, vec![event]).unwrap();
    log.append(&append).await.unwrap().position
}
