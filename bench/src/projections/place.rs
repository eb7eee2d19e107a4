//! A log with its read models, as an application opens them, and what builds these.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use annals::{
    EventStore, Phase, ReadModels, Rows, Runner, Running, Status, SystemClock, prelude::*,
};
use annals_postgres::{PgTx, PostgresSettings, PostgresStore};
use annals_sqlite::{SqliteSettings, SqliteStore, SqliteTx};
use tokio::time::sleep;

use crate::{figure, projections::statement::Movements};

/// How long it is waited before a runner is looked at again. To look takes no statement.
const PAUSE: Duration = Duration::from_millis(1);

/// A log, and read models in the same database.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) models: Arc<dyn ReadModels>,
    is_sqlite: bool,
}

impl Place {
    pub(crate) async fn open(url: &str) -> Self {
        if url.starts_with("sqlite:") {
            let store = SqliteStore::open(url, SqliteSettings::default()).await;
            let store = store.expect("the log can be opened");
            let models = Arc::new(store.read_models());
            return Self { log: Arc::new(store), models, is_sqlite: true };
        }
        let store = PostgresStore::open(url, PostgresSettings::default()).await;
        let store = store.expect("the log can be opened");
        let models = Arc::new(store.read_models());
        Self { log: Arc::new(store), models, is_sqlite: false }
    }

    pub(crate) fn rows<V: View>(&self) -> Rows<V> {
        Rows::new(Arc::clone(&self.log), Arc::clone(&self.models), Arc::new(SystemClock))
    }

    pub(crate) fn view<V: View>(&self) -> Runner {
        Runner::of_view::<V>(Arc::clone(&self.log), Arc::clone(&self.models))
    }

    /// A statement for each event.
    pub(crate) fn movements(&self) -> Runner {
        let (log, models) = (Arc::clone(&self.log), Arc::clone(&self.models));
        match self.is_sqlite {
            true => Runner::of_projection::<_, SqliteTx>(log, models, Movements),
            false => Runner::of_projection::<_, PgTx>(log, models, Movements),
        }
    }
}

/// Builds from position 0 to `head`: how many events a second.
pub(crate) async fn build(runner: Runner, head: Position) -> f64 {
    let start = Instant::now();
    let running = runner.start();
    follow(&running, |status| status.position >= head).await;
    let rate = figure(head.get().unsigned_abs()) / start.elapsed().as_secs_f64();
    running.stop().await.expect("it does not panic");
    rate
}

/// Waits until what runs is as it should be. Not by [`Running::wait_for`], which asks the database, too.
pub(crate) async fn follow(running: &Running, is_there: impl Fn(&Status) -> bool) {
    loop {
        let status = running.status();
        if let Phase::Halted(why) = &status.phase {
            panic!("{} has halted: {why:?}", running.name());
        }
        if is_there(&status) {
            return;
        }
        sleep(PAUSE).await;
    }
}
