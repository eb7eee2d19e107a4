//! Several projections that run.

use std::time::Duration;

use annals_core::Position;
use tokio::task::JoinError;

use crate::{running::Running, status::Status, waiting::WaitError};

/// Several projections that run, fed from one reading of the log where they are near each other. Dropping this
/// stops them all, each once its batch is done.
#[derive(Debug)]
#[must_use = "dropping it stops them"]
pub struct Runs(Vec<Running>);

impl Runs {
    pub(crate) fn new(runs: Vec<Running>) -> Self {
        Self(runs)
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&Running> {
        self.0.iter().find(|running| running.name() == name)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Running> {
        self.0.iter()
    }

    /// Whether all is well with all of them.
    pub fn is_healthy(&self) -> bool {
        self.iter().all(|running| running.status().is_healthy())
    }

    /// Waits until everything up to `position` is in all of these read models.
    ///
    /// # Errors
    ///
    /// [`WaitError`], as of the first of which that cannot be said.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> Result<(), WaitError> {
        let waiting = self.iter().map(|running| running.wait_for(position, patience));
        futures::future::try_join_all(waiting).await.map(|_| ())
    }

    /// Has all of them finish their batches and stop, and waits until they have.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if the runtime was shut down first.
    pub async fn stop(self) -> Result<Vec<Status>, JoinError> {
        futures::future::try_join_all(self.0.into_iter().map(Running::stop)).await
    }
}
