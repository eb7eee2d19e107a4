//! Events: what an application says has happened, and how it is written down.

use std::{fmt, num::NonZeroU16, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    clock::Timestamp,
    name::{Flaw, InvalidName, flaw},
    payload::Payload,
    stream::StreamId,
};

/// Something that has happened. Usually derived, with `#[derive(Event)]` on an enum.
///
/// Every event has a stored name and a schema version, which never follow from a Rust identifier:
/// renaming a variant must not be a migration.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "this is not an event",
    note = "add `#[derive(Event)]` to `{Self}` and `#[event(\"its-stored-name\")]` to every variant"
)]
pub trait Event: Sized + Send + Sync + 'static {
    /// Every stored name that [`decode`](Self::decode) understands, former ones included.
    const NAMES: &'static [&'static str];

    /// The name it is stored under.
    fn event_type(&self) -> EventType;

    /// The version of the shape in which [`encode`](Self::encode) writes it.
    fn schema_version(&self) -> SchemaVersion;

    /// Its content as bytes, without name and version, which the store keeps beside them.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] if its content cannot be written.
    fn encode(&self) -> Result<Payload, EncodeError>;

    /// The event that was written as `payload`, brought up to the present shape if it is older.
    ///
    /// `None` if the name is not among [`NAMES`](Self::NAMES): another type's event, or one that a
    /// newer program wrote. A reader skips it; a fold that must see everything cannot go on.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the name is known and the content is not what it should be.
    fn decode(
        event_type: &str,
        version: SchemaVersion,
        payload: &Payload,
    ) -> Result<Option<Self>, DecodeError>;
}

/// The stored name of an event: `money-withdrawn`. Cheap to clone.
///
/// Not empty, at most 255 bytes, no control characters.
#[derive(Clone)]
pub struct EventType(Text);

#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl EventType {
    /// A name that stands in the code.
    ///
    /// # Panics
    ///
    /// If no store would keep it. In a `const` this is an error of the compiler.
    pub const fn new(name: &'static str) -> Self {
        match flaw(name) {
            None => Self(Text::Static(name)),
            Some(flaw) => panic!("{}", flaw.sentence()),
        }
    }

    /// A name that comes from elsewhere.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if it is empty, longer than 255 bytes, or has control characters.
    pub fn parse(name: impl Into<Arc<str>>) -> Result<Self, InvalidName> {
        let name = name.into();
        match flaw(&name) {
            None => Ok(Self(Text::Shared(name))),
            Some(flaw) => Err(Self::invalid(&name, flaw)),
        }
    }

    /// The name as it is stored.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(name) => name,
            Text::Shared(name) => name,
        }
    }

    fn invalid(name: &str, flaw: Flaw) -> InvalidName {
        InvalidName::new("event type", name, flaw)
    }
}

// By the name alone, wherever its bytes live.
impl PartialEq for EventType {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for EventType {}

impl PartialOrd for EventType {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EventType {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl std::hash::Hash for EventType {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The shape of a payload: 1 at first, one more each time the shape changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaVersion(NonZeroU16);

impl SchemaVersion {
    /// The first shape.
    pub const FIRST: Self = Self(NonZeroU16::MIN);

    /// The version of that number; `None` for 0.
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number, at least 1.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What tells one event from every other, in every log: a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub Uuid);

/// The namespace of ids that follow from idempotency keys. Chosen once at random.
///
/// Stored ids depend on it: another value would let every repeated command through.
const KEYED: Uuid = Uuid::from_u128(0x6f0c_2a54_8b0e_4f9d_9d57_3c0b_4be1_72a6);

impl EventId {
    /// A new id, a UUIDv7: in order of time, to the millisecond, and random beyond it.
    pub fn at(now: Timestamp) -> Self {
        let (seconds, nanoseconds) = now.unix_time();
        // No counter: order within a millisecond is the log's concern.
        let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds);
        Self(Uuid::new_v7(time))
    }

    /// The id of the event at `index` among those of the command that was given `key`, a UUIDv5.
    ///
    /// The same command repeated on the same stream makes the same ids, so that a store recognises
    /// it. The same key on another stream is another command.
    pub fn keyed(stream: &StreamId, key: &str, index: usize) -> Self {
        // Neither a stream's name nor a number has a NUL in it, so no two triples read the same.
        Self(Uuid::new_v5(&KEYED, format!("{stream}\0{index}\0{key}").as_bytes()))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event whose content cannot be written down. Fix the type: nothing was asked of the store.
#[derive(Debug, thiserror::Error)]
#[error("the content of {event_type} cannot be written as JSON")]
pub struct EncodeError {
    event_type: EventType,
    source: serde_json::Error,
}

impl EncodeError {
    /// The content of an event of that type did not become JSON.
    pub fn new(event_type: EventType, source: serde_json::Error) -> Self {
        Self { event_type, source }
    }
}

/// An event that was recorded and cannot be read back. A person has to look.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not what that version of the event looks like.
    #[error("the payload of {event_type} at version {version} is malformed")]
    Malformed {
        /// The stored name.
        event_type: EventType,
        /// The version it was written at.
        version: SchemaVersion,
        /// What the deserialiser says.
        source: serde_json::Error,
    },
    /// A newer program wrote it.
    #[error("{event_type} is at version {version}, and this program knows only {newest}")]
    TooNew {
        /// The stored name.
        event_type: EventType,
        /// The version it was written at.
        version: SchemaVersion,
        /// The version this program writes.
        newest: SchemaVersion,
    },
    /// A step from one version to the next gave up.
    #[error("{event_type} could not be upcast from version {from}")]
    Upcast {
        /// The stored name.
        event_type: EventType,
        /// The version the step starts from.
        from: SchemaVersion,
        /// What the step says.
        source: UpcastError,
    },
}

/// Why an upcast gave up: the old payload is not what the step expects.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UpcastError(String);

impl UpcastError {
    /// With that reason: lower case, no full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<serde_json::Error> for UpcastError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// One step from a version of a payload to the next.
///
/// A whole number of more than 64 bits is not kept exactly by a `Value`. Where there are such, keep
/// them as text.
pub type Upcast = fn(Value) -> Result<Value, UpcastError>;
