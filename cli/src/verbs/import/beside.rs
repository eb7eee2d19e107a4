//! Lines that are in the log already, compared with what the log has in their places.

use annals::{Envelopes, Filter, Position, StoreErrorKind};
use futures::TryStreamExt;

use super::wrong;
use crate::{
    events::Exported,
    failure::{Failure, chain},
    store::Store,
};

/// How many lines go by until somebody who interrupts is heard.
const STEP: u64 = 256;

/// The log, read alongside: one event for each line, so that its memory is bounded.
pub(super) struct Beside<'s> {
    events: Envelopes<'s>,
    compared: u64,
}

impl<'s> Beside<'s> {
    pub(super) fn after(after: Position, store: &'s Store) -> Self {
        Self { events: store.annals.store().read_log(after, Filter::All), compared: 0 }
    }

    /// That the next event of the log is the one in this line.
    pub(super) async fn compare(&mut self, number: u64, event: &Exported) -> Result<(), Failure> {
        self.compared += 1;
        if self.compared.is_multiple_of(STEP) {
            tokio::task::yield_now().await;
        }
        let there = match self.events.try_next().await {
            Ok(there) => there,
            // The line is fine, and cannot be compared.
            Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                let why = format!(
                    "the log cannot be read there, `annals verify` says more: {}",
                    chain(&error)
                );
                return Err(wrong(number, why));
            }
            Err(error) => return Err(error.into()),
        };
        if there.is_some_and(|there| Exported::of(&there) == *event) {
            return Ok(());
        }
        let why = format!(
            "the log has another event at position {}: it is of another history",
            event.position
        );
        Err(wrong(number, why))
    }
}
