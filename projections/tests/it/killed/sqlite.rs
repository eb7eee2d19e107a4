//! A table in an SQLite database.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process,
    sync::Arc,
};

use annals_core::{EventStore, ReadModels};
use annals_projections::{Build, Projection, Recorded};
use annals_sqlite::{SqliteSettings, SqliteStore, SqliteTx};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Table, assert_exact};
use crate::account::Deposited;

#[derive(Default)]
struct Balances;

impl Projection<SqliteTx> for Balances {
    type Event = Deposited;
    type Error = sqlx::Error;
    const NAME: &'static str = "balances";

    async fn begin(&self, _: Build, tx: &mut SqliteTx) -> Result<(), sqlx::Error> {
        let create =
            "CREATE TABLE balance (account TEXT PRIMARY KEY, cents INTEGER, deposits INTEGER)";
        sqlx::query(create).execute(tx.connection()).await.map(|_| ())
    }

    async fn project(
        &self,
        recorded: &Recorded<Deposited>,
        _: Build,
        tx: &mut SqliteTx,
    ) -> Result<(), sqlx::Error> {
        let write = sqlx::query(
            "INSERT INTO balance VALUES ($1, $2, 1) ON CONFLICT (account)
             DO UPDATE SET cents = cents + excluded.cents, deposits = deposits + 1",
        );
        let cents = i64::try_from(recorded.event.0).unwrap();
        let write = write.bind(recorded.envelope.stream.as_str()).bind(cents);
        write.execute(tx.connection()).await.map(|_| ())
    }
}

struct InFile(PathBuf);

impl Table for InFile {
    type Tx = SqliteTx;
    type Balances = Balances;

    async fn open(&self) -> (Arc<dyn EventStore>, Arc<dyn ReadModels>) {
        let store = SqliteStore::open_file(&self.0, SqliteSettings::default()).await.unwrap();
        let models = Arc::new(store.read_models());
        (Arc::new(store), models)
    }

    async fn read(&self, tx: &mut SqliteTx) -> BTreeMap<String, (u64, u64)> {
        let rows = sqlx::query("SELECT account, cents, deposits FROM balance");
        let rows = rows.fetch_all(tx.connection()).await.unwrap();
        let number = |row: &SqliteRow, column| u64::try_from(row.get::<i64, _>(column)).unwrap();
        rows.iter().map(|row| (row.get(0), (number(row, 1), number(row, 2)))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_in_sqlite_equals_a_fold_of_the_log_however_often_its_runner_ends() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory.join(format!("annals-projections-{}", process::id()));
    let _ = fs::remove_dir_all(&directory); // Of an earlier process of that number.
    assert_exact(&InFile(directory.join("log.db"))).await;
    fs::remove_dir_all(directory).unwrap();
}
