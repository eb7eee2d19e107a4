//! Sees whether the revisions of every stream have no gaps, in memory that is bounded.
//!
//! As long as there are not too many streams, one reading of the log is enough. Beyond that only a part of them
//! is watched at a time, and the log is read once for each part.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use annals::{Envelope, Revision};

/// How many streams are watched at a time: at some 40 bytes each.
const MOST: usize = 4_000_000;

/// Watches those streams whose hashes end with the bits `part`.
pub(super) struct Watch {
    /// By the hash of its name, which is short; of 64 bits, so that no two have the same one.
    revisions: HashMap<u64, Revision>,
    bits: u32,
    part: u64,
    most: usize,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self::of_at_most(MOST)
    }

    fn of_at_most(most: usize) -> Self {
        Self { revisions: HashMap::new(), bits: 0, part: 0, most }
    }

    /// The revision that an event should have, if it has another one.
    pub(super) fn see(&mut self, event: &Envelope) -> Option<Revision> {
        let mut hasher = DefaultHasher::new();
        event.stream.hash(&mut hasher);
        let hash = hasher.finish();
        if !self.is_watched(hash) {
            return None;
        }
        let before = self.revisions.insert(hash, event.revision).unwrap_or_default();
        while self.revisions.len() > self.most && self.part == 0 && self.bits < u64::BITS - 1 {
            self.bits += 1;
            let mask = self.mask();
            self.revisions.retain(|hash, _| hash & mask == 0);
        }
        let due = before.plus(1);
        (due != event.revision).then_some(due)
    }

    /// The watch for the next reading, if there has to be one.
    pub(super) fn next(mut self) -> Option<Self> {
        self.revisions.clear();
        self.part += 1;
        (self.part <= self.mask()).then_some(self)
    }

    fn is_watched(&self, hash: u64) -> bool {
        hash & self.mask() == self.part
    }

    fn mask(&self) -> u64 {
        (1 << self.bits) - 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use annals::{
        Envelope, EventId, EventType, Position, Revision, SchemaVersion, StreamId, Timestamp,
    };
    use uuid::Uuid;

    use super::Watch;

    fn event(stream: usize, revision: i64) -> Envelope {
        Envelope {
            id: EventId(Uuid::nil()),
            stream: StreamId::parse(&format!("a:{stream}")).unwrap(),
            revision: Revision::new(revision).unwrap(),
            position: Position::START,
            event_type: EventType::new("a"),
            schema_version: SchemaVersion::FIRST,
            payload: "".into(),
            recorded_at: Timestamp::UNIX_EPOCH,
            metadata: Arc::default(),
        }
    }

    /// Each gap that is found, and how often the log was read.
    fn watch(log: &[Envelope], most: usize) -> (Vec<(String, i64)>, usize) {
        let (mut found, mut readings) = (vec![], 0);
        let mut watch = Some(Watch::of_at_most(most));
        while let Some(mut watching) = watch.take() {
            readings += 1;
            for event in log {
                if let Some(due) = watching.see(event) {
                    found.push((event.stream.to_string(), due.get()));
                }
            }
            watch = watching.next();
        }
        found.sort();
        (found, readings)
    }

    #[test]
    fn a_gap_is_found_once_however_many_streams_there_are() {
        let mut log: Vec<_> = (0..1_000).map(|stream| event(stream, 1)).collect();
        log.extend((0..1_000).map(|stream| event(stream, if stream % 100 == 7 { 3 } else { 2 })));
        let expected: Vec<_> = (0..10).map(|it| (format!("a:{}", it * 100 + 7), 2)).collect();
        let (mut found, readings) = watch(&log, 10_000);
        found.sort();
        let mut sorted = expected.clone();
        sorted.sort();
        assert_eq!((found, readings), (sorted.clone(), 1));
        let (found, readings) = watch(&log, 100);
        assert_eq!(found, sorted);
        assert!(readings > 4, "{readings} readings");
    }
}
