//! Runners that end in the middle of anything, on a database in a file.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use annals_core::{Checkpoint, Checkpoints, EventStore, Position};
use annals_projections::{Projection, Recorded, Runner, RunnerSettings};
use annals_sqlite::{SqliteCheckpoints, SqliteSettings, SqliteStore, SqliteTx};
use sqlx::Row;

use crate::{
    account::{Deposited, deposit},
    balances::{expected, quick},
};

/// The same read model, as a table.
struct Balances;

impl Projection<SqliteTx> for Balances {
    type Event = Deposited;
    type Error = sqlx::Error;
    const NAME: &'static str = "balances";

    async fn project(
        &self,
        recorded: &Recorded<Deposited>,
        tx: &mut SqliteTx,
    ) -> Result<(), sqlx::Error> {
        let cents = i64::try_from(recorded.event.0).unwrap();
        sqlx::query(
            "INSERT INTO balance VALUES ($1, $2, 1) ON CONFLICT (account)
             DO UPDATE SET cents = cents + excluded.cents, deposits = deposits + 1",
        )
        .bind(recorded.envelope.stream.as_str())
        .bind(cents)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

async fn create_table(checkpoints: &SqliteCheckpoints) {
    let mut tx = checkpoints.begin().await.unwrap();
    let create = "CREATE TABLE balance (account TEXT PRIMARY KEY, cents INTEGER, deposits INTEGER)";
    sqlx::query(create).execute(tx.connection()).await.unwrap();
    let made = Checkpoint { position: Position::START.plus(1), last: None };
    checkpoints.advance(tx, "made", Checkpoint::default(), made).await.unwrap();
}

async fn table(checkpoints: &SqliteCheckpoints) -> BTreeMap<String, (u64, u64)> {
    let mut tx = checkpoints.begin().await.unwrap();
    let rows = sqlx::query("SELECT account, cents, deposits FROM balance");
    let rows = rows.fetch_all(tx.connection()).await.unwrap();
    let number =
        |row: &sqlx::sqlite::SqliteRow, column| u64::try_from(row.get::<i64, _>(column)).unwrap();
    rows.iter().map(|row| (row.get(0), (number(row, 1), number(row, 2)))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_equals_a_fold_of_the_log_however_often_its_runner_ends_in_the_middle() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("annals-projections-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    let store = SqliteStore::open_file(directory.join("log.db"), SqliteSettings::default());
    let store = store.await.unwrap();
    let checkpoints = store.checkpoints();
    create_table(&checkpoints).await;
    let log: Arc<dyn EventStore> = Arc::new(store);
    let settings = RunnerSettings { batch_events: 20, ..quick() };

    let mut end = Position::START;
    for round in 0..60_u64 {
        for number in 0..5 {
            end = deposit(&*log, (round + number) % 7, &[round + 1, 1, number]).await;
        }
        // A runtime of its own, which is gone from one moment to the next, with all that runs in it.
        let (log, checkpoints) = (Arc::clone(&log), store_again(&directory).await);
        tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let runner = Runner::new(log, checkpoints, Balances).with_settings(settings);
                let running = runner.start();
                let some = Duration::from_micros(300 * (round % 13));
                let _ = running.wait_for(end, some).await;
                runtime_ends(running);
            });
            runtime.shutdown_background();
        })
        .await
        .unwrap();
    }
    let running = Runner::new(Arc::clone(&log), checkpoints.clone(), Balances);
    let running = running.with_settings(settings).start();
    running.wait_for(end, Duration::from_secs(60)).await.unwrap();
    running.stop().await.unwrap();
    assert_eq!(table(&checkpoints).await, expected(&*log).await);
    drop((log, checkpoints));
    fs::remove_dir_all(directory).unwrap();
}

/// Without being stopped.
fn runtime_ends(running: annals_projections::Running) {
    std::mem::forget(running);
}

async fn store_again(directory: &Path) -> SqliteCheckpoints {
    let path = directory.join("log.db");
    SqliteStore::open_file(path, SqliteSettings::default()).await.unwrap().checkpoints()
}
