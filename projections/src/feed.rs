//! One reading of the log for all who are near each other.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use annals_core::{Envelope, EventId, EventStore, Filter, Position, StoreError, StoreErrorKind};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use tokio::sync::Mutex;

use crate::trouble::{Halted, Trouble};

/// How many events are read at a time, at most.
const PAGE_EVENTS: usize = 1_000;

/// At how many bytes a page ends.
const PAGE_BYTES: usize = 1 << 20;

/// How many bytes are kept for those who come later.
const KEPT_BYTES: usize = 8 << 20;

/// What an event takes beside its payload, in bytes, about.
const BESIDE_PAYLOAD: usize = 512;

/// How many pages are kept, whatever is on them.
const KEPT_PAGES: usize = 256;

/// How many places of the log are read at the same time.
const READINGS: usize = 4;

/// Reads the log once for several who are near each other: what one of them has read is kept for a while.
pub(crate) struct Feed {
    log: Arc<dyn EventStore>,
    /// What at least one of them wants.
    filter: Filter,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Each under the place that it begins after.
    pages: BTreeMap<Position, Arc<Page>>,
    /// In the order in which they were read.
    order: VecDeque<Position>,
    bytes: usize,
    readings: VecDeque<Reading>,
}

/// What is open to be read on.
struct Reading {
    at: Place,
    /// The head of the log before it began.
    head: Place,
    envelopes: BoxStream<'static, Result<Arc<Envelope>, StoreError>>,
}

/// A place in the log, and the event there, by which a log whose past was changed is noticed. `None` at the
/// start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) position: Position,
    pub(crate) last: Option<EventId>,
}

/// Everything between two places that somebody wants. The log never changes there.
#[derive(Debug)]
pub(crate) struct Page {
    after: Position,
    pub(crate) through: Place,
    pub(crate) events: Vec<Arc<Envelope>>,
    bytes: usize,
}

impl Place {
    fn of(envelope: &Envelope) -> Self {
        Self { position: envelope.position, last: Some(envelope.id) }
    }
}

impl Feed {
    pub(crate) fn new(log: Arc<dyn EventStore>, filter: Filter) -> Self {
        Self { log, filter, kept: Mutex::default() }
    }

    pub(crate) fn log(&self) -> &Arc<dyn EventStore> {
        &self.log
    }

    /// What comes after a place, up to `head` at least in part; on the page there may also be something before
    /// it. That the log still has what was there is seen to.
    pub(crate) async fn page(&self, after: Place, head: Position) -> Result<Arc<Page>, Trouble> {
        let mut kept = self.kept.lock().await;
        if let Some(page) = kept.page(after.position) {
            return Ok(page);
        }
        let near = after.position.plus(PAGE_EVENTS) >= head;
        let is_open = kept.readings.iter().any(|reading| reading.at == after);
        let page = if near && !is_open {
            self.read_near(after).await?
        } else {
            self.read_on(&mut kept, after, head).await?
        };
        Ok(kept.keep(page))
    }

    /// Forgets what was read: the log may have become another one, also where it is still as it was at some
    /// place.
    pub(crate) async fn forget(&self) {
        *self.kept.lock().await = Kept::default();
    }

    /// That the log still has the event at a place.
    pub(crate) async fn check(&self, place: Place) -> Result<(), Trouble> {
        let Place { position, last: Some(last) } = place else { return Ok(()) };
        match self.at(position).await? {
            Some(there) if there.last == Some(last) => Ok(()),
            Some(_) => Err(Trouble::Lasting(Halted::Forked { position })),
            // It may be a standby that is behind.
            None => Err(Trouble::At(Halted::Forked { position }, None)),
        }
    }

    /// Everything after a place, where that is not much: together with the event at the place, which says
    /// whether the log is still the same.
    async fn read_near(&self, after: Place) -> Result<Page, Trouble> {
        let mut envelopes = self.log.read_log(after.position.minus(1), Filter::All);
        if after.last.is_some() {
            let position = after.position;
            match envelopes.try_next().await? {
                Some(envelope) if Place::of(&envelope) == after => {}
                Some(_) => return Err(Trouble::Lasting(Halted::Forked { position })),
                None => return Err(Trouble::At(Halted::Forked { position }, None)),
            }
        }
        let mut page = Page::new(after);
        while !page.is_full()
            && let Some(envelope) = envelopes.try_next().await?
        {
            page.through = Place::of(&envelope);
            if self.filter.allows(&envelope.event_type) {
                page.push(envelope);
            }
        }
        Ok(page)
    }

    /// A page of what is far from the head: only what somebody wants, on and on.
    async fn read_on(
        &self,
        kept: &mut Kept,
        after: Place,
        head: Position,
    ) -> Result<Page, Trouble> {
        let open = kept.readings.iter().position(|reading| reading.at == after);
        let mut reading = match open.and_then(|open| kept.readings.remove(open)) {
            Some(reading) => reading,
            None => {
                self.check(after).await?;
                // What is passed over must have been there before it was looked for.
                let head = self.at(head).await?.ok_or_else(shorter)?;
                let envelopes = read(Arc::clone(&self.log), after.position, self.filter.clone());
                Reading { at: after, head, envelopes }
            }
        };
        let mut page = Page::new(after);
        while !page.is_full() {
            let Some(envelope) = reading.envelopes.try_next().await? else {
                if page.through.position < reading.head.position {
                    page.through = reading.head;
                }
                return Ok(page);
            };
            page.through = Place::of(&envelope);
            page.push(envelope);
        }
        reading.at = page.through;
        kept.readings.push_back(reading);
        if kept.readings.len() > READINGS {
            kept.readings.pop_front();
        }
        Ok(page)
    }

    async fn at(&self, position: Position) -> Result<Option<Place>, Trouble> {
        let mut reading = self.log.read_log(position.minus(1), Filter::All);
        Ok(reading.try_next().await?.map(|envelope| Place::of(&envelope)))
    }
}

impl Kept {
    /// The page with what comes after a place.
    fn page(&self, after: Position) -> Option<Arc<Page>> {
        let (_, page) = self.pages.range(..=after).next_back()?;
        (page.through.position > after).then(|| Arc::clone(page))
    }

    fn keep(&mut self, page: Page) -> Arc<Page> {
        let page = Arc::new(page);
        self.bytes += page.bytes;
        if let Some(before) = self.pages.insert(page.after, Arc::clone(&page)) {
            self.bytes -= before.bytes;
        } else {
            self.order.push_back(page.after);
        }
        while self.order.len() > KEPT_PAGES || (self.bytes > KEPT_BYTES && self.order.len() > 1) {
            let Some(first) = self.order.pop_front() else { break };
            self.bytes -= self.pages.remove(&first).map_or(0, |page| page.bytes);
        }
        page
    }
}

impl Page {
    fn new(after: Place) -> Self {
        Self { after: after.position, through: after, events: Vec::new(), bytes: 0 }
    }

    fn push(&mut self, envelope: Arc<Envelope>) {
        self.bytes += envelope.payload.len() + BESIDE_PAYLOAD;
        self.events.push(envelope);
    }

    fn is_full(&self) -> bool {
        self.events.len() >= PAGE_EVENTS || self.bytes >= PAGE_BYTES
    }

    /// What is on it after a place.
    pub(crate) fn after(&self, after: Position) -> &[Arc<Envelope>] {
        &self.events[self.events.partition_point(|envelope| envelope.position <= after)..]
    }
}

/// A reading that owns what it reads from.
fn read(
    log: Arc<dyn EventStore>,
    after: Position,
    filter: Filter,
) -> BoxStream<'static, Result<Arc<Envelope>, StoreError>> {
    async_stream::try_stream! {
        let mut envelopes = log.read_log(after, filter);
        while let Some(envelope) = envelopes.try_next().await? {
            yield envelope;
        }
    }
    .boxed()
}

/// What was said to be there is not.
fn shorter() -> Trouble {
    let message = "the log is shorter than it was a moment ago";
    StoreError::new(StoreErrorKind::Unavailable, message).into()
}
