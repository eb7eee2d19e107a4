//! What an application writes to have a read model.

use std::{error::Error, future::Future, sync::Arc};

use annals_core::{Envelope, Event};

/// Builds a read model from the log, in transactions of the type `Tx`.
pub trait Projection<Tx>: Send + Sync + 'static {
    /// The events that it is built from. All others are left out, also those that are not known here.
    type Event: Event + Send + Sync;

    /// Why an event could not be projected.
    type Error: Into<Box<dyn Error + Send + Sync>> + Send;

    /// Under which its checkpoint is kept: 1 to 255 bytes without control characters. It is stored, so
    /// to change it is to build the read model anew.
    const NAME: &'static str;

    /// Writes what an event means for the read model, by `tx` and nothing else: whatever has an effect
    /// elsewhere may happen again, or happen and then not be.
    ///
    /// If it fails or panics, everything that was written since the last checkpoint is taken back, and
    /// it is asked again.
    fn project(
        &self,
        recorded: &Recorded<Self::Event>,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// An event with all that is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// What has happened.
    pub event: E,
    /// When and where it was recorded, and what is known beside.
    pub envelope: Arc<Envelope>,
}
