//! The contract with whoever keeps the log.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::{
    append::{Append, AppendError, Appended},
    envelope::Envelope,
    event::{Event, EventId, EventType},
    position::{Position, Revision},
    store_error::StoreError,
    stream::StreamId,
};

/// An append-only log: many streams, one order over all of them.
///
/// The contract is written as tests, in `annals_testkit::conformance`. In short, the log is
///
/// - **whole**: an append is recorded entirely or not at all, also when its future is dropped;
/// - **optimistic**: an append is refused if a stream is not what it expected;
/// - **idempotent**: the same event ids are never recorded twice;
/// - **ordered**: positions have no gaps, the events of an append stand together, and once position
///   *p* has been read, nothing ever appears at or below *p*.
///
/// Stores move bytes. They know nothing of event types, folds, or projections, and call no code of
/// the application.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Appends events at the end of their streams, all of them or none.
    ///
    /// If all events are recorded already, in the same streams and with nothing between them in the
    /// log, and their streams' expectations allow the streams as they were just before, the answer is
    /// the original one; streams that are only checked are then not checked again. An event is
    /// recognised by its id alone.
    ///
    /// An append without events is held against its expectations and records nothing; a stream that
    /// it names does not come to be.
    ///
    /// # Errors
    ///
    /// [`AppendError::Duplicate`] if an event is recorded already and the above does not hold;
    /// else [`AppendError::Conflict`], naming the first stream that is not as expected. Nothing was
    /// recorded in either case.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the append was recorded whole or not at all, or still will be.
    async fn append(&self, append: &Append) -> Result<Appended, AppendError>;

    /// One stream's events after `after`, oldest first, up to its end when the reading begins: when
    /// it is first polled, or before.
    ///
    /// While it is open it may hold a connection, but keeps no append waiting. After an error it ends.
    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_>;

    /// Every stream's events after `after` that `filter` lets through, in order of position, up to
    /// the head when the reading begins. It may be held open, and ends, as for one stream.
    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_>;

    /// Where in `stream` the event of that id stands; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed. This holds for the readings too, and for waiting.
    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError>;

    /// The head of the log, once it is past `after`: at once if it is, else with the next append.
    ///
    /// It may also resolve early, with a head that is not past `after`, but then not at once every
    /// time: a reader that asks in a loop must not spin.
    ///
    /// # Cancel safety
    ///
    /// Safe: it changes nothing.
    async fn wait_past(&self, after: Position) -> Result<Position, StoreError>;
}

/// Envelopes as a store reads them, a bounded number at a time. Dropping it ends the reading.
pub type Envelopes<'s> = BoxStream<'s, Result<Arc<Envelope>, StoreError>>;

/// Which events of the log a reader wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Filter {
    /// All of them.
    #[default]
    All,
    /// Those of these types.
    Types(Arc<BTreeSet<EventType>>),
}

impl Filter {
    /// The events that `E` can decode.
    ///
    /// # Panics
    ///
    /// If `E` was not derived, and one of its [`NAMES`](Event::NAMES) is none that a store would keep.
    pub fn of<E: Event>() -> Self {
        E::NAMES.iter().map(|name| EventType::new(name)).collect()
    }

    /// Whether events of that type pass.
    pub fn allows(&self, event_type: &EventType) -> bool {
        match self {
            Self::All => true,
            Self::Types(types) => types.contains(event_type),
        }
    }
}

impl FromIterator<EventType> for Filter {
    fn from_iter<I: IntoIterator<Item = EventType>>(types: I) -> Self {
        Self::Types(Arc::new(types.into_iter().collect()))
    }
}
