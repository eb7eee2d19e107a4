//! How far the log is, as this process last heard.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use annals_core::{Position, StoreError};
use tokio::sync::{Notify, watch};

/// Tells those who wait in this process how far the log is.
pub struct Growth {
    seen: watch::Sender<Seen>,
    is_watched: AtomicBool,
    /// Whoever watches is to ask at once.
    in_doubt: Notify,
}

/// What was heard last.
#[derive(Clone, Default)]
pub struct Seen {
    /// How far the log is.
    pub head: Position,
    /// How often something happened that an answer on its way cannot know of.
    changes: u64,
    /// Why nothing more is known.
    failure: Option<StoreError>,
}

impl Default for Growth {
    fn default() -> Self {
        Self {
            seen: watch::Sender::default(),
            is_watched: AtomicBool::new(false),
            in_doubt: Notify::new(),
        }
    }
}

impl Growth {
    /// Events up to `head` were committed by this process.
    pub fn reached(&self, head: Position) {
        self.seen.send_if_modified(|seen| {
            seen.changes += 1;
            let is_more = head > seen.head;
            seen.head = seen.head.max(head);
            is_more
        });
    }

    /// The database was asked and said `head`. The question was put when `before` was what was known: if
    /// nothing happened since, that is how far the log is, also if it was further once.
    pub fn asked(&self, before: &Seen, head: Position) -> bool {
        self.seen.send_if_modified(|seen| {
            let now = if seen.changes == before.changes { head } else { seen.head };
            let has_changed = now != seen.head || seen.failure.is_some();
            (seen.head, seen.failure) = (now, None);
            has_changed
        })
    }

    /// A connection was made anew: it may be to another server, which lacks the tail of the log. Whoever
    /// waits from now on waits for what that one says, which is asked at once.
    pub fn forget(&self) {
        self.seen.send_if_modified(|seen| {
            seen.changes += 1;
            seen.head = Position::START;
            false
        });
        self.may_have_grown();
    }

    /// Somebody has reason to think so: whoever watches is to ask at once.
    pub fn may_have_grown(&self) {
        self.in_doubt.notify_one();
    }

    /// Resolves when the log [may have grown](Self::may_have_grown), also if it was said before. For whoever
    /// watches.
    pub async fn in_doubt(&self) {
        self.in_doubt.notified().await;
    }

    /// The database cannot be asked, and who waits shall know.
    pub fn failed(&self, failure: StoreError) {
        self.seen.send_modify(|seen| seen.failure = Some(failure));
    }

    /// What is known now.
    pub fn now(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// The head, once it is past `after`. Unless somebody watches the database already, `watch` is to
    /// begin it, and goes on with it for as long as it keeps what it is given.
    ///
    /// # Errors
    ///
    /// Whatever whoever watches has [failed](Self::failed) with.
    pub async fn wait_past(
        self: &Arc<Self>,
        after: Position,
        watch: impl Fn(OnWatch) + Send,
    ) -> Result<Position, StoreError> {
        let mut seen = self.seen.subscribe();
        loop {
            let head = seen.borrow_and_update().head;
            if head > after {
                return Ok(head);
            }
            if let Some(on_watch) = self.begin_watch() {
                watch(on_watch);
            }
            seen.changed().await.expect("the sender is borrowed here");
            let now = seen.borrow();
            if let Some(failure) = now.failure.as_ref().filter(|_| now.head <= after) {
                return Err(failure.clone());
            }
        }
    }

    /// Whether somebody waits.
    pub fn is_awaited(&self) -> bool {
        self.seen.receiver_count() > 0
    }

    /// Takes the watch, unless somebody has it.
    fn begin_watch(self: &Arc<Self>) -> Option<OnWatch> {
        let is_watched = self.is_watched.swap(true, Ordering::AcqRel);
        (!is_watched).then(|| OnWatch { growth: Arc::downgrade(self) })
    }
}

/// Whoever has this watches. When it is dropped, those who wait are woken, to see to it themselves.
pub struct OnWatch {
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

#[cfg(test)]
mod tests {
    use annals_core::Position;
    use futures::FutureExt;

    use super::Growth;

    #[test]
    fn what_is_forgotten_is_asked_at_once() {
        let growth = Growth::default();
        growth.reached(Position::new(7).unwrap());
        assert_eq!(growth.in_doubt().now_or_never(), None, "nobody doubts what was just committed");

        growth.forget();
        assert_eq!(growth.now().head, Position::START);
        assert_eq!(growth.in_doubt().now_or_never(), Some(()));
        assert_eq!(growth.in_doubt().now_or_never(), None, "once is enough");
    }
}
