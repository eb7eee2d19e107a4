//! What an application writes to have a read model of its own making.

use std::{error::Error, future::Future, sync::Arc};

use annals_core::{Envelope, Event, ModelTx};

use crate::{build::Build, key::Keyed};

/// Builds a read model from the log, in transactions of the type `Tx`.
pub trait Projection<Tx: ModelTx>: Send + Sync + 'static {
    /// The events that it is built from. All others are left out, also those that are not known here.
    type Event: Event + Send + Sync;

    /// Why an event could not be projected.
    type Error: Into<Box<dyn Error + Send + Sync>> + Send;

    /// Under which it is known: 1 to 255 bytes without control characters. It is stored, so to change it is
    /// to begin anew.
    const NAME: &'static str;

    /// Which of its shapes it has. Raise it whenever the same events would be projected otherwise: then the
    /// new one is built beside the old one and takes its place.
    const VERSION: u32 = 1;

    /// For which key an event is. Where there are several for one event, only the first says who works on it.
    const KEYED: Keyed<Self::Event> = Keyed::ByStream;

    /// Whether it can be built beside itself: then [`begin`](Self::begin) and [`discard`](Self::discard) are
    /// written, and `project` writes to the tables of its [`Build`]. Otherwise a raised version or a request
    /// to rebuild is refused: what is not a read model, or is one of which there is only one, is not fired
    /// again.
    const BESIDE: bool = false;

    /// Makes what a build is written to: tables, empty. Not called again for the same build, once committed.
    fn begin(
        &self,
        build: Build,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send {
        let _ = (build, tx);
        async { Ok(()) }
    }

    /// Writes what an event means for the read model, by `tx` and nothing else: whatever has an effect
    /// elsewhere may happen again, or happen and then not be.
    ///
    /// If it fails or panics, everything that was written since the last checkpoint is taken back, and
    /// it is asked again.
    fn project(
        &self,
        recorded: &Recorded<Self::Event>,
        build: Build,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Removes what a build was written to, which is not read any more or never will be.
    fn discard(
        &self,
        build: Build,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send {
        let _ = (build, tx);
        async { Ok(()) }
    }
}

/// An event with all that is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// What has happened.
    pub event: E,
    /// When and where it was recorded, and what is known beside.
    pub envelope: Arc<Envelope>,
}
