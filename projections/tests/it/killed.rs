//! Runners that end in the middle of anything, on databases that are really there.

mod postgres;
mod sqlite;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use annals_core::{EventStore, ModelTx, Position, ReadModels};
use annals_projections::{Projection, Runner, RunnerSettings};

use crate::{
    account::deposit,
    balances::{expected, quick},
};

/// The table that is the read model, in a database of one kind.
trait Table: Send + Sync + 'static {
    type Tx: ModelTx;
    type Balances: Projection<Self::Tx> + Default;

    /// The log, and read models in the same database, on connections of their own.
    async fn open(&self) -> (Arc<dyn EventStore>, Arc<dyn ReadModels>);

    /// What is on each account, and how many deposits that took.
    async fn read(&self, tx: &mut Self::Tx) -> BTreeMap<String, (u64, u64)>;
}

/// That the table equals a fold of the log, though runner after runner ended in the middle.
async fn assert_exact<T: Table>(table: &T) {
    let (log, _) = table.open().await;
    let settings =
        RunnerSettings { batch_events: 20, lease: Duration::from_millis(100), ..quick() };

    let (mut end, mut ended) = (Position::START, None);
    for round in 0..60_u64 {
        for number in 0..5 {
            end = deposit(&*log, (round + number) % 7, &[round + 1, 1, number]).await;
        }
        // In a runtime of their own, which is gone from one moment to the next with all that runs in it.
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let opened = table.open();
        let (log, models) = opened.await;
        let running = runtime.spawn(async move {
            let runner = Runner::of_projection(log, models, T::Balances::default());
            let running = runner.with_settings(settings).start();
            let some = Duration::from_micros(700 * (round % 13));
            let _ = running.wait_for(end, some).await;
            running
        });
        let running = running.await.unwrap();
        runtime.shutdown_background();
        // It is not stopped, but ends; its connections are closed when nothing of it runs any more.
        ended = Some(running);
    }

    drop(ended);
    let (log, models) = table.open().await;
    let running = Runner::of_projection(Arc::clone(&log), models, T::Balances::default());
    let running = running.with_settings(settings).start();
    running.wait_for(end, Duration::from_secs(60)).await.unwrap();
    running.stop().await.unwrap();
    let (_, models) = table.open().await;
    let mut tx = models.begin().await.unwrap();
    let found = table.read(tx.as_any().downcast_mut().unwrap()).await;
    assert_eq!(found, expected(&*log).await);
}
