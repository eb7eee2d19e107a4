//! How far the log is, as this process last heard.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use annals_core::{Position, StoreError};
use tokio::sync::watch;

/// Tells those who wait in this process how far the log is.
pub(crate) struct Growth {
    seen: watch::Sender<Seen>,
    is_watched: AtomicBool,
}

/// What was heard last.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    pub(crate) head: Position,
    /// How often something happened that an answer on its way cannot know of.
    changes: u64,
    /// Why nothing more is known.
    pub(crate) failure: Option<StoreError>,
}

impl Default for Growth {
    fn default() -> Self {
        Self { seen: watch::Sender::default(), is_watched: AtomicBool::new(false) }
    }
}

impl Growth {
    /// Events up to `head` were committed by this process.
    pub(crate) fn reached(&self, head: Position) {
        self.seen.send_if_modified(|seen| {
            seen.changes += 1;
            let is_more = head > seen.head;
            seen.head = seen.head.max(head);
            is_more
        });
    }

    /// The database was asked and said `head`. The question was put when `before` was what was known: if
    /// nothing happened since, that is how far the log is, also if it was further once.
    pub(crate) fn asked(&self, before: &Seen, head: Position) -> bool {
        self.seen.send_if_modified(|seen| {
            let now = if seen.changes == before.changes { head } else { seen.head };
            let has_changed = now != seen.head || seen.failure.is_some();
            (seen.head, seen.failure) = (now, None);
            has_changed
        })
    }

    /// A connection was made anew: it may be to another server, which lacks the tail of the log. Whoever
    /// waits from now on waits for what that one says.
    pub(crate) fn forget(&self) {
        self.seen.send_if_modified(|seen| {
            seen.changes += 1;
            seen.head = Position::START;
            false
        });
    }

    /// The database cannot be asked, and who waits shall know.
    pub(crate) fn failed(&self, failure: StoreError) {
        self.seen.send_modify(|seen| seen.failure = Some(failure));
    }

    pub(crate) fn now(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }

    /// Whether somebody waits.
    pub(crate) fn is_awaited(&self) -> bool {
        self.seen.receiver_count() > 0
    }

    /// Takes the watch, unless somebody has it.
    pub(crate) fn begin_watch(self: &Arc<Self>) -> Option<OnWatch> {
        let is_watched = self.is_watched.swap(true, Ordering::AcqRel);
        (!is_watched).then(|| OnWatch { growth: Arc::downgrade(self) })
    }
}

/// Whoever has this watches. When it is dropped, those who wait are woken, to see to it themselves.
pub(crate) struct OnWatch {
    growth: Weak<Growth>,
}

impl Drop for OnWatch {
    fn drop(&mut self) {
        if let Some(growth) = self.growth.upgrade() {
            growth.is_watched.store(false, Ordering::Release);
            growth.seen.send_modify(|_| {});
        }
    }
}
