//! Following the log: catching up and following live are the same loop.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    envelope::Envelope,
    position::Position,
    store::{Envelopes, EventStore, Filter},
    store_error::StoreError,
};

/// Every event after `after` that `filter` lets through, in order of position: those there are, and
/// then those to come. It ends only with an error; to resume, subscribe after what you last saw.
///
/// Events are read as the stream is polled, so a slow reader holds no more than the store's own
/// bounded buffer. Dropping it loses nothing.
///
/// ```
/// # use annals_core::{EventStore, Filter, Position, StoreError, subscribe};
/// # use futures::TryStreamExt;
/// # async fn follow(store: &dyn EventStore) -> Result<(), StoreError> {
/// let mut events = subscribe(store, Position::START, Filter::All);
/// while let Some(envelope) = events.try_next().await? {
///     println!("{}: {}", envelope.position, envelope.event_type);
/// }
/// # Ok(()) }
/// ```
pub fn subscribe(store: &dyn EventStore, after: Position, filter: Filter) -> Envelopes<'_> {
    let following = Following { store, filter, after, head: after, reading: None };
    stream::try_unfold(following, |mut following| async move {
        let envelope = following.next().await?;
        Ok(Some((envelope, following)))
    })
    .boxed()
}

/// A reader of the log, on its way.
struct Following<'s> {
    store: &'s dyn EventStore,
    filter: Filter,
    /// Nothing up to here is wanted any more.
    after: Position,
    /// Everything up to here could be read when the reading began.
    head: Position,
    reading: Option<Envelopes<'s>>,
}

impl Following<'_> {
    async fn next(&mut self) -> Result<Arc<Envelope>, StoreError> {
        loop {
            if let Some(reading) = &mut self.reading {
                if let Some(envelope) = reading.try_next().await? {
                    self.after = envelope.position;
                    return Ok(envelope);
                }
                // Nothing will appear at or below the head later, so what was not in the reading
                // need not be looked for again.
                self.after = self.after.max(self.head);
                self.reading = None;
            }
            self.head = self.store.wait_past(self.after).await?;
            self.reading = Some(self.store.read_log(self.after, self.filter.clone()));
        }
    }
}
