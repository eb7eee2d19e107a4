//! A plain connection, to look at what is there or to disturb it.

use std::str::FromStr;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Decode, PgConnection, Postgres, Row, Type,
    postgres::PgConnectOptions,
};

/// A connection for which names without a schema are those of one schema.
pub(crate) struct Sql(PgConnection);

impl Sql {
    pub(crate) async fn connect(url: &str, schema: &str) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap();
        let options = options.options([("search_path", schema)]).application_name("a test");
        Self(options.connect().await.unwrap())
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.0
    }

    /// Runs some statements; more than one are one transaction.
    pub(crate) async fn run(&mut self, sql: &str) {
        if let Err(error) = self.try_run(sql).await {
            panic!("{sql}: {error}");
        }
    }

    pub(crate) async fn try_run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.0).await.map(|_| ())
    }

    /// What the server says when it refuses to run `sql`.
    pub(crate) async fn refused(&mut self, sql: &str) -> String {
        match self.try_run(sql).await {
            Err(sqlx::Error::Database(error)) => error.message().into(),
            other => panic!("{sql}: expected to be refused, got {other:?}"),
        }
    }

    /// The only value that `sql` answers.
    pub(crate) async fn ask<T>(&mut self, sql: &str) -> T
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        let mut column = self.column(sql).await;
        assert_eq!(column.len(), 1, "{sql}");
        column.remove(0)
    }

    /// The first column of what `sql` answers.
    pub(crate) async fn column<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
    {
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        match query.fetch_all(&mut self.0).await {
            Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
            Err(error) => panic!("{sql}: {error}"),
        }
    }

    /// By which process of the server it is served.
    pub(crate) async fn pid(&mut self) -> i32 {
        self.ask("SELECT pg_backend_pid()").await
    }
}
