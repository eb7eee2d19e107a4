//! Watches how far the log is while somebody waits for it to grow: told by other processes, and by
//! asking.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use annals_core::{Position, StoreError};
use annals_sql::{Growth, OnWatch};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::{
    task::JoinHandle,
    time::{Instant, interval, sleep, timeout},
};

use crate::store::Shared;

/// How long to wait before the next question at first; each time that nothing has grown, twice as long.
const SHORTEST_NAP: Duration = Duration::from_millis(2);

/// How long to wait at most: how late other processes' events are seen when no notification comes.
const LONGEST_NAP: Duration = Duration::from_millis(500);

/// The same behind a pooler, where no notification ever comes.
const LONGEST_NAP_UNTOLD: Duration = Duration::from_millis(100);

/// How long to go on when nobody waits any more: who reads waits again before long.
const LINGER: Duration = Duration::from_secs(10);

impl Shared {
    /// The head, once it is past `after`.
    pub(crate) async fn wait_past(
        self: &Arc<Self>,
        after: Position,
    ) -> Result<Position, StoreError> {
        let watch = |on_watch| drop(tokio::spawn(watch(Arc::downgrade(self), on_watch)));
        self.growth.wait_past(after, watch).await
    }
}

/// Asks how far the log is, at once and then whenever it may have grown, for as long as somebody waits.
async fn watch(store: Weak<Shared>, on_watch: OnWatch) {
    let mut listening = None;
    let mut nap = SHORTEST_NAP;
    let mut awaited = Instant::now();
    let mut answered = Instant::now();

    while let Some(shared) = store.upgrade() {
        let before = shared.growth.now();
        let asked = shared.head().await;
        let is_answered = asked.is_ok();
        match asked {
            Ok(head) => {
                answered = Instant::now();
                let has_grown = shared.growth.asked(&before, head);
                nap = if has_grown { SHORTEST_NAP } else { nap * 2 };
            }
            Err(error) => {
                nap *= 2;
                if answered.elapsed() >= shared.settings.timeout {
                    answered = Instant::now();
                    shared.growth.failed(error);
                }
            }
        }
        if shared.growth.is_awaited() {
            awaited = Instant::now();
        } else if awaited.elapsed() > LINGER {
            break;
        }
        let longest = match shared.settings.pooler {
            true => LONGEST_NAP_UNTOLD,
            false => LONGEST_NAP,
        };
        nap = nap.min(longest);
        if listening.is_none() && !shared.settings.pooler {
            listening = Some(Listening::to(&shared));
        }
        let growth = Arc::clone(&shared.growth);
        drop(shared);
        match is_answered {
            true => drop(timeout(nap, growth.in_doubt()).await), // Woken or not, it asks.
            // The question itself may have made the connection that it was lost with.
            false => sleep(nap).await,
        }
    }
    drop(on_watch);
}

/// A task that listens, until this is dropped.
struct Listening(JoinHandle<()>);

impl Listening {
    fn to(shared: &Shared) -> Self {
        let growth = Arc::clone(&shared.growth);
        let options = shared.reading.options().clone();
        let channel = shared.settings.schema.clone();
        Self(tokio::spawn(async move {
            let mut attempts = interval(LONGEST_NAP);
            loop {
                attempts.tick().await;
                // Whatever goes wrong costs no more than a nap.
                if let Err(error) = listen(&options, &channel, &growth).await {
                    tracing::debug!(why = %error, "not listening for growth of the log");
                }
            }
        }))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Passes on what is notified, until the connection is lost.
async fn listen(
    options: &PgConnectOptions,
    channel: &str,
    growth: &Growth,
) -> Result<(), sqlx::Error> {
    // The driver has listeners on pools only; this one is for a single connection.
    let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(channel).await?;
    // What was notified before this is found by asking.
    growth.may_have_grown();
    while listener.try_recv().await?.is_some() {
        growth.may_have_grown();
    }
    Ok(())
}
