//! Events into the application's own statements, one after the other.

use std::{error::Error, marker::PhantomData, panic::AssertUnwindSafe};

use annals_core::{ModelTx, Panicked, StoreError, StoreErrorKind};
use futures::FutureExt;

use crate::{
    books::Kind,
    build::Build,
    progress::Progress,
    projection::Projection,
    sink::{Part, Sink, Traits, Unwritten},
};

/// A projection, for the runner.
pub(crate) struct OfProjection<P, Tx> {
    projection: P,
    writes: PhantomData<fn(Tx)>,
}

impl<P: Projection<Tx>, Tx: ModelTx> OfProjection<P, Tx> {
    pub(crate) fn new(projection: P) -> Self {
        Self { projection, writes: PhantomData }
    }

    /// The transaction, as the projection knows it.
    fn own(tx: &mut dyn ModelTx) -> Result<&mut Tx, StoreError> {
        tx.as_any().downcast_mut().ok_or_else(|| {
            let wanted = std::any::type_name::<Tx>();
            let message =
                format!("{} writes by `{wanted}`, and its read models are not there", P::NAME);
            StoreError::new(StoreErrorKind::Invalid, message)
        })
    }
}

impl<P: Projection<Tx>, Tx: ModelTx> Sink for OfProjection<P, Tx> {
    type Event = P::Event;

    fn traits(&self) -> Traits<P::Event> {
        Traits {
            name: P::NAME,
            version: P::VERSION,
            keyed: P::KEYED,
            kind: Kind::Projection,
            is_split_by_key: false,
            is_built_beside: P::BESIDE,
        }
    }

    async fn begin(&self, build: Build, tx: &mut dyn ModelTx) -> Result<(), StoreError> {
        tx.lend().await?;
        let begin = self.projection.begin(build, Self::own(tx)?);
        let begun = AssertUnwindSafe(begin).catch_unwind().await;
        let message = "what it is written to cannot be made";
        begun
            .map_err(|payload| failed(message, Panicked::of(payload)))?
            .map_err(|error| failed(message, error))?;
        tx.give_back().await
    }

    async fn write(
        &self,
        build: Build,
        parts: &[Part<P::Event>],
        tx: &mut dyn ModelTx,
        progress: &Progress,
    ) -> Result<(), Unwritten> {
        if parts.is_empty() {
            return Ok(());
        }
        tx.lend().await?;
        let own = Self::own(tx)?;
        for (index, part) in parts.iter().enumerate() {
            let project = async { self.projection.project(&part.recorded, build, own).await };
            let projected = AssertUnwindSafe(project).catch_unwind().await;
            match projected {
                Ok(Ok(())) => progress.made(),
                Ok(Err(error)) => return Err(Unwritten::Part { index, source: error.into() }),
                Err(payload) => {
                    let source = Panicked::of(payload).into();
                    return Err(Unwritten::Part { index, source });
                }
            }
        }
        Ok(tx.give_back().await?)
    }

    async fn discard(&self, build: Build, tx: &mut dyn ModelTx) -> Result<(), StoreError> {
        tx.lend().await?;
        let discard = self.projection.discard(build, Self::own(tx)?);
        let discarded = AssertUnwindSafe(discard).catch_unwind().await;
        let message = "what it was written to cannot be removed";
        discarded
            .map_err(|payload| failed(message, Panicked::of(payload)))?
            .map_err(|error| failed(message, error))?;
        tx.give_back().await
    }

    fn check(&self, tx: &mut dyn ModelTx) -> Result<(), StoreError> {
        Self::own(tx).map(|_| ())
    }
}

/// What the application's statements failed with, of which nobody knows whether it passes: it is tried again.
fn failed(message: &str, error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::because(StoreErrorKind::Unavailable, message, error)
}
