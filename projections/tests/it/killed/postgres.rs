//! A table in a PostgreSQL database.

use std::{collections::BTreeMap, env, process, sync::Arc};

use annals_core::{EventStore, ReadModels};
use annals_postgres::{PgTx, PostgresSettings, PostgresStore};
use annals_projections::{Build, Projection, Recorded};
use sqlx::{Row, postgres::PgRow};

use super::{Table, assert_exact};
use crate::account::Deposited;

#[derive(Default)]
struct Balances;

impl Projection<PgTx> for Balances {
    type Event = Deposited;
    type Error = sqlx::Error;
    const NAME: &'static str = "balances";

    async fn begin(&self, _: Build, tx: &mut PgTx) -> Result<(), sqlx::Error> {
        let create = format!(
            "CREATE TABLE {}.balance (account text PRIMARY KEY, cents bigint, deposits bigint)",
            schema()
        );
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(tx.connection()).await.map(|_| ())
    }

    async fn project(
        &self,
        recorded: &Recorded<Deposited>,
        _: Build,
        tx: &mut PgTx,
    ) -> Result<(), sqlx::Error> {
        let write = sqlx::query(sqlx::AssertSqlSafe(format!(
            "INSERT INTO {}.balance AS balance VALUES ($1, $2, 1) ON CONFLICT (account) DO UPDATE
             SET cents = balance.cents + excluded.cents, deposits = balance.deposits + 1",
            schema()
        )));
        let cents = i64::try_from(recorded.event.0).unwrap();
        let write = write.bind(recorded.envelope.stream.as_str()).bind(cents);
        write.execute(tx.connection()).await.map(|_| ())
    }
}

/// One that nobody else has.
fn schema() -> String {
    format!("projections_{}", process::id())
}

struct OnServer;

impl Table for OnServer {
    type Tx = PgTx;
    type Balances = Balances;

    async fn open(&self) -> (Arc<dyn EventStore>, Arc<dyn ReadModels>) {
        let advice =
            "no server to test on: run `cargo xtask test`, or give ANNALS_TEST_POSTGRES_URL";
        let url = env::var("ANNALS_TEST_POSTGRES_URL").expect(advice);
        let settings = PostgresSettings { schema: schema(), ..PostgresSettings::default() };
        let store = PostgresStore::open(&url, settings).await.unwrap();
        let models = Arc::new(store.read_models());
        (Arc::new(store), models)
    }

    async fn read(&self, tx: &mut PgTx) -> BTreeMap<String, (u64, u64)> {
        let read = format!("SELECT account, cents, deposits FROM {}.balance", schema());
        let rows = sqlx::query(sqlx::AssertSqlSafe(read)).fetch_all(tx.connection()).await.unwrap();
        let number = |row: &PgRow, column| u64::try_from(row.get::<i64, _>(column)).unwrap();
        rows.iter().map(|row| (row.get(0), (number(row, 1), number(row, 2)))).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_in_postgresql_equals_a_fold_of_the_log_however_often_its_runner_ends() {
    assert_exact(&OnServer).await;
}
