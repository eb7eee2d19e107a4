//! The log behind a lock, and readers that take it a page at a time.

use std::{
    fmt, iter,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelope, Envelopes, EventId, EventStore, Filter,
    Position, Revision, StoreError, StreamId,
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

use crate::{log::Log, read_models::MemoryReadModels};

/// How many events a reader takes at a time: what it holds, and how long it keeps writers waiting.
const PAGE: usize = 128;

/// A log in memory, with read models beside it.
pub struct MemoryStore {
    log: Arc<SharedLog>,
    read_models: MemoryReadModels,
}

/// A log that some append to while others read it.
pub(crate) struct SharedLog {
    /// Behind the head there may be what a transaction has appended and not committed. It is taken back
    /// or committed before anyone else appends.
    log: RwLock<Log>,
    /// Where the log ends for who reads. Sent while the log is locked, so that it never steps back.
    head: watch::Sender<Position>,
    /// Whose turn it is to append.
    turn: Arc<Mutex<()>>,
    clock: Arc<dyn Clock>,
}

/// The turn to append. What is appended in it is taken back when it is dropped, unless it was committed.
pub(crate) struct Appending {
    log: Arc<SharedLog>,
    _turn: OwnedMutexGuard<()>,
}

impl MemoryStore {
    /// An empty log, whose events are recorded at that clock's time.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let log = Arc::new(SharedLog {
            log: RwLock::default(),
            head: watch::Sender::new(Position::START),
            turn: Arc::default(),
            clock: Arc::clone(&clock),
        });
        let read_models = MemoryReadModels::new(Some(Arc::clone(&log)), clock);
        Self { log, read_models }
    }

    /// The read models beside this log, whose transactions can append to it.
    pub fn read_models(&self) -> MemoryReadModels {
        self.read_models.clone()
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let _turn = self.log.turn.lock().await;
        let mut log = self.log.writing();
        let appended = log.append(append, self.log.clock.now())?;
        self.log.publish(&log);
        Ok(appended)
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let end = {
            let log = self.log.reading();
            log.revision_at(stream, self.log.head())
        };
        let (stream, mut after) = (stream.clone(), after);
        pages(move || {
            let next = if after < end { end.min(after.plus(PAGE)) } else { after };
            let page = self.log.reading().stream(&stream, after, next).to_vec();
            after = next;
            page
        })
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let end = self.log.head();
        let mut after = after;
        pages(move || {
            // A page may hold nothing that passes; the reading ends where the log does.
            let mut page = Vec::new();
            while page.is_empty() && after < end {
                let next = end.min(after.plus(PAGE));
                let log = self.log.reading();
                let events = log.events(after, next).iter();
                page.extend(events.filter(|event| filter.allows(&event.event_type)).cloned());
                after = next;
            }
            page
        })
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        let log = self.log.reading();
        let event = log.locate(stream, id).filter(|event| event.position <= self.log.head());
        Ok(event.map(|event| event.revision))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        let mut head = self.log.head.subscribe();
        let head = head.wait_for(|head| *head > after).await;
        Ok(*head.expect("the store has the sender, and is borrowed here"))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("head", &self.log.head()).finish_non_exhaustive()
    }
}

impl SharedLog {
    fn reading(&self) -> RwLockReadGuard<'_, Log> {
        // Only an append could leave it half written, and it panics nowhere after it began to write.
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, Log> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self) -> Position {
        *self.head.borrow()
    }

    /// Has readers see all there is.
    fn publish(&self, log: &Log) {
        self.head.send_if_modified(|head| std::mem::replace(head, log.head()) != log.head());
    }
}

impl Appending {
    /// Waits for the turn. As long as it lasts, every other append waits.
    pub(crate) async fn begin(log: &Arc<SharedLog>) -> Self {
        let turn = Arc::clone(&log.turn).lock_owned().await;
        Self { log: Arc::clone(log), _turn: turn }
    }

    /// Appends, so that nobody sees it yet but who appends in this same turn.
    pub(crate) fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        self.log.writing().append(append, self.log.clock.now())
    }

    /// Has readers see it.
    pub(crate) fn commit(self) {
        self.log.publish(&self.log.writing());
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        self.log.writing().take_back(self.log.head()); // After a commit there is nothing.
    }
}

/// Reads page after page, until one is empty.
fn pages<'s>(next: impl FnMut() -> Vec<Arc<Envelope>> + Send + 's) -> Envelopes<'s> {
    let pages = iter::repeat_with(next).take_while(|page| !page.is_empty());
    stream::iter(pages.flatten().map(Ok)).boxed()
}
