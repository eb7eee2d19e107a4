//! What names an append. All its events follow from it: their ids, types and contents.

use std::fmt;

use annals_core::{
    EventId, EventType, Filter, Metadata, NewEvent, Payload, SchemaVersion, StreamId,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::random::Random;

/// What most events are.
const TYPES: [EventType; 4] = [
    EventType::new("opened"),
    EventType::new("changed"),
    EventType::new("noted"),
    EventType::new("closed"),
];

/// What the last event of a run is.
const ENDED: EventType = EventType::new("ended");

/// Which append: the writer, its task, and the how many-th of that task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Key(u64);

impl Key {
    /// The last append of a run, by which readers know that there is no more.
    pub(crate) const END: Self = Self(u64::MAX);

    pub(crate) fn new(writer: u16, task: u8, count: u32) -> Self {
        Self(u64::from(writer) << 48 | u64::from(task) << 40 | u64::from(count))
    }

    /// As a database holds it.
    pub(crate) fn to_number(self) -> i64 {
        self.0.cast_signed()
    }

    /// The key that a database holds so.
    pub(crate) fn from_number(number: i64) -> Self {
        Self(number.cast_unsigned())
    }

    /// The id of its event at `index`, counted from 0.
    pub(crate) fn id(self, index: u64) -> EventId {
        EventId(Uuid::from_u64_pair(self.0, index))
    }

    /// Of which append an event is, and which of its events.
    pub(crate) fn of(id: EventId) -> (Self, u64) {
        let (key, index) = id.0.as_u64_pair();
        (Self(key), index)
    }

    /// Its event at `index`.
    pub(crate) fn event(self, index: u64) -> NewEvent {
        let (id, event_type) = (self.id(index), self.event_type(index));
        let metadata = Metadata::default();
        NewEvent::new(id, event_type, SchemaVersion::FIRST, self.payload(index), metadata)
            .expect("the contents are far from being too large")
    }

    pub(crate) fn event_type(self, index: u64) -> EventType {
        if self == Self::END {
            return ENDED;
        }
        let event_type = Random::new(&[1, self.0, index]).one_of(&TYPES).cloned();
        event_type.expect("there are types to choose from")
    }

    /// Any bytes; seldom many, so that some do not fit into a page of a database.
    pub(crate) fn payload(self, index: u64) -> Payload {
        let mut random = Random::new(&[2, self.0, index]);
        let longest = if random.below(500) == 0 { 4_000 } else { 20 };
        let words = random.below(longest);
        let bytes: Vec<u8> = (0..words).flat_map(|_| random.next().to_le_bytes()).collect();
        bytes.into()
    }
}

impl fmt::Display for Key {
    /// As it begins the ids of its events.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What the reader with a filter asks for.
pub(crate) fn some_types() -> Filter {
    [TYPES[1].clone(), TYPES[3].clone(), ENDED].into_iter().collect()
}

/// The stream of that number.
pub(crate) fn stream(number: u32) -> StreamId {
    StreamId::parse(&format!("chaos:{number}")).expect("a number makes a good name")
}

/// The number of that stream; `None` if it is none of ours.
pub(crate) fn stream_number(name: &str) -> Option<u32> {
    name.strip_prefix("chaos:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Key, stream, stream_number};

    #[test]
    fn an_id_tells_its_append_and_which_event_it_is() {
        let key = Key::new(3, 15, 77);
        assert_eq!(Key::of(key.id(19)), (key, 19));
        assert_eq!(Key::from_number(key.to_number()), key);
        assert_ne!(key.payload(19), key.payload(18));
    }

    #[test]
    fn a_stream_is_told_by_its_name() {
        assert_eq!(stream_number(stream(u32::MAX).as_str()), Some(u32::MAX));
        assert_eq!(stream_number("order:1"), None);
    }
}
