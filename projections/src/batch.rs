//! Events that are projected in one transaction.

use std::sync::Arc;

use annals_core::{Envelope, Envelopes, StoreError};
use futures::StreamExt;

use crate::settings::RunnerSettings;

/// Whether there is more to read behind a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    More,
    Nothing,
}

/// Takes from a reading as many events as go together: at least one, unless it has ended. What comes after
/// an error is not asked for; what came before it is there to be projected first.
pub(crate) async fn next_batch(
    reading: &mut Envelopes<'_>,
    settings: &RunnerSettings,
) -> (Vec<Arc<Envelope>>, Result<Behind, StoreError>) {
    let RunnerSettings { batch_events, batch_bytes, .. } = *settings;
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.is_empty() || (batch.len() < batch_events && bytes < batch_bytes) {
        match reading.next().await {
            Some(Ok(envelope)) => {
                bytes += envelope.payload.len();
                batch.push(envelope);
            }
            Some(Err(error)) => return (batch, Err(error)),
            None => return (batch, Ok(Behind::Nothing)),
        }
    }
    (batch, Ok(Behind::More))
}
