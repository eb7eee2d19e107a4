//! What is recorded, and when more of it may be: the contract of a store, without concurrency.

use std::{collections::HashMap, ops::Range, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, Conflict, Envelope, EventId, Last, NewEvent, Position, Revision,
    StreamAppend, StreamId, Timestamp,
};

/// All that was ever appended. The two indexes share its envelopes.
#[derive(Default)]
pub(crate) struct Log {
    /// In order of position: the event at position *p* has *p* − 1 before it.
    events: Vec<Arc<Envelope>>,
    /// Each stream's events, in order of revision.
    streams: HashMap<StreamId, Vec<Arc<Envelope>>>,
    ids: HashMap<EventId, Arc<Envelope>>,
}

impl Log {
    /// Records `append`, unless it was recorded before or something speaks against it.
    pub(crate) fn append(
        &mut self,
        append: &Append,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        if let Some(id) = append.events().map(NewEvent::id).find(|id| self.ids.contains_key(id)) {
            return self.original_answer(append).ok_or_else(|| self.duplicate(id));
        }
        self.check(append)?;

        let mut position = Position::START;
        for StreamAppend { stream, events, .. } in append.streams() {
            for event in events {
                position = self.record(stream, event, now);
            }
        }
        let revisions = append.streams().iter().map(|part| self.revision(&part.stream)).collect();
        Ok(Appended { revisions, position, recorded_at: now, repeated: false })
    }

    /// How far a stream is.
    pub(crate) fn revision(&self, stream: &StreamId) -> Revision {
        Revision::START.plus(self.streams.get(stream).map_or(0, Vec::len))
    }

    /// How far a stream was when the log ended at `head`.
    pub(crate) fn revision_at(&self, stream: &StreamId, head: Position) -> Revision {
        let events = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        Revision::START.plus(events.partition_point(|event| event.position <= head))
    }

    /// What a stream ended with when it was that far.
    fn last(&self, stream: &StreamId, revision: Revision) -> Option<Last> {
        let until = self.stream(stream, revision.minus(1), revision);
        until.last().map(|event| Last::of(event))
    }

    /// The last position there is.
    pub(crate) fn head(&self) -> Position {
        Position::START.plus(self.events.len())
    }

    /// The event of that id, if it is in `stream`.
    pub(crate) fn locate(&self, stream: &StreamId, id: EventId) -> Option<&Arc<Envelope>> {
        self.ids.get(&id).filter(|event| event.stream == *stream)
    }

    /// A stream's events after one revision, up to and with another.
    pub(crate) fn stream(
        &self,
        stream: &StreamId,
        after: Revision,
        end: Revision,
    ) -> &[Arc<Envelope>] {
        self.streams.get(stream).map_or(&[], |events| between(events, after.get(), end.get()))
    }

    /// All events after one position, up to and with another.
    pub(crate) fn events(&self, after: Position, end: Position) -> &[Arc<Envelope>] {
        between(&self.events, after.get(), end.get())
    }

    /// Takes back all that was appended after a position, as if it had never been.
    pub(crate) fn take_back(&mut self, after: Position) {
        let kept = self.events(Position::START, after).len();
        for event in self.events.drain(kept..) {
            self.ids.remove(&event.id);
            if let Some(stream) = self.streams.get_mut(&event.stream) {
                stream.pop();
            }
        }
    }

    /// Whether every stream is as expected.
    fn check(&self, append: &Append) -> Result<(), Conflict> {
        for StreamAppend { stream, expected, .. } in append.streams() {
            let last = self.last(stream, self.revision(stream));
            if !expected.allows(last) {
                let (stream, expected, actual) =
                    (stream.clone(), *expected, Last::revision_of(last));
                return Err(Conflict { stream, expected, actual });
            }
        }
        Ok(())
    }

    fn record(&mut self, stream: &StreamId, event: &NewEvent, recorded_at: Timestamp) -> Position {
        let envelope = Arc::new(Envelope {
            id: event.id(),
            stream: stream.clone(),
            revision: self.revision(stream).plus(1),
            position: self.head().plus(1),
            event_type: event.event_type().clone(),
            schema_version: event.schema_version(),
            payload: event.payload().clone(),
            recorded_at,
            metadata: Arc::clone(event.metadata()),
        });
        self.events.push(Arc::clone(&envelope));
        self.ids.insert(envelope.id, Arc::clone(&envelope));
        let position = envelope.position;
        self.streams.entry(stream.clone()).or_default().push(envelope);
        position
    }

    /// The answer that `append` got when it was recorded; `None` if it never was, as it is here.
    fn original_answer(&self, append: &Append) -> Option<Appended> {
        let before = self.ids.get(&append.events().next()?.id())?.position.minus(1);
        let end = before.plus(append.events().count());
        let recorded = self.events(before, end).iter().map(|event| (&event.stream, event.id));
        let asked = append.streams().iter().flat_map(|StreamAppend { stream, events, .. }| {
            events.iter().map(move |event| (stream, event.id()))
        });
        if !recorded.eq(asked) {
            return None;
        }
        let revision = |part: &StreamAppend| {
            let Some(first) = part.events.first() else {
                return Some(self.revision(&part.stream)); // Only checked, and that was then.
            };
            let before = self.locate(&part.stream, first.id())?.revision.minus(1);
            let held = part.expected.allows(self.last(&part.stream, before));
            held.then(|| before.plus(part.events.len()))
        };
        let revisions: Option<_> = append.streams().iter().map(revision).collect();
        let recorded_at = self.events(before, end).last()?.recorded_at;
        Some(Appended { revisions: revisions?, position: end, recorded_at, repeated: true })
    }

    /// What to say of an append of which event `id` is recorded, but not all as it was asked.
    fn duplicate(&self, id: EventId) -> AppendError {
        let Envelope { stream, revision, .. } = &*self.ids[&id];
        AppendError::Duplicate { id, stream: stream.clone(), revision: *revision }
    }
}

/// The events that come after the first `after` of them, up to the first `end`.
fn between(events: &[Arc<Envelope>], after: i64, end: i64) -> &[Arc<Envelope>] {
    let index = |count: i64| usize::try_from(count).unwrap_or(usize::MAX).min(events.len());
    let Range { start, end } = index(after)..index(end);
    events.get(start..end).unwrap_or_default()
}
