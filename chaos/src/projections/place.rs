//! The log, the read models and the application's table, as one process has them.

use std::{collections::BTreeMap, sync::Arc};

use annals_core::{EventStore, ReadModels, SystemClock};
use annals_postgres::{PgTx, PostgresSettings, PostgresStore};
use annals_projections::{Operator, Rows, Runner, View};
use annals_sqlite::{SqliteSettings, SqliteStore, SqliteTx};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::{
    Result,
    database::once_available,
    projections::{
        models::Account,
        tally::{CREATE_TALLY, READ_TALLY, Tally},
    },
    scenario::Store,
    sqlite::{options, path},
};

pub(crate) struct Place {
    pub(crate) log: Arc<dyn EventStore>,
    pub(crate) models: Arc<dyn ReadModels>,
    url: String,
}

/// A row of the application's table.
type TallyRow = (String, i64, i64, i64);

impl Place {
    /// Opens what is at `url`, as soon as it is available.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let url = url.to_owned();
        Ok(match Store::of(&url) {
            Store::Postgres => {
                let open = || PostgresStore::open(&url, PostgresSettings::default());
                let store = once_available(open).await?;
                let models = Arc::new(store.read_models());
                Self { log: Arc::new(store), models, url }
            }
            Store::Sqlite => {
                let open = || SqliteStore::open_file(path(&url), SqliteSettings::default());
                let store = once_available(open).await?;
                let models = Arc::new(store.read_models());
                Self { log: Arc::new(store), models, url }
            }
        })
    }

    pub(crate) fn rows<V: View>(&self) -> Rows<V> {
        Rows::new(Arc::clone(&self.log), Arc::clone(&self.models), Arc::new(SystemClock))
    }

    pub(crate) fn operator(&self) -> Operator {
        Operator::new(Arc::clone(&self.log), Arc::clone(&self.models))
    }

    /// What runs the tally, in transactions of `models`.
    pub(crate) fn tally(&self, models: Arc<dyn ReadModels>) -> Runner {
        let log = Arc::clone(&self.log);
        match Store::of(&self.url) {
            Store::Postgres => Runner::of_projection::<_, PgTx>(log, models, Tally),
            Store::Sqlite => Runner::of_projection::<_, SqliteTx>(log, models, Tally),
        }
    }

    pub(crate) async fn create_tally(&self) -> Result<()> {
        match Store::of(&self.url) {
            Store::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sqlx::raw_sql(CREATE_TALLY).execute(&mut connection).await?;
            }
            Store::Sqlite => {
                let mut connection = SqliteConnection::connect_with(&options(&self.url)).await?;
                sqlx::raw_sql(CREATE_TALLY).execute(&mut connection).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn read_tally(&self) -> Result<BTreeMap<String, Account>> {
        let rows: Vec<TallyRow> = match Store::of(&self.url) {
            Store::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await?;
                sqlx::query_as(READ_TALLY).fetch_all(&mut connection).await?
            }
            Store::Sqlite => {
                let mut connection = SqliteConnection::connect_with(&options(&self.url)).await?;
                sqlx::query_as(READ_TALLY).fetch_all(&mut connection).await?
            }
        };
        let account = |(account, cents, deposits, digest)| {
            (account, Account { version: 0, cents, deposits, digest })
        };
        Ok(rows.into_iter().map(account).collect())
    }
}
