//! Following the log: catching up and following live are the same loop.

use std::future::ready;

use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    position::Position,
    store::{Envelopes, EventStore, Filter},
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
    stream::try_unfold(after, move |after| {
        let filter = filter.clone();
        async move {
            // Everything at or below the head can be read now, and nothing will appear there later.
            let head = store.wait_past(after).await?;
            let events = store
                .read_log(after, filter)
                .try_take_while(move |envelope| ready(Ok(envelope.position <= head)));
            Ok(Some((events, head.max(after))))
        }
    })
    .try_flatten()
    .boxed()
}
