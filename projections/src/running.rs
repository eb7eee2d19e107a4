//! A projection that runs, and what one can ask of it.

use std::{fmt, time::Duration};

use annals_core::Position;
use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
};

use crate::{
    status::{Phase, Status},
    waiting::{WaitError, Waiting},
};

/// A projection that runs in a task of its own. Dropping this stops it, once its batch is done.
pub struct Running {
    waiting: Waiting,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
    stall: Duration,
}

impl Running {
    pub(crate) fn new(
        waiting: Waiting,
        stop: watch::Sender<bool>,
        status: watch::Receiver<Status>,
        task: JoinHandle<()>,
        stall: Duration,
    ) -> Self {
        Self { waiting, stop, status, task, stall }
    }

    /// Under which name it is known.
    pub fn name(&self) -> &'static str {
        self.waiting.name()
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        let mut status = self.status.borrow().clone();
        let is_silent = status.seen.plus(self.stall) < self.waiting.now();
        if is_silent && status.is_healthy() {
            status.phase = Phase::Stalled;
        }
        status
    }

    /// Waits until everything up to `position` is in the read model, such as what a command has just
    /// recorded: then whoever reads sees it. Whoever works on it, and wherever.
    ///
    /// # Errors
    ///
    /// [`WaitError`]: at once if the projection has halted, is paused or was stopped, or if the event at that
    /// position is set aside.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> Result<(), WaitError> {
        self.waiting.wait_for(position, patience, Some(self.status.clone())).await
    }

    /// Has it finish its batch and stop, and waits until it has.
    ///
    /// # Errors
    ///
    /// [`JoinError`] if the runtime was shut down first.
    pub async fn stop(self) -> Result<Status, JoinError> {
        let Self { stop, status, task, .. } = self;
        // If nobody listens, it has ended already.
        let _ = stop.send(true);
        task.await?;
        let status = status.borrow().clone();
        Ok(status)
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("name", &self.name())
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
