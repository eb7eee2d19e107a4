//! The log behind a lock, and readers that take it a page at a time.

use std::{
    fmt, iter,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelope, Envelopes, EventId, EventStore, Filter,
    Position, Revision, StoreError, StreamId,
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use tokio::sync::watch;

use crate::log::Log;

/// How many events a reader takes at a time: what it holds, and how long it keeps writers waiting.
const PAGE: usize = 128;

/// A log in memory.
pub struct MemoryStore {
    log: RwLock<Log>,
    /// The log's head. Sent while the log is locked, so that it never steps back.
    head: watch::Sender<Position>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty log, whose events are recorded at that clock's time.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { log: RwLock::default(), head: watch::Sender::new(Position::START), clock }
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        // Only `append` could leave it half written, and it panics nowhere after it began to write.
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let now = self.clock.now();
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        let appended = log.append(append, now)?;
        self.head.send_if_modified(|head| std::mem::replace(head, log.head()) != log.head());
        Ok(appended)
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let (stream, end) = (stream.clone(), self.log().revision(stream));
        let mut after = after;
        pages(move || {
            let next = if after < end { end.min(after.plus(PAGE)) } else { after };
            let page = self.log().stream(&stream, after, next).to_vec();
            after = next;
            page
        })
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let end = self.log().head();
        let mut after = after;
        pages(move || {
            // A page may hold nothing that passes; the reading ends where the log does.
            let mut page = Vec::new();
            while page.is_empty() && after < end {
                let next = end.min(after.plus(PAGE));
                let log = self.log();
                let events = log.events(after, next).iter();
                page.extend(events.filter(|event| filter.allows(&event.event_type)).cloned());
                after = next;
            }
            page
        })
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        Ok(self.log().locate(stream, id))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        let mut head = self.head.subscribe();
        let head = head.wait_for(|head| *head > after).await;
        Ok(*head.expect("the store has the sender, and is borrowed here"))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("head", &self.log().head()).finish_non_exhaustive()
    }
}

/// Reads page after page, until one is empty.
fn pages<'s>(next: impl FnMut() -> Vec<Arc<Envelope>> + Send + 's) -> Envelopes<'s> {
    let pages = iter::repeat_with(next).take_while(|page| !page.is_empty());
    stream::iter(pages.flatten().map(Ok)).boxed()
}
