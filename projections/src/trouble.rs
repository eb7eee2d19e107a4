//! What keeps a projection from going on.

use std::{error::Error, sync::Arc};

use annals_core::{Position, StoreError, StoreErrorKind};

/// Why a run from the checkpoint on came to an end.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// It may go by itself.
    Passing(Halted),
    /// Something about one place in the log: it may be the fault of what is there, or not for long. With the
    /// key that it is about, if that is known.
    At(Halted, Option<String>),
    /// Only a person can help.
    Lasting(Halted),
    /// Somebody else works on it now.
    Lost,
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

    /// More events would have to be set aside than may be. Mend what they fail with, and replay them; or
    /// discard them.
    #[error("{limit} events are set aside, and there may be no more")]
    TooManyParked {
        /// How many there may be.
        limit: u64,
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

    /// This program has an older version of it than is read by now. Nothing is done with it here.
    #[error("version {live} is in use, and this program has version {version}")]
    Outdated {
        /// The version in use.
        live: u32,
        /// The version of this program.
        version: u32,
    },

    /// Its version was raised, or it was to be rebuilt, and it does not say how it is built beside itself.
    #[error(
        "version {live} is in use and this program has version {version}, which cannot be built beside it"
    )]
    NotBeside {
        /// The version in use.
        live: u32,
        /// The version of this program.
        version: u32,
    },

    /// Its version was raised, and the build of that was given up. What is in use stays, and this program does
    /// nothing with it, until somebody asks for it to be rebuilt or the version is raised again.
    #[error(
        "version {live} is in use, and the build of version {version} was given up: it is begun anew when it is \
         asked for"
    )]
    GivenUp {
        /// The version in use.
        live: u32,
        /// The version of this program.
        version: u32,
    },

    /// Its task ended without a word: its runtime was shut down, or something panicked that is not the
    /// projection's way to project.
    #[error("the task of the projection was cut short")]
    Cut,

    /// Another process said so, of the share that it works on.
    #[error("it has halted in another process: {why}")]
    Elsewhere {
        /// What it said.
        why: String,
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

impl Trouble {
    /// An event could not be projected.
    pub(crate) fn at(
        position: Position,
        key: Option<String>,
        error: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::At(Halted::Failed { position, source: error.into().into() }, key)
    }
}
