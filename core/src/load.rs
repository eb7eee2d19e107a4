//! The state of a stream, from its events.

use std::{
    error::Error,
    future::{Future, ready},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures::{FutureExt, StreamExt, TryStreamExt};

use crate::{
    as_of::AsOf,
    envelope::Envelope,
    event::Event,
    fold::Aggregate,
    folded::Folded,
    last::Last,
    name::InvalidName,
    panic::{Panicked, guarded},
    position::Revision,
    snapshot::{Policy, Snapshot},
    store::Envelopes,
    store_error::StoreError,
    stream::{Stream, StreamId},
    writer::{MayBeUnavailable, Writer},
};

type BoxError = Box<dyn Error + Send + Sync>;

/// Why a state could not be folded.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The stream's name is none that a store would keep.
    #[error(transparent)]
    Name(#[from] InvalidName),

    /// The store failed, or an event could not be read back.
    #[error(transparent)]
    Store(#[from] StoreError),

    /// `evolve`, or the reading of an event, panicked.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl MayBeUnavailable for LoadError {
    fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_unavailable())
    }
}

impl Writer {
    /// The state of a stream as of now: folded on from a snapshot, if there is a good one. A stream
    /// without events has the default state.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if the store is unavailable for longer than [`Retry`](crate::Retry) has
    /// patience, or an event of the stream is of a type that `A` does not know or cannot be read.
    pub async fn load<A: Aggregate>(&self, stream: &Stream<A>) -> Result<Folded<A>, LoadError> {
        let stream = stream.id()?;
        self.persistently(|| self.load_once(stream)).await
    }

    /// The state of a stream as a moment of the past had it, folded from its first event.
    ///
    /// # Errors
    ///
    /// [`LoadError`] as for [`load`](Self::load).
    pub async fn load_as_of<A: Aggregate>(
        &self,
        stream: &Stream<A>,
        as_of: AsOf,
    ) -> Result<Folded<A>, LoadError> {
        let stream = stream.id()?;
        self.persistently(|| self.load_once_as_of(stream, as_of)).await
    }

    async fn load_once_as_of<A: Aggregate>(
        &self,
        stream: &StreamId,
        as_of: AsOf,
    ) -> Result<Folded<A>, LoadError> {
        let mut end = Revision::START;
        let mut events = self.store.read_stream(stream, Revision::START);
        while let Some(event) = events.try_next().await? {
            if as_of.includes(&event) {
                end = event.revision;
            }
        }
        let events = self.store.read_stream(stream, Revision::START);
        let then = events.try_take_while(move |event| ready(Ok(event.revision <= end)));
        fold_on(guarded(Folded::default)?, then.boxed()).await
    }

    /// Whether the aggregate asks for another snapshot of its state to be kept.
    pub fn is_snapshot_due<A: Aggregate>(&self, folded: &Folded<A>) -> bool {
        self.snapshots.is_some() && A::SNAPSHOTS.policy.is_some_and(|policy| policy.is_due(folded))
    }

    /// Takes a snapshot: a future that writes and keeps it, to be run beside whatever comes next. It
    /// never fails; what goes wrong is counted and logged. `None` if none
    /// [is due](Self::is_snapshot_due).
    pub fn take_snapshot<A: Aggregate>(
        &self,
        stream: &StreamId,
        folded: &mut Folded<A>,
    ) -> Option<impl Future<Output = ()> + Send + 'static> {
        let policy = A::SNAPSHOTS.policy.filter(|policy| policy.is_due(folded))?;
        let snapshots = Arc::clone(self.snapshots.as_ref()?);
        let counters = Arc::clone(&self.counters);
        let (key, taken) = (policy.key(stream), folded.clone());
        let last = taken.last?;
        // Also if it then fails: it is due again after as many events, not with each.
        folded.snapshot = folded.revision();

        Some(async move {
            let keeping = async {
                let snapshot = guarded(|| policy.take(&taken, last))??;
                snapshots.save(&key, snapshot).await?;
                Ok::<(), BoxError>(())
            };
            match keeping.await {
                Ok(()) => counters.snapshots_saved.increment(),
                Err(why) => {
                    counters.snapshots_failed.increment();
                    tracing::warn!(stream = %key.stream, why = &*why, "a snapshot was not kept");
                }
            }
        })
    }

    pub(crate) async fn load_once<A: Aggregate>(
        &self,
        stream: &StreamId,
    ) -> Result<Folded<A>, LoadError> {
        if let Some(policy) = A::SNAPSHOTS.policy
            && let Some(snapshot) = self.snapshot(&policy, stream).await
        {
            let restored = guarded(|| policy.restore(&snapshot));
            if let Ok(Ok(restored)) = restored
                && let Some(folded) = self.fold_since(stream, restored).await?
            {
                self.counters.snapshots_used.increment();
                return Ok(folded);
            }
            self.counters.snapshots_ignored.increment();
        }
        let start = guarded(Folded::default)?;
        fold_on(start, self.store.read_stream(stream, Revision::START)).await
    }

    /// `folded`, with what has happened in the stream since; or the state loaded anew, if it was
    /// folded from events that the stream does not have any more.
    pub(crate) async fn catch_up<A: Aggregate>(
        &self,
        stream: &StreamId,
        folded: Folded<A>,
    ) -> Result<Folded<A>, LoadError> {
        match self.fold_since(stream, folded).await? {
            Some(folded) => Ok(folded),
            None => self.load_once(stream).await,
        }
    }

    /// `folded`, with what has happened in the stream since; `None` if it is not of the stream's
    /// history: the log was restored, or a server lost its tail.
    async fn fold_since<A: Aggregate>(
        &self,
        stream: &StreamId,
        folded: Folded<A>,
    ) -> Result<Option<Folded<A>>, LoadError> {
        // The event it was folded up to is read once more, to see that it is there.
        let mut events = self.store.read_stream(stream, folded.revision().minus(1));
        if folded.last.is_some()
            && !events.try_next().await?.is_some_and(|event| folded.ends_with(&event))
        {
            return Ok(None);
        }
        fold_on(folded, events).await.map(Some)
    }

    /// The stream as it was just before its event at `revision`.
    pub(crate) async fn load_before<A: Aggregate>(
        &self,
        stream: &StreamId,
        revision: Revision,
    ) -> Result<Folded<A>, LoadError> {
        let events = self.store.read_stream(stream, Revision::START);
        let before = events.try_take_while(move |event| ready(Ok(event.revision < revision)));
        fold_on(guarded(Folded::default)?, before.boxed()).await
    }

    /// What was kept of the stream; a failure to find out is counted, and the same as nothing.
    async fn snapshot<A>(&self, policy: &Policy<A>, stream: &StreamId) -> Option<Snapshot> {
        let loaded = self.snapshots.as_ref()?.load(&policy.key(stream)).await;
        loaded.unwrap_or_else(|why| {
            self.counters.snapshots_failed.increment();
            let why: &dyn Error = &why;
            tracing::warn!(%stream, why, "no snapshot was loaded");
            None
        })
    }
}

/// `folded`, with `events` taken into account.
///
/// On any failure there is no state at all, so that none can be half folded.
pub(crate) async fn fold_on<A: Aggregate>(
    folded: Folded<A>,
    mut events: Envelopes<'_>,
) -> Result<Folded<A>, LoadError> {
    let folding = async {
        let Some(mut envelope) = events.try_next().await? else {
            return Ok(folded);
        };
        let mut state = Arc::unwrap_or_clone(folded.state);
        loop {
            // Looked at where it is: to move an event takes a good part of the time to decode it.
            let decoded = envelope.decode();
            let Ok(Some(event)) = &decoded else {
                return Err(StoreError::unreadable(&envelope, decoded.err()).into());
            };
            state.evolve(event);
            match events.try_next().await? {
                Some(next) => envelope = next,
                None => break,
            }
        }
        let (state, last) = (Arc::new(state), Some(Last::of(&envelope)));
        Ok(Folded { state, last, position: envelope.position, snapshot: folded.snapshot })
    };
    match AssertUnwindSafe(folding).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(Panicked::of(panic).into()),
    }
}

/// The event in an envelope, for a fold that must see them all.
pub(crate) fn decode<E: Event>(envelope: &Envelope) -> Result<E, StoreError> {
    match envelope.decode() {
        Ok(Some(event)) => Ok(event),
        Ok(None) => Err(StoreError::unreadable(envelope, None)),
        Err(error) => Err(StoreError::unreadable(envelope, Some(error))),
    }
}
