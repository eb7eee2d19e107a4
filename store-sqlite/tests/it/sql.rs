//! A plain connection, to look at what is in a file or to disturb it.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Decode, Row, Sqlite, SqliteConnection, Type,
    sqlite::SqliteConnectOptions,
};

/// A connection of an application, or of somebody with the command line tool.
pub(crate) struct Sql(SqliteConnection);

impl Sql {
    pub(crate) async fn connect(path: &Path) -> Self {
        Self::connect_with(SqliteConnectOptions::new().filename(path)).await
    }

    /// Makes the file if it is not there.
    pub(crate) async fn create(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        Self::connect_with(options.create_if_missing(true)).await
    }

    async fn connect_with(options: SqliteConnectOptions) -> Self {
        Self(options.connect().await.unwrap())
    }

    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0
    }

    /// Until nothing of it is left, also of what it has locked.
    pub(crate) async fn close(self) {
        self.0.close().await.unwrap();
    }

    /// Runs some statements.
    pub(crate) async fn run(&mut self, sql: &str) {
        if let Err(error) = self.try_run(sql).await {
            panic!("{sql}: {error}");
        }
    }

    pub(crate) async fn try_run(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.0).await.map(|_| ())
    }

    /// What SQLite says when it refuses to run `sql`.
    pub(crate) async fn refused(&mut self, sql: &str) -> String {
        match self.try_run(sql).await {
            Err(sqlx::Error::Database(error)) => error.message().into(),
            other => panic!("{sql}: expected to be refused, got {other:?}"),
        }
    }

    /// The only value that `sql` answers.
    pub(crate) async fn ask<T>(&mut self, sql: &str) -> T
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Send + Unpin,
    {
        ask(&mut self.0, sql).await
    }

    /// The first column of what `sql` answers.
    pub(crate) async fn column<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Send + Unpin,
    {
        column(&mut self.0, sql).await
    }
}

/// The only value that `sql` answers on `connection`.
pub(crate) async fn ask<T>(connection: &mut SqliteConnection, sql: &str) -> T
where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Send + Unpin,
{
    let mut column = column(connection, sql).await;
    assert_eq!(column.len(), 1, "{sql}");
    column.remove(0)
}

async fn column<T>(connection: &mut SqliteConnection, sql: &str) -> Vec<T>
where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + Send + Unpin,
{
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    match query.fetch_all(connection).await {
        Ok(rows) => rows.iter().map(|row| row.get(0)).collect(),
        Err(error) => panic!("{sql}: {error}"),
    }
}
