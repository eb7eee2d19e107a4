//! Commands that were executed before, recognised by their idempotency key.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use crate::{
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
        let before = writer.persistently(&mut self.attempts, loading).await?;
        let reading = || writer.originals(stream, &key, recorded);
        let originals = writer.persistently(&mut self.attempts, reading).await?;
        let again = futures::stream::iter(originals.clone().into_iter().map(Ok)).boxed();
        let folded = fold_on(before.clone(), again).await?;

        let decoding = || originals.iter().map(|envelope| decode(envelope)).collect();
        let events: Vec<A::Event> = guarded::<Result<_, StoreError>>(decoding)??;
        // The same command on the same state leads to the same events, or it is not the same.
        let decided = pending.decide(before.state())?;
        let is_same =
            decided.is_some_and(|decided| guarded(|| same(&decided, &events)) == Ok(true));
        match is_same {
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
}

/// Whether two lists of events would be recorded with the same content.
fn same<E: Event>(these: &[E], those: &[E]) -> bool {
    these.len() == those.len() && these.iter().zip(those).all(|(this, that)| same_event(this, that))
}

fn same_event<E: Event>(this: &E, that: &E) -> bool {
    let (Ok(this_payload), Ok(that_payload)) = (this.encode(), that.encode()) else {
        return false;
    };
    // A map may be written in another order each time; as a JSON value it is the same.
    let as_json = |payload: &Payload| serde_json::from_slice::<Value>(payload.as_bytes()).ok();
    this.event_type() == that.event_type()
        && (this_payload == that_payload
            || as_json(&this_payload).is_some_and(|this| as_json(&that_payload) == Some(this)))
}
