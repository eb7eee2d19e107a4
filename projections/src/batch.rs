//! Events that are projected in one transaction.

use std::sync::Arc;

use annals_core::{Envelope, Envelopes, StoreError};
use futures::StreamExt;

use crate::settings::RunnerSettings;

/// Takes from a reading as many events as go together: at least one, unless it has ended. What comes after
/// an error is not asked for; what came before it is there to be projected first.
pub(crate) async fn next_batch(
    reading: &mut Envelopes<'_>,
    settings: &RunnerSettings,
) -> (Vec<Arc<Envelope>>, Result<(), StoreError>) {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < settings.batch_events.max(1) && bytes < settings.batch_bytes {
        match reading.next().await {
            Some(Ok(envelope)) => {
                bytes += envelope.payload.len();
                batch.push(envelope);
            }
            Some(Err(error)) => return (batch, Err(error)),
            None => break,
        }
    }
    (batch, Ok(()))
}
