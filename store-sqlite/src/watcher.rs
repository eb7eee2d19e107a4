//! Watches how far the log is while somebody waits for it to grow: what this process appends is told at
//! once, what others do is found by asking.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use annals_core::{Position, StoreError};
use annals_sql::OnWatch;
use sqlx::{Row, SqliteConnection};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{error::store_error, store::Shared};

const DATA_VERSION: &str = include_str!("../sql/data_version.sql");

/// How long to wait before the next question at first; each time that nothing has grown, twice as long.
const SHORTEST_NAP: Duration = Duration::from_millis(1);

/// How long to wait at most: how late other processes' events are seen when nothing came for a while.
const LONGEST_NAP: Duration = Duration::from_millis(20);

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
    let mut look = Look::default();
    let mut nap = SHORTEST_NAP;
    let mut awaited = Instant::now();
    let mut answered = Instant::now();

    while let Some(shared) = store.upgrade() {
        match look.again(&shared).await {
            Ok(has_grown) => {
                answered = Instant::now();
                nap = if has_grown { SHORTEST_NAP } else { (nap * 2).min(LONGEST_NAP) };
            }
            Err(error) => {
                look = Look::default();
                nap = LONGEST_NAP;
                if answered.elapsed() >= shared.timeout() {
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
        drop(shared);
        pause(nap).await;
    }
    drop(on_watch);
}

/// A connection of the watch's own: a data version means something only to who has asked before.
#[derive(Default)]
struct Look {
    connection: Option<SqliteConnection>,
    version: Option<i64>,
    /// What was answered last.
    head: Position,
}

impl Look {
    /// Whether the log has grown since the last look.
    async fn again(&mut self, shared: &Shared) -> Result<bool, StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(shared.reading.connect().await?),
        };
        let row = sqlx::query(DATA_VERSION).fetch_one(&mut *connection).await;
        let version = row.and_then(|row| row.try_get(0)).map_err(store_error)?;
        let before = shared.growth.now();
        // What was answered may have been forgotten since.
        if self.version == Some(version) && before.head >= self.head {
            return Ok(false);
        }
        self.head = Position::new(shared.head(connection).await?).unwrap_or_default();
        self.version = Some(version);
        Ok(shared.growth.asked(&before, self.head))
    }
}

async fn pause(nap: Duration) {
    let mut ticks = interval(nap);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await; // The first is at once.
    ticks.tick().await;
}
