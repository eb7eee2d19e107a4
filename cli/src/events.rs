//! How an event is written down: as a line of JSON, and for people.

mod exported;
mod shown;

use std::borrow::Cow;

use annals::{Envelope, EventId, Metadata, Payload};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{failure::Failure, screen::Screen};

pub(crate) use exported::Exported;
pub(crate) use shown::{moment, show};

/// An event as a line of JSON. Its payload is in one of the last three, byte for byte.
#[derive(Debug, Serialize)]
pub(crate) struct Line<'e> {
    position: i64,
    stream: &'e str,
    revision: i64,
    id: EventId,
    r#type: &'e str,
    schema_version: u16,
    recorded_at: Cow<'e, str>,
    metadata: &'e Metadata,
    #[serde(flatten)]
    payload: Content<'e>,
}

/// A payload: as JSON if it is JSON on one line, else as text if it is text, else as bytes.
#[derive(Debug, Serialize)]
enum Content<'e> {
    #[serde(rename = "payload")]
    Json(&'e RawValue),
    #[serde(rename = "payload_text")]
    Text(&'e str),
    #[serde(rename = "payload_base64")]
    Bytes(String),
}

impl<'e> Line<'e> {
    pub(crate) fn of(envelope: &'e Envelope) -> Self {
        Self {
            position: envelope.position.get(),
            stream: envelope.stream.as_str(),
            revision: envelope.revision.get(),
            id: envelope.id,
            r#type: envelope.event_type.as_str(),
            schema_version: envelope.schema_version.get(),
            recorded_at: envelope.recorded_at.to_string().into(),
            metadata: &envelope.metadata,
            payload: Content::of(&envelope.payload),
        }
    }
}

impl<'e> Content<'e> {
    fn of(payload: &'e Payload) -> Self {
        let Some(text) = payload.as_text() else {
            return Self::Bytes(STANDARD.encode(payload.as_bytes()));
        };
        json(text).map_or(Self::Text(text), Self::Json)
    }
}

/// A text as JSON that can stand in a line, character by character.
fn json(text: &str) -> Option<&RawValue> {
    if text.contains(['\n', '\r']) {
        return None;
    }
    // What is raw is not looked at as closely as what programs will read.
    serde_json::from_str::<Value>(text).ok()?;
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    (raw.get() == text).then_some(raw)
}

/// Prints an event, as it was recorded.
pub(crate) fn print(envelope: &Envelope, is_full: bool, screen: &Screen) -> Result<(), Failure> {
    if screen.is_json {
        return screen.json(&Line::of(envelope));
    }
    show(envelope, is_full, 0, screen).iter().try_for_each(|line| screen.line(line))
}

#[cfg(test)]
mod tests {
    use annals::Payload;

    use super::Content;

    #[test]
    fn a_payload_is_json_only_if_it_can_be_told_byte_for_byte() {
        let written = |payload: Payload| serde_json::to_string(&Content::of(&payload)).unwrap();
        for (payload, expected) in [
            (r#"{"a": 1.0,"a":2}"#, r#"{"payload":{"a": 1.0,"a":2}}"#),
            ("null", r#"{"payload":null}"#),
            (r#""é""#, r#"{"payload":"é"}"#),
            (" 1", r#"{"payload_text":" 1"}"#),
            ("1 ", r#"{"payload_text":"1 "}"#),
            ("[1,\n2]", r#"{"payload_text":"[1,\n2]"}"#),
            ("", r#"{"payload_text":""}"#),
            ("a\0", r#"{"payload_text":"a\u0000"}"#),
            (r#""\ud800""#, r#"{"payload_text":"\"\\ud800\""}"#),
            ("1e999", r#"{"payload_text":"1e999"}"#),
        ] {
            assert_eq!(written(payload.into()), expected, "{payload:?}");
        }
        assert_eq!(written(vec![0xff, 0].into()), r#"{"payload_base64":"/wA="}"#);
    }
}
