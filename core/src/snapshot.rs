//! Snapshots: shortcuts to a state, which may be missing, old or unreadable without harm.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::Timestamp,
    event::EventId,
    folded::Folded,
    last::Last,
    name::flaw,
    payload::Payload,
    position::{Position, Revision},
    store_error::StoreError,
    stream::StreamId,
};

/// Keeps snapshots. It should not lose one without reason, but if it does, nothing is lost but time.
#[async_trait]
pub trait Snapshots: Send + Sync + 'static {
    /// The snapshot kept under `key`, if there is one.
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, StoreError>;

    /// Keeps `snapshot` under `key`, in place of what was there: also of one that is further, since
    /// that may be of a history that was lost, and an older one costs no more than some folding.
    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError>;
}

/// What a snapshot is kept under: a stream, and the shape of the state.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SnapshotKey {
    /// The stream whose state it is.
    pub stream: StreamId,
    /// The shape's name, as given to [`Snapshotting::of`].
    pub shape: &'static str,
    /// The shape's version, as given to [`Snapshotting::of`].
    pub version: u32,
}

/// A state as it is kept, with the event it was folded up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// How far into the stream the state was folded.
    pub revision: Revision,
    /// Where in the log the last event of it stands.
    pub position: Position,
    /// That last event. If the stream has another in its place, the snapshot is of another history.
    pub last: EventId,
    /// When that was recorded.
    pub recorded_at: Timestamp,
    /// The state.
    pub state: Payload,
}

/// Whether and how often an aggregate's state is kept: the value of
/// [`Aggregate::SNAPSHOTS`](crate::Aggregate::SNAPSHOTS).
pub struct Snapshotting<A> {
    pub(crate) policy: Option<Policy<A>>,
}

/// How states of one shape are written and read.
pub(crate) struct Policy<A> {
    shape: &'static str,
    version: u32,
    every: usize, // At least 1.
    write: fn(&A) -> Result<String, serde_json::Error>,
    read: fn(&[u8]) -> Result<A, serde_json::Error>,
}

impl<A> Snapshotting<A> {
    /// No snapshots: the state is always folded from the first event.
    pub const NEVER: Self = Self { policy: None };

    /// Once at least that many events have been recorded since the last snapshot.
    ///
    /// # Panics
    ///
    /// If `events` is 0. In a `const` this is an error of the compiler.
    #[must_use]
    pub const fn every(mut self, events: usize) -> Self {
        assert!(events > 0, "a snapshot every 0 events: say `Snapshotting::NEVER` for none");
        if let Some(policy) = &mut self.policy {
            policy.every = events;
        }
        self
    }
}

impl<A: Serialize + DeserializeOwned> Snapshotting<A> {
    /// Snapshots of that shape, by default every 100 events.
    ///
    /// Raise `version` whenever a state folded from the same events would come out different: the
    /// type's fields, their serialisation, or what `evolve` does. Snapshots of another shape or
    /// version are not looked at. `shape` tells apart aggregates that share a category.
    ///
    /// # Panics
    ///
    /// If no store would keep `shape`: it is empty, has more than 255 bytes, or has control characters
    /// in it. In a `const` this is an error of the compiler.
    pub const fn of(shape: &'static str, version: u32) -> Self {
        if let Some(flaw) = flaw(shape) {
            panic!("{}", flaw.sentence());
        }
        let write = |state: &A| serde_json::to_string(state);
        let read = |bytes: &[u8]| serde_json::from_slice(bytes);
        Self { policy: Some(Policy { shape, version, every: 100, write, read }) }
    }
}

impl<A> fmt::Debug for Snapshotting<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.policy {
            None => f.write_str("Snapshotting::NEVER"),
            Some(Policy { shape, version, every, .. }) => {
                write!(f, "Snapshotting::of({shape:?}, {version}).every({every})")
            }
        }
    }
}

impl<A> Policy<A> {
    pub(crate) fn key(&self, stream: &StreamId) -> SnapshotKey {
        SnapshotKey { stream: stream.clone(), shape: self.shape, version: self.version }
    }

    /// Whether another snapshot of `folded` is due.
    pub(crate) fn is_due(&self, folded: &Folded<A>) -> bool {
        let since = folded.revision().get() - folded.snapshot.get();
        usize::try_from(since).is_ok_and(|since| since >= self.every)
    }

    /// The snapshot of `folded`, whose last event is `last`.
    pub(crate) fn take(
        &self,
        folded: &Folded<A>,
        last: Last,
    ) -> Result<Snapshot, serde_json::Error> {
        let position = folded.position;
        let Last { revision, id: last, recorded_at } = last;
        let state = (self.write)(&folded.state)?.into();
        Ok(Snapshot { revision, position, last, recorded_at, state })
    }

    /// The state that `snapshot` was taken of.
    pub(crate) fn restore(&self, snapshot: &Snapshot) -> Result<Folded<A>, serde_json::Error> {
        let Snapshot { revision, position, last: id, recorded_at, .. } = *snapshot;
        let state = Arc::new((self.read)(snapshot.state.as_bytes())?);
        let last = Some(Last { revision, id, recorded_at });
        Ok(Folded { state, last, position, snapshot: revision })
    }
}
