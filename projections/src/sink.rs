//! What events end up in: a projection or a view, for the runner the same.

mod of_projection;
mod of_view;

use std::{error::Error, future::Future, sync::Arc};

use annals_core::{Envelope, Event, ModelTx, Position, StoreError, guarded};

use crate::{books::Kind, build::Build, key::Keyed, progress::Progress, projection::Recorded};

pub(crate) use self::{of_projection::OfProjection, of_view::OfView};

/// Where the events of a read model go.
pub(crate) trait Sink: Send + Sync + 'static {
    /// What it takes.
    type Event: Event + Send + Sync;

    /// What is known of it without running it.
    fn traits(&self) -> Traits<Self::Event>;

    /// Makes what that build is written to.
    fn begin(
        &self,
        build: Build,
        tx: &mut dyn ModelTx,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Writes what comes of some parts, in their order. Its own code may fail or panic.
    fn write(
        &self,
        build: Build,
        parts: &[Part<Self::Event>],
        tx: &mut dyn ModelTx,
        progress: &Progress,
    ) -> impl Future<Output = Result<(), Unwritten>> + Send;

    /// Removes what that build was written to.
    fn discard(
        &self,
        build: Build,
        tx: &mut dyn ModelTx,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// That it can write to read models like these.
    fn check(&self, tx: &mut dyn ModelTx) -> Result<(), StoreError>;
}

/// What is known of a sink without running it.
#[derive(Debug)]
pub(crate) struct Traits<E> {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
    pub(crate) kind: Kind,
    pub(crate) keyed: Keyed<E>,
    /// Whether each key of an event is a part of its own.
    pub(crate) is_split_by_key: bool,
    /// Whether it can be built beside itself.
    pub(crate) is_built_beside: bool,
}

/// An event, or as much of it as is for one key.
pub(crate) struct Part<E> {
    pub(crate) recorded: Arc<Recorded<E>>,
    pub(crate) key: String,
}

impl<E> Part<E> {
    pub(crate) fn position(&self) -> Position {
        self.recorded.envelope.position
    }
}

/// Why parts were not written.
pub(crate) enum Unwritten {
    /// Because of that part of them.
    Part { index: usize, source: Box<dyn Error + Send + Sync> },
    /// Because of the store.
    Store(StoreError),
}

impl From<StoreError> for Unwritten {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Why an event cannot be read, and its key, if that is known all the same.
pub(crate) type Unreadable = (Option<String>, Box<dyn Error + Send + Sync>);

/// What an event is for a sink: nothing, if it is not of its types or for nobody.
pub(crate) fn parts_of<E: Event + Send + Sync>(
    traits: &Traits<E>,
    envelope: &Arc<Envelope>,
) -> Result<Vec<Part<E>>, Unreadable> {
    let early = traits.keyed.of_envelope(envelope);
    let decoded = guarded(|| envelope.decode::<E>())
        .map_err(|panicked| (early.clone(), panicked.into()))?
        .map_err(|error| (early.clone(), error.into()))?;
    let Some(event) = decoded else { return Ok(vec![]) };
    let recorded = Arc::new(Recorded { event, envelope: Arc::clone(envelope) });
    if let Some(key) = early {
        return Ok(vec![Part { recorded, key }]);
    }
    let mut keys = guarded(|| traits.keyed.of(&recorded))
        .map_err(|panicked| (None, panicked.into()))?
        .map_err(|invalid| (None, invalid.into()))?;
    if !traits.is_split_by_key {
        keys.truncate(1);
    }
    let part = |key| Part { recorded: Arc::clone(&recorded), key };
    Ok(keys.into_iter().map(part).collect())
}
