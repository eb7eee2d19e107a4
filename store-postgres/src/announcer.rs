//! Tells other processes that the log has grown, at most once in a while.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use annals_core::{Position, StoreError};
use tokio::time::{MissedTickBehavior, interval};

use crate::store::Shared;

/// A notification takes a lock on all of the server's databases, so there are at most 100 a second.
const PAUSE: Duration = Duration::from_millis(10);

/// What other processes are still to be told.
#[derive(Default)]
pub(crate) struct Announcer {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    head: Position,
    /// Whether a task tells it, until there is nothing new to tell.
    is_announcing: bool,
}

impl Announcer {
    pub(crate) fn announce(&self, shared: &Arc<Shared>, head: Position) {
        if self.begins(head) {
            let (shared, has_ended) = (Arc::clone(shared), false);
            tokio::spawn(announce_all(Announcing { shared, has_ended }));
        }
    }

    /// Whether somebody has to begin to tell, since nobody does.
    fn begins(&self, head: Position) -> bool {
        let mut state = self.state();
        if head <= state.head {
            return false;
        }
        state.head = head;
        !mem::replace(&mut state.is_announcing, true)
    }

    /// What is to be told after `told`; if there is nothing, nobody tells any more.
    fn next(&self, told: Position) -> Option<Position> {
        let mut state = self.state();
        state.is_announcing = state.head > told;
        state.is_announcing.then_some(state.head)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody tells what is new. If its runtime is shut down, the next append begins anew.
struct Announcing {
    shared: Arc<Shared>,
    /// Whether there was nothing new. If there is now, somebody else tells it.
    has_ended: bool,
}

impl Drop for Announcing {
    fn drop(&mut self) {
        if !self.has_ended {
            self.shared.announcer.state().is_announcing = false;
        }
    }
}

async fn announce_all(mut announcing: Announcing) {
    let mut pace = interval(PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = Position::START;
    loop {
        pace.tick().await;
        let Some(head) = announcing.shared.announcer.next(told) else {
            announcing.has_ended = true;
            return;
        };
        // If it fails, they see it when they ask by themselves.
        if let Err(error) = announce(&announcing.shared, head).await {
            tracing::debug!(why = %error, "other processes were not told that the log has grown");
        }
        told = head;
    }
}

async fn announce(shared: &Shared, head: Position) -> Result<(), StoreError> {
    let mut lent = shared.reading.lend().await?;
    let query = sqlx::query(shared.statements.announce.clone());
    let query = query.bind(&shared.settings.schema).bind(head.to_string());
    let query = query.persistent(lent.keeps_statements());
    shared.reading.within(query.execute(lent.connection())).await?;
    lent.give_back().await
}
