//! Where a reader of the log has got to.

use std::future::Future;

use crate::{event::EventId, position::Position, store_error::StoreError};

/// How far a projection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Everything up to here is in the read model. [`Position::START`] if nothing is.
    pub position: Position,
    /// The event at that position, so that a log whose past was changed is noticed; `None` at the
    /// start.
    pub last: Option<EventId>,
}

/// Keeps each projection's checkpoint, in the same transaction as its read model.
///
/// A projection's name is 1 to 255 bytes without control characters. Other names a store may refuse,
/// as [`Invalid`](crate::StoreErrorKind::Invalid).
pub trait Checkpoints: Send + Sync + 'static {
    /// Writes to read models that are not yet committed. Dropping it takes them back.
    type Tx: Send;

    /// The checkpoint kept under `name`: the default one if there is none yet.
    fn load(&self, name: &str) -> impl Future<Output = Result<Checkpoint, StoreError>> + Send;

    /// Begins a transaction.
    fn begin(&self) -> impl Future<Output = Result<Self::Tx, StoreError>> + Send;

    /// Moves the checkpoint on and commits. There is no other way to commit a `Tx`.
    ///
    /// # Errors
    ///
    /// [`AdvanceError::Superseded`] if the checkpoint is not `from`: another runner has this
    /// projection. Nothing was committed.
    fn advance(
        &self,
        tx: Self::Tx,
        name: &str,
        from: Checkpoint,
        to: Checkpoint,
    ) -> impl Future<Output = Result<(), AdvanceError>> + Send;
}

/// Why a checkpoint did not move. Nothing was committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdvanceError {
    /// Another runner has this projection. Stop, or begin again from its checkpoint.
    #[error("the checkpoint of {name}, at position {actual}, is not where this runner left it")]
    Superseded {
        /// The projection.
        name: String,
        /// Where its checkpoint really is.
        actual: Position,
    },

    /// The store failed. If it is unavailable, the checkpoint may have moved all the same: load it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
