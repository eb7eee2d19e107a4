//! What derived events and folds do, once they compile. One binary.

mod content;
mod names;
mod versions;
mod fold;

use annals::{DecodeError, Event, SchemaVersion};

/// The content of `event` as text.
fn written(event: &impl Event) -> String {
    let payload = event.encode().expect("the events of these tests can be written");
    String::from_utf8(payload.as_bytes().to_vec()).expect("JSON is UTF-8")
}

/// What is read when `name` was stored with that content, at the first version.
fn read<E: Event>(name: &str, content: &str) -> Result<Option<E>, DecodeError> {
    E::decode(name, SchemaVersion::FIRST, &content.to_owned().into())
}

/// What is read when `event` was stored just now.
fn read_back<E: Event>(event: &E) -> Option<E> {
    let (name, version) = (event.event_type(), event.schema_version());
    E::decode(name.as_str(), version, &written(event).into()).expect("it was written just now")
}
