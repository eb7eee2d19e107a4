//! Reading a log from its start to its end, while a bar shows how far it is.

use annals::{Envelope, Filter, Position, StoreError};
use futures::TryStreamExt;

use crate::{screen::Screen, store::Store};

/// How many events go by between two looks at the bar.
const STEP: u64 = 256;

/// Shows every event that `filter` lets through to `see`.
pub(crate) async fn scan(
    store: &Store,
    screen: &Screen,
    filter: Filter,
    mut see: impl FnMut(&Envelope),
) -> Result<(), StoreError> {
    let head = store.head().await?;
    let bar = screen.bar("reading the log", places(head), false);
    let read = async {
        let mut events = store.annals.store().read_log(Position::START, filter);
        let mut seen = 0_u64;
        while let Some(envelope) = events.try_next().await? {
            see(&envelope);
            seen += 1;
            if seen.is_multiple_of(STEP) {
                bar.set_position(places(envelope.position));
                // Whoever interrupts is heard, also where nothing has to be waited for.
                tokio::task::yield_now().await;
            }
        }
        Ok::<_, StoreError>(())
    };
    let read = read.await;
    bar.finish_and_clear();
    read
}

/// A position as a bar has it.
pub(crate) fn places(position: Position) -> u64 {
    position.get().unsigned_abs()
}
