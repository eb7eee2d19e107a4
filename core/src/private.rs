//! What the derives write calls. Not part of the API: the module's public name carries the version.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::name::MAX_NAME_BYTES;

pub use crate::event::{DecodeError, EncodeError, Event, EventType, SchemaVersion, Upcast};
pub use crate::fold::Fold;
pub use crate::payload::Payload;
pub use serde;

/// What writes JSON into bytes, for [`encode`].
pub type JsonWriter<'b> = serde_json::Serializer<&'b mut Vec<u8>>;

/// The schema version of a variant.
pub const fn version(number: u16) -> SchemaVersion {
    SchemaVersion::new(number).expect("the derive refuses version 0")
}

/// The payload that `write` writes: the content of a variant.
pub fn encode(
    event_type: EventType,
    write: impl FnOnce(&mut JsonWriter<'_>) -> Result<(), serde_json::Error>,
) -> Result<Payload, EncodeError> {
    // As much as `serde_json::to_vec` starts with.
    let mut bytes = Vec::with_capacity(128);
    match write(&mut JsonWriter::new(&mut bytes)) {
        Ok(()) => Ok(String::from_utf8(bytes).expect("JSON is written as UTF-8").into()),
        Err(source) => Err(EncodeError::new(event_type, source)),
    }
}

/// Reads the content of a variant whose present version is `newest`, straight from the payload unless
/// that is older, and makes an `event` of it. `upcasts` holds the steps from version 1 to 2, from 2 to
/// 3 and so on.
#[inline]
pub fn decode<C: DeserializeOwned, E>(
    event_type: &str,
    version: SchemaVersion,
    payload: &Payload,
    newest: SchemaVersion,
    upcasts: &[Upcast],
    event: impl FnOnce(C) -> E,
) -> Result<Option<E>, DecodeError> {
    if version != newest {
        let content = decode_old(event_type, version, payload, newest, upcasts)?;
        return Ok(Some(event(content)));
    }
    match from_json(payload) {
        Ok(content) => Ok(Some(event(content))),
        Err(source) => Err(malformed(event_type, version, source)),
    }
}

/// Reads from text, which is faster than from bytes: no string in it has to be looked at again to
/// know that it is UTF-8. So there is also no code for bytes in the application's binary.
#[inline]
fn from_json<C: DeserializeOwned>(payload: &Payload) -> Result<C, serde_json::Error> {
    match payload.as_text() {
        Some(text) => serde_json::from_str(text),
        None => Err(not_text(payload)),
    }
}

#[cold]
fn not_text(payload: &Payload) -> serde_json::Error {
    let error = std::str::from_utf8(payload.as_bytes()).err();
    serde::de::Error::custom(error.map_or_else(String::new, |error| error.to_string()))
}

#[cold]
fn decode_old<C: DeserializeOwned>(
    event_type: &str,
    version: SchemaVersion,
    payload: &Payload,
    newest: SchemaVersion,
    upcasts: &[Upcast],
) -> Result<C, DecodeError> {
    if version > newest {
        return Err(DecodeError::TooNew { event_type: named(event_type), version, newest });
    }
    let malformed = |source| malformed(event_type, version, source);
    let mut content: Value = from_json(payload).map_err(malformed)?;
    for (from, upcast) in (1..).zip(upcasts).skip_while(|(from, _)| *from < version.get()) {
        content = upcast(content).map_err(|source| DecodeError::Upcast {
            event_type: named(event_type),
            from: SchemaVersion::new(from).unwrap_or(SchemaVersion::FIRST),
            source,
        })?;
    }
    serde_json::from_value(content).map_err(malformed)
}

#[cold]
fn malformed(event_type: &str, version: SchemaVersion, source: serde_json::Error) -> DecodeError {
    DecodeError::Malformed { event_type: named(event_type), version, source }
}

fn named(event_type: &str) -> EventType {
    EventType::parse(event_type).expect("only names that an event declares are decoded")
}

/// How many names there are in all of `parts`.
pub const fn count(parts: &[&[&str]]) -> usize {
    let (mut names, mut part) = (0, 0);
    while part < parts.len() {
        names += parts[part].len();
        part += 1;
    }
    names
}

/// The names of an enum that is made of other enums. `N` is their [`count`].
pub const fn join<const N: usize>(parts: &[&[&'static str]]) -> [&'static str; N] {
    let mut names = [""; N];
    let (mut end, mut part) = (0, 0);
    while part < parts.len() {
        let (_, free) = names.split_at_mut(end);
        free.split_at_mut(parts[part].len()).0.copy_from_slice(parts[part]);
        end += parts[part].len();
        part += 1;
    }
    names
}

/// Refuses a nested event when one of its `names` is `taken` already.
///
/// # Panics
///
/// Then, with the name. In a `const` this is an error of the compiler.
#[track_caller]
pub const fn check_nested(names: &[&str], taken: &[&[&str]]) {
    let mut at = 0;
    while at < names.len() {
        if is_among(names[at], taken) {
            refuse(names[at]);
        }
        at += 1;
    }
}

const fn is_among(name: &str, parts: &[&[&str]]) -> bool {
    let mut part = 0;
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            if is_same(name.as_bytes(), parts[part][at].as_bytes()) {
                return true;
            }
            at += 1;
        }
        part += 1;
    }
    false
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Panics with a sentence that ends in `name`: `panic!` does not put texts together in a `const`.
#[track_caller]
const fn refuse(name: &str) -> ! {
    const SENTENCE: &str =
        "every event needs its own stored name, and another variant has this one: ";
    let mut message = [0; SENTENCE.len() + MAX_NAME_BYTES];
    let (sentence, rest) = message.split_at_mut(SENTENCE.len());
    sentence.copy_from_slice(SENTENCE.as_bytes());
    rest.split_at_mut(name.len()).0.copy_from_slice(name.as_bytes());
    match str::from_utf8(message.split_at(SENTENCE.len() + name.len()).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => unreachable!(),
    }
}

/// What an event does to one field of a fold.
pub enum Change<T> {
    /// Nothing.
    None,
    /// This is its new value.
    To(T),
    /// The arm with that index changes it in place.
    InPlace(usize),
}

/// A field's new value.
///
/// The arm is a closure, so that a `return` in it leaves the arm and nothing else, and it is `Fn`, so
/// that it cannot touch the state that other arms have yet to read.
#[inline]
pub fn value<T>(arm: impl Fn() -> T) -> T {
    arm()
}

/// Changes a field in place. The arm is an `Fn` for the reasons that [`value`] has.
#[inline]
pub fn change<T>(field: &mut T, arm: impl Fn(&mut T)) {
    arm(field);
}
