//! An event as it is exported and imported.
//!
//! When an event was recorded only its store says. So what is imported keeps the time that the first store has
//! said in its metadata, under a reserved name, and is exported again with that.

use std::sync::Arc;

use annals::{
    Envelope, EventId, EventType, Metadata, NewEvent, Payload, Position, Revision, SchemaVersion,
    StreamId, Timestamp,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Content, Line};

/// Under which an imported event has the time at which it was recorded first.
pub(crate) const RECORDED_AT: &str = "annals.recorded_at";

/// An event on its way from one store to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exported {
    pub(crate) position: Position,
    pub(crate) stream: StreamId,
    pub(crate) revision: Revision,
    pub(crate) id: EventId,
    event_type: EventType,
    schema_version: SchemaVersion,
    recorded_at: String,
    metadata: Arc<Metadata>,
    payload: Payload,
}

/// The same as it stands in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    position: i64,
    stream: String,
    revision: i64,
    id: EventId,
    r#type: String,
    schema_version: u16,
    recorded_at: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default, deserialize_with = "there")]
    payload: Option<Box<RawValue>>,
    payload_text: Option<String>,
    payload_base64: Option<String>,
}

/// Also where it is `null`, which is a payload like any other.
fn there<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(d).map(Some)
}

impl Exported {
    /// What was recorded, with the time that its first store has said.
    pub(crate) fn of(envelope: &Envelope) -> Self {
        let mut metadata = Arc::clone(&envelope.metadata);
        let recorded_at = match metadata.extra.contains_key(RECORDED_AT) {
            true => Arc::make_mut(&mut metadata).extra.remove(RECORDED_AT),
            false => None,
        };
        Self {
            position: envelope.position,
            stream: envelope.stream.clone(),
            revision: envelope.revision,
            id: envelope.id,
            event_type: envelope.event_type.clone(),
            schema_version: envelope.schema_version,
            recorded_at: recorded_at.unwrap_or_else(|| envelope.recorded_at.to_string()),
            metadata,
            payload: envelope.payload.clone(),
        }
    }

    /// What a line says; or what is wrong with it.
    pub(crate) fn read(line: &[u8]) -> Result<Self, String> {
        let given: Given = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        let payload = match (given.payload, given.payload_text, given.payload_base64) {
            (Some(json), None, None) => Payload::from(Box::<str>::from(json).into_string()),
            (None, Some(text), None) => Payload::from(text),
            (None, None, Some(base64)) => {
                let bytes = STANDARD.decode(base64);
                Payload::from(bytes.map_err(|error| format!("`payload_base64`: {error}"))?)
            }
            _ => return Err("it has one of `payload`, `payload_text` and `payload_base64`".into()),
        };
        let number = |name| format!("`{name}` is a number from 1 on");
        let time: Option<jiff::Timestamp> = given.recorded_at.parse().ok();
        let time = time.and_then(|time| Timestamp::from_micros(time.as_microsecond()));
        if time.is_none_or(|time| time.to_string() != given.recorded_at) {
            return Err(format!(
                "`recorded_at` is no time as exports have it: {:?}",
                given.recorded_at
            ));
        }
        if given.metadata.extra.contains_key(RECORDED_AT) {
            return Err(format!("metadata of the name `{RECORDED_AT}` are reserved"));
        }
        Ok(Self {
            position: Position::new(given.position)
                .filter(|it| *it > Position::START)
                .ok_or_else(|| number("position"))?,
            stream: StreamId::parse(&given.stream).map_err(|error| error.to_string())?,
            revision: Revision::new(given.revision)
                .filter(|it| *it > Revision::START)
                .ok_or_else(|| number("revision"))?,
            id: given.id,
            event_type: EventType::parse(given.r#type).map_err(|error| error.to_string())?,
            schema_version: SchemaVersion::new(given.schema_version)
                .ok_or_else(|| number("schema_version"))?,
            recorded_at: given.recorded_at,
            metadata: Arc::new(given.metadata),
            payload,
        })
    }

    /// The line, without its end.
    pub(crate) fn line(&self) -> Line<'_> {
        Line {
            position: self.position.get(),
            stream: self.stream.as_str(),
            revision: self.revision.get(),
            id: self.id,
            r#type: self.event_type.as_str(),
            schema_version: self.schema_version.get(),
            recorded_at: self.recorded_at.as_str().into(),
            metadata: &self.metadata,
            payload: Content::of(&self.payload),
        }
    }

    /// To be recorded elsewhere.
    pub(crate) fn into_new(self) -> Result<NewEvent, String> {
        let mut metadata = self.metadata;
        let extra = &mut Arc::make_mut(&mut metadata).extra;
        extra.insert(RECORDED_AT.to_owned(), self.recorded_at);
        let new =
            NewEvent::new(self.id, self.event_type, self.schema_version, self.payload, metadata);
        new.map_err(|error| error.to_string())
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.payload.len() + self.metadata.text_bytes()
    }
}
