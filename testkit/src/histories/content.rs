//! What the events of a history hold: whatever may be stored.

use annals_core::{EventId, EventType, Metadata, NewEvent, SchemaVersion, StreamId};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
    sample::select,
};

/// The types of all events: names that could be confused.
pub(super) const TYPES: [&str; 3] = ["a", "A", "a%"];

/// An event but for its id.
#[derive(Debug, Clone)]
pub(super) struct Content {
    event_type: &'static str,
    version: SchemaVersion,
    payload: Vec<u8>,
    metadata: Metadata,
}

impl Content {
    /// The simplest there is.
    pub(super) fn empty() -> Self {
        Self {
            event_type: TYPES[0],
            version: SchemaVersion::FIRST,
            payload: Vec::new(),
            metadata: Metadata::default(),
        }
    }

    pub(super) fn event(&self, id: EventId) -> NewEvent {
        let Self { event_type, version, payload, metadata } = self.clone();
        NewEvent::new(id, EventType::new(event_type), version, payload.into(), metadata)
            .expect("the contents of histories are small")
    }
}

pub(super) fn content() -> impl Strategy<Value = Content> {
    let version = any::<u16>().prop_map(|n| SchemaVersion::new(n).unwrap_or(SchemaVersion::FIRST));
    (select(&TYPES[..]), version, payload(), metadata()).prop_map(
        |(event_type, version, payload, metadata)| Content {
            event_type,
            version,
            payload,
            metadata,
        },
    )
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(br#"{"b":1, "a":2,"a":3}"#.to_vec()),
        text().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..20),
    ]
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let ids = (option::of(any::<u8>()), option::of(any::<u8>()));
    let texts = [(); 5].map(|()| option::of(text()));
    let extra = btree_map(text(), text(), 0..3);
    (ids, texts, extra).prop_map(|((correlation, causation), texts, extra)| {
        let [source, actor, tenant, traceparent, tracestate] = texts;
        Metadata {
            correlation_id: correlation.map(|n| some_id(n).0),
            causation_id: causation.map(some_id),
            source,
            actor,
            tenant,
            traceparent,
            tracestate,
            extra,
        }
    })
}

/// Any characters whatever, and often those that someone escapes.
fn text() -> impl Strategy<Value = String> {
    let character =
        prop_oneof![select(&['\0', '\n', '"', '\'', '\\', '%', '🦀'][..]), any::<char>()];
    vec(character, 0..8).prop_map(String::from_iter)
}

fn some_id(number: u8) -> EventId {
    let stream = StreamId::parse("some:id").expect("it is valid");
    EventId::keyed(&stream, "", number.into())
}
