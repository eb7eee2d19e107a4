//! What keeps a projection from going on.

use std::{error::Error, sync::Arc};

use annals_core::{AdvanceError, Position, StoreError, StoreErrorKind};

/// Why a run from the checkpoint on came to an end.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It may go by itself.
    Passing(Halted),
    /// Something about one place in the log: it may be the fault of what is there, or not for long.
    At(Halted),
    /// Only a person can help.
    Lasting(Halted),
}

/// Why a projection does not go on.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Halted {
    /// An event could not be projected, however often it was tried.
    #[error("the event at position {position} cannot be projected")]
    Failed {
        /// Where it stands. Everything before it is in the read model.
        position: Position,
        /// What the projection said, last.
        source: Arc<dyn Error + Send + Sync>,
    },

    /// The log, or the place where the read model is kept, failed.
    #[error("the log or the read model cannot be used")]
    Store(#[source] StoreError),

    /// The log is not the one that the read model was built from: it was restored to an earlier state, or
    /// it is another one. Rebuild the read model from this log, or restore the one it was built from.
    #[error(
        "the log has another event at position {position} than the read model was built from, or none: \
         it was restored to an earlier state, or is another log; rebuild the read model from it"
    )]
    Forked {
        /// How far the read model is.
        position: Position,
    },

    /// Its task ended without a word: its runtime was shut down, or something panicked that is not the
    /// projection's way to project.
    #[error("the task of the projection was cut short")]
    Cut,

    /// Another runner has taken this projection over. The one that says so begins again from where the
    /// other one is.
    #[error("another runner has moved the checkpoint to position {actual}")]
    Superseded {
        /// Where the checkpoint is.
        actual: Position,
    },
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::Unavailable => Self::Passing(Halted::Store(error)),
            _ => Self::Lasting(Halted::Store(error)),
        }
    }
}

impl From<AdvanceError> for Trouble {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::Superseded { actual, .. } => Self::Passing(Halted::Superseded { actual }),
            AdvanceError::Store(error) => error.into(),
            other => Self::Lasting(Halted::Store(StoreError::because(
                StoreErrorKind::Invalid,
                "the checkpoint cannot be moved",
                other,
            ))),
        }
    }
}

impl Trouble {
    /// An event could not be projected.
    pub(crate) fn at(position: Position, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::At(Halted::Failed { position, source: error.into().into() })
    }
}
