//! Commands that were executed before, recognised by their idempotency key.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use crate::{
    append::Append,
    envelope::Envelope,
    event::{Event, EventId},
    fold::Aggregate,
    load::{decode, fold_on},
    panic::guarded,
    payload::Payload,
    position::Revision,
    store_error::{StoreError, StoreErrorKind},
    stream::StreamId,
    writer::Writer,
};

use super::{Committed, ExecuteError, Pending, Refusal, run::Run};

impl<A: Aggregate> Run<'_, A> {
    /// Answers a command of which the first event was recorded before, at that revision: with the
    /// original answer, or not at all if it was another command that had the key.
    pub(super) async fn repeat(&mut self, mut pending: Pending<A>, recorded: Revision) {
        match self.original(&mut pending, recorded).await {
            Ok(committed) => {
                self.writer.counters.repeats.increment();
                pending.commit(committed);
            }
            Err(refusal) => pending.refuse(refusal),
        }
    }

    /// The answer to the command when it was recorded. The state is folded from the first event, so
    /// this costs as much as the stream is long.
    async fn original(
        &mut self,
        pending: &mut Pending<A>,
        recorded: Revision,
    ) -> Result<Committed<A>, Refusal> {
        let Some(key) = pending.options().idempotency_key.clone() else {
            let message = format!("an event of this command is in {} already", self.stream);
            return Err(StoreError::new(StoreErrorKind::Invalid, message).into());
        };
        let (writer, stream) = (self.writer, self.stream);
        let loading = || writer.load_before::<A>(stream, recorded);
        let before = writer.persistently(loading).await?;
        let reading = || writer.originals(stream, &key, recorded);
        let originals = writer.persistently(reading).await?;
        let again = futures::stream::iter(originals.clone().into_iter().map(Ok)).boxed();
        let folded = fold_on(before.clone(), again).await?;

        let decoding = || originals.iter().map(|envelope| decode(envelope)).collect();
        let events: Vec<A::Event> = guarded::<Result<_, StoreError>>(decoding)??;
        // The same command on the same state leads to the same events, or it is not the same.
        let decided = pending.decide(before.state())?.unwrap_or_default();
        let is_repeat = guarded(|| {
            let mut events = decided.iter().zip(&originals).zip(&events);
            decided.len() == originals.len()
                && events.all(|((decided, original), event)| is_same(decided, original, event))
        })?;
        match is_repeat {
            true => Ok(Committed { folded, events, repeat: true }),
            false => Err(ExecuteError::KeyReused { stream: stream.clone(), key }),
        }
    }
}

impl Writer {
    /// The events from revision `first` on whose ids follow from `key`.
    async fn originals(
        &self,
        stream: &StreamId,
        key: &str,
        first: Revision,
    ) -> Result<Vec<Arc<Envelope>>, StoreError> {
        let mut originals = Vec::new();
        let mut events = self.store.read_stream(stream, first.minus(1));
        while let Some(envelope) = events.try_next().await?
            && envelope.id == EventId::keyed(stream, key, originals.len())
        {
            originals.push(envelope);
        }
        Ok(originals)
    }

    /// Whether the events of `append` are what is recorded in the stream after that revision.
    pub(super) async fn has_recorded(
        &self,
        stream: &StreamId,
        after: Revision,
        append: &Append,
    ) -> Result<bool, StoreError> {
        let mut recorded = self.store.read_stream(stream, after);
        for event in append.events() {
            let is_recorded = recorded.try_next().await?.is_some_and(|recorded| {
                recorded.id == event.id()
                    && recorded.event_type == *event.event_type()
                    && recorded.schema_version == event.schema_version()
                    && is_same_content(&recorded.payload, event.payload())
            });
            if !is_recorded {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether `decided` is what was recorded: as it was then, or, if its name or version has changed
/// since, as `event`, which is how it is read now.
fn is_same<E: Event>(decided: &E, recorded: &Envelope, event: &E) -> bool {
    let Ok(payload) = decided.encode() else {
        return false;
    };
    let event_type = decided.event_type();
    if event_type == recorded.event_type && decided.schema_version() == recorded.schema_version {
        return is_same_content(&payload, &recorded.payload);
    }
    let now = event.encode();
    event_type == event.event_type() && now.is_ok_and(|now| is_same_content(&payload, &now))
}

/// Whether two payloads say the same. A map may be written in another order each time: then they are
/// the same JSON, and the same bytes in another order.
fn is_same_content(this: &Payload, that: &Payload) -> bool {
    let json = |payload: &Payload| serde_json::from_slice::<Value>(payload.as_bytes()).ok();
    // The bytes tell numbers apart which JSON values are too small for.
    let sorted = |payload: &Payload| {
        let mut bytes = payload.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    this == that
        || sorted(this) == sorted(that)
            && json(this).is_some_and(|this| json(that).is_some_and(|that| this == that))
}
