//! The contract of the log, in the simplest words: one list, searched from end to end.

use std::{iter::repeat, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, Conflict, Envelope, EventId, Filter, Last, NewEvent, Position,
    Revision, StreamAppend, StreamId, Timestamp,
};

/// What an [`EventStore`](annals_core::EventStore) must agree with, whatever is asked of it.
///
/// It knows no time: everything in it was recorded in 1970.
#[derive(Debug, Clone, Default)]
pub struct Model {
    log: Vec<Arc<Envelope>>,
}

impl Model {
    /// Records the events of `append`, all or none.
    ///
    /// # Errors
    ///
    /// As [`EventStore::append`](annals_core::EventStore::append), except that a model never fails.
    pub fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        if let Some(recorded) = append.events().find_map(|event| self.find(event.id())) {
            return self.repeated(append).ok_or_else(|| AppendError::Duplicate {
                id: recorded.id,
                stream: recorded.stream.clone(),
                revision: recorded.revision,
            });
        }
        for StreamAppend { stream, expected, .. } in append.streams() {
            let last = self.last(stream, self.revision(stream));
            if !expected.allows(last) {
                let actual = Last::revision_of(last);
                return Err(Conflict { stream: stream.clone(), expected: *expected, actual }.into());
            }
        }
        for StreamAppend { stream, events, .. } in append.streams() {
            events.iter().for_each(|event| self.record(stream, event));
        }
        let revisions = append.streams().iter().map(|part| self.revision(&part.stream)).collect();
        let position = match append.events().next() {
            Some(_) => self.head(),
            None => Position::START,
        };
        let recorded_at = Timestamp::UNIX_EPOCH;
        Ok(Appended { revisions, position, recorded_at, repeated: false })
    }

    /// The events of `stream` after `after`, oldest first.
    pub fn read_stream(
        &self,
        stream: &StreamId,
        after: Revision,
    ) -> impl Iterator<Item = &Arc<Envelope>> {
        self.log.iter().filter(move |event| event.stream == *stream && event.revision > after)
    }

    /// The events of all streams after `after` that `filter` lets through, in order of position.
    pub fn read_log(
        &self,
        after: Position,
        filter: &Filter,
    ) -> impl Iterator<Item = &Arc<Envelope>> {
        self.log.iter().filter(move |e| e.position > after && filter.allows(&e.event_type))
    }

    /// Where in `stream` the event of that id stands.
    pub fn locate(&self, stream: &StreamId, id: EventId) -> Option<Revision> {
        self.find(id).filter(|event| event.stream == *stream).map(|event| event.revision)
    }

    /// How far `stream` is.
    pub fn revision(&self, stream: &StreamId) -> Revision {
        self.read_stream(stream, Revision::START).last().map_or(Revision::START, |e| e.revision)
    }

    /// How far the log is.
    pub fn head(&self) -> Position {
        Position::START.plus(self.log.len())
    }

    /// The answer to an append that is recorded already: all of it, one event after the other in the
    /// log, and where it was expected. `None` if it is not.
    fn repeated(&self, append: &Append) -> Option<Appended> {
        let mut position = self.find(append.events().next()?.id())?.position.minus(1);
        let mut revisions = Vec::new();

        for StreamAppend { stream, expected, events } in append.streams() {
            // Of a stream that is only checked, where it is now; its expectation was for then.
            let mut revision = self.revision(stream);
            for (event, is_first) in events.iter().zip([true].into_iter().chain(repeat(false))) {
                let recorded = self.find(event.id())?;
                let before = self.last(stream, recorded.revision.minus(1));
                if is_first && !expected.allows(before) {
                    return None;
                }
                position = position.plus(1);
                if recorded.stream != *stream || recorded.position != position {
                    return None;
                }
                revision = recorded.revision;
            }
            revisions.push(revision);
        }
        let recorded_at = Timestamp::UNIX_EPOCH;
        Some(Appended { revisions, position, recorded_at, repeated: true })
    }

    /// What `stream` ended with when it was that far.
    fn last(&self, stream: &StreamId, revision: Revision) -> Option<Last> {
        let at = |event: &&Arc<Envelope>| event.revision == revision;
        self.read_stream(stream, Revision::START).find(at).map(|event| Last::of(event))
    }

    fn find(&self, id: EventId) -> Option<&Arc<Envelope>> {
        self.log.iter().find(|event| event.id == id)
    }

    fn record(&mut self, stream: &StreamId, event: &NewEvent) {
        self.log.push(Arc::new(Envelope {
            id: event.id(),
            stream: stream.clone(),
            revision: self.revision(stream).plus(1),
            position: self.head().plus(1),
            event_type: event.event_type().clone(),
            schema_version: event.schema_version(),
            payload: event.payload().clone(),
            recorded_at: Timestamp::UNIX_EPOCH,
            metadata: event.metadata().clone(),
        }));
    }
}
