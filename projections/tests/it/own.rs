//! The same ledgers, kept by statements of the application's own: in memory, on SQLite and on PostgreSQL.

use std::{future::Future, sync::Arc};

use annals_core::{Fold, ModelTx};
use annals_memory::MemoryTx;
use annals_postgres::PgTx;
use annals_projections::{Build, Keyed, Projection, Recorded, Runner};
use annals_sqlite::SqliteTx;
use sqlx::{AssertSqlSafe, Row};

use crate::{
    ledger::{Entry, Made},
    place::Place,
};

/// Tables of texts, each under a key, written in transactions of one store.
pub(crate) trait Keep: ModelTx {
    fn create(&mut self, table: &str) -> impl Future<Output = Result<(), String>> + Send;
    fn discard(&mut self, table: &str) -> impl Future<Output = Result<(), String>> + Send;
    fn get(
        &mut self,
        table: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<String>, String>> + Send;
    fn set(
        &mut self,
        table: &str,
        key: &str,
        text: &str,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

impl Keep for MemoryTx {
    async fn create(&mut self, table: &str) -> Result<(), String> {
        if MemoryTx::get(self, table).is_some() {
            return Err(format!("there is a table {table}"));
        }
        self.put(table, "[]");
        Ok(())
    }

    async fn discard(&mut self, table: &str) -> Result<(), String> {
        let keys = MemoryTx::get(self, table).ok_or("no such table")?;
        for key in serde_json::from_str::<Vec<String>>(keys.as_text().unwrap()).unwrap() {
            MemoryTx::remove(self, format!("{table}/{key}"));
        }
        MemoryTx::remove(self, table);
        Ok(())
    }

    async fn get(&mut self, table: &str, key: &str) -> Result<Option<String>, String> {
        MemoryTx::get(self, table).ok_or("no such table")?;
        let text = MemoryTx::get(self, &format!("{table}/{key}"));
        Ok(text.map(|text| text.as_text().unwrap().to_owned()))
    }

    async fn set(&mut self, table: &str, key: &str, text: &str) -> Result<(), String> {
        let keys = MemoryTx::get(self, table).ok_or("no such table")?;
        let mut keys = serde_json::from_str::<Vec<String>>(keys.as_text().unwrap()).unwrap();
        if !keys.iter().any(|its| its == key) {
            keys.push(key.to_owned());
            self.put(table, serde_json::to_string(&keys).unwrap());
        }
        self.put(format!("{table}/{key}"), text.to_owned());
        Ok(())
    }
}

macro_rules! keep_by_sql {
    ($($tx:ty),+) => {$(
        impl Keep for $tx {
            async fn create(&mut self, table: &str) -> Result<(), String> {
                let create = format!("CREATE TABLE {table} (key text PRIMARY KEY, said text)");
                sqlx::query(AssertSqlSafe(create)).execute(self.connection()).await.map_err(|error| error.to_string())?;
                Ok(())
            }

            async fn discard(&mut self, table: &str) -> Result<(), String> {
                let drop = format!("DROP TABLE {table}");
                sqlx::query(AssertSqlSafe(drop)).execute(self.connection()).await.map_err(|error| error.to_string())?;
                Ok(())
            }

            async fn get(&mut self, table: &str, key: &str) -> Result<Option<String>, String> {
                let get = format!("SELECT said FROM {table} WHERE key = $1");
                let row = sqlx::query(AssertSqlSafe(get)).bind(key);
                let row = row.fetch_optional(self.connection()).await.map_err(|error| error.to_string())?;
                Ok(row.map(|row| row.get(0)))
            }

            async fn set(&mut self, table: &str, key: &str, text: &str) -> Result<(), String> {
                let set = format!(
                    "INSERT INTO {table} VALUES ($1, $2)
                     ON CONFLICT (key) DO UPDATE SET said = excluded.said"
                );
                let set = sqlx::query(AssertSqlSafe(set)).bind(key).bind(text);
                set.execute(self.connection()).await.map_err(|error| error.to_string())?;
                Ok(())
            }
        }
    )+};
}

keep_by_sql!(SqliteTx, PgTx);

/// Writes ledgers to tables that are called after `table`.
pub(crate) struct Own<const V: u32> {
    pub(crate) table: String,
}

impl<Tx: Keep, const V: u32> Projection<Tx> for Own<V> {
    type Event = Entry;
    type Error = String;
    const NAME: &'static str = "own_ledger";
    const VERSION: u32 = V;
    const KEYED: Keyed<Entry> = Keyed::ById;
    const BESIDE: bool = true;

    async fn begin(&self, build: Build, tx: &mut Tx) -> Result<(), String> {
        tx.create(&build.table(&self.table)).await
    }

    async fn project(
        &self,
        recorded: &Recorded<Entry>,
        build: Build,
        tx: &mut Tx,
    ) -> Result<(), String> {
        let (table, key) = (build.table(&self.table), recorded.envelope.stream.id());
        let before = tx.get(&table, key).await?;
        let mut ledger: Made<V> =
            before.map_or_else(Made::default, |text| serde_json::from_str(&text).unwrap());
        ledger.evolve(&recorded.event);
        tx.set(&table, key, &serde_json::to_string(&ledger).unwrap()).await
    }

    async fn discard(&self, build: Build, tx: &mut Tx) -> Result<(), String> {
        Keep::discard(tx, &build.table(&self.table)).await
    }
}

/// What keeps those ledgers in the store of that place.
pub(crate) async fn runner<const V: u32>(place: &Place, table: &str) -> Runner {
    runner_of(place, Own::<V> { table: table.to_owned() }).await
}

/// The runner of a projection in the store of that place.
pub(crate) async fn runner_of<P>(place: &Place, own: P) -> Runner
where
    P: Projection<MemoryTx> + Projection<SqliteTx> + Projection<PgTx>,
{
    let (log, models) = (Arc::clone(&place.log), Arc::clone(&place.models));
    let mut tx = place.models.begin().await.unwrap();
    let its = tx.as_any();
    let runner = if its.is::<MemoryTx>() {
        Runner::of_projection::<P, MemoryTx>(log, models, own)
    } else if its.is::<SqliteTx>() {
        Runner::of_projection::<P, SqliteTx>(log, models, own)
    } else {
        Runner::of_projection::<P, PgTx>(log, models, own)
    };
    tx.commit().await.unwrap(); // To drop it would be to close its connection.
    runner
}

/// The text under a key of such a table; an error, if there is no such table.
pub(crate) async fn get(place: &Place, table: &str, key: &str) -> Result<Option<String>, String> {
    let mut tx = place.models.begin().await.unwrap();
    let its = tx.as_any();
    let text = if let Some(its) = its.downcast_mut::<MemoryTx>() {
        Keep::get(its, table, key).await
    } else if let Some(its) = its.downcast_mut::<SqliteTx>() {
        Keep::get(its, table, key).await
    } else {
        Keep::get(its.downcast_mut::<PgTx>().unwrap(), table, key).await
    };
    if text.is_ok() {
        tx.commit().await.unwrap(); // To drop it would be to close its connection.
    }
    text
}

/// What writes nothing, and is not built beside itself.
pub(crate) struct Single<const V: u32>;

impl<Tx: Keep, const V: u32> Projection<Tx> for Single<V> {
    type Event = Entry;
    type Error = String;
    const NAME: &'static str = "single";
    const VERSION: u32 = V;

    async fn project(&self, _: &Recorded<Entry>, _: Build, _: &mut Tx) -> Result<(), String> {
        Ok(())
    }
}
