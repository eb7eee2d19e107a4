//! A projection that runs, and what one can ask of it.

use std::time::Duration;

use annals_core::Position;
use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
    time::timeout,
};

use crate::{
    status::{Phase, Status},
    trouble::Halted,
};

/// A projection that runs in a task of its own. Dropping this stops it, once its batch is done.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    task: JoinHandle<()>,
}

/// Why something is not in the read model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Not yet.
    #[error("{name} is at position {position}, and was not at {wanted} within {timeout:?}")]
    TimedOut {
        /// The projection.
        name: &'static str,
        /// How far it is.
        position: Position,
        /// How far it should be.
        wanted: Position,
        /// For how long it was waited for.
        timeout: Duration,
    },

    /// And will not be, unless somebody does something.
    #[error("{name} has halted")]
    Halted {
        /// The projection.
        name: &'static str,
        /// Why it does not go on.
        source: Halted,
    },

    /// And will not be, by this runner.
    #[error("{name} was stopped")]
    Stopped {
        /// The projection.
        name: &'static str,
    },
}

impl Running {
    pub(crate) fn new(
        name: &'static str,
        stop: watch::Sender<bool>,
        status: watch::Receiver<Status>,
        task: JoinHandle<()>,
    ) -> Self {
        Self { name, stop, status, task }
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Waits until everything up to `position` is in the read model, such as what a command has just
    /// recorded: then whoever reads sees it.
    ///
    /// # Errors
    ///
    /// [`WaitError`], at once if the projection has halted or was stopped.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> Result<(), WaitError> {
        let name = self.name;
        let mut status = self.status.clone();
        let is_over = |status: &Status| {
            let is_over = matches!(status.phase, Phase::Halted(_) | Phase::Stopped);
            status.position >= position || is_over
        };
        let waited = timeout(patience, status.wait_for(is_over)).await;
        let status = match waited {
            Ok(Ok(status)) => status.clone(),
            // Its task is gone, and has said nothing.
            Ok(Err(_)) => return Err(WaitError::Stopped { name }),
            Err(_) => {
                let (wanted, position) = (position, self.status.borrow().position);
                return Err(WaitError::TimedOut { name, position, wanted, timeout: patience });
            }
        };
        match status.phase {
            _ if status.position >= position => Ok(()),
            Phase::Halted(source) => Err(WaitError::Halted { name, source }),
            _ => Err(WaitError::Stopped { name }),
        }
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
