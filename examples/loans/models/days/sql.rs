//! The tables in SQLite and in PostgreSQL: the same statements for both.

use annals::{Build, SqliteTx};
use sqlx::{AssertSqlSafe, Row};

use super::{Day, Days, DaysOf, Failure};

/// A statement for the tables of a build. Their names are all that differs, and where they are.
fn sql(text: &str, build: Build, schema: Option<&str>) -> AssertSqlSafe<String> {
    let table = |name| match schema {
        Some(schema) => format!("\"{}\".{}", schema.replace('"', "\"\""), build.table(name)),
        None => build.table(name),
    };
    let (state, day) = (table("days_state"), table("days_day"));
    AssertSqlSafe(text.replace("{state}", &state).replace("{day}", &day))
}

const CREATE_STATE: &str =
    "CREATE TABLE {state} (application TEXT PRIMARY KEY, state TEXT NOT NULL)";

const CREATE_DAY: &str = "CREATE TABLE {day} (day TEXT NOT NULL, state TEXT NOT NULL,
    entered BIGINT NOT NULL, departed BIGINT NOT NULL, PRIMARY KEY (day, state))";

/// Who comes into one state leaves the one that it was in. `WHERE true` tells SQLite that what follows is no join.
const COUNT: &str = "INSERT INTO {day} AS counted
    SELECT * FROM (
        SELECT CAST($2 AS TEXT) AS day, CAST($3 AS TEXT) AS state, 1 AS entered, 0 AS departed
        UNION ALL
        SELECT CAST($2 AS TEXT), state, 0, 1 FROM {state} WHERE application = $1
    ) AS changed
    WHERE true
    ON CONFLICT (day, state) DO UPDATE SET
        entered = counted.entered + excluded.entered,
        departed = counted.departed + excluded.departed";

/// It takes the same arguments, of which it needs no day.
const MOVE: &str = "INSERT INTO {state} VALUES ($1, $3)
    ON CONFLICT (application) DO UPDATE SET state = excluded.state";

const READ: &str = "SELECT day, state, entered, departed FROM {day}";

macro_rules! in_sql {
    ($tx:ty) => {
        impl DaysOf for $tx {
            async fn make_tables(&mut self, build: Build) -> Result<(), Failure> {
                for create in [CREATE_STATE, CREATE_DAY] {
                    sqlx::query(sql(create, build, self.schema_of()))
                        .execute(self.connection())
                        .await?;
                }
                Ok(())
            }

            async fn drop_tables(&mut self, build: Build) -> Result<(), Failure> {
                for drop in ["DROP TABLE IF EXISTS {state}", "DROP TABLE IF EXISTS {day}"] {
                    sqlx::query(sql(drop, build, self.schema_of()))
                        .execute(self.connection())
                        .await?;
                }
                Ok(())
            }

            async fn enter(
                &mut self,
                build: Build,
                application: &str,
                day: &str,
                state: &str,
            ) -> Result<(), Failure> {
                for text in Self::entering() {
                    let enter = sqlx::query(sql(&text, build, self.schema_of()));
                    let enter = enter.bind(application).bind(day).bind(state);
                    enter.execute(self.connection()).await?;
                }
                Ok(())
            }

            async fn read_days(&mut self, build: Build) -> Result<Days, Failure> {
                let rows = sqlx::query(sql(READ, build, self.schema_of()))
                    .fetch_all(self.connection())
                    .await?;
                let row = |row: &<Self as Connected>::Row| {
                    let day = Day { entered: row.try_get(2)?, departed: row.try_get(3)? };
                    Ok(((row.try_get(0)?, row.try_get(1)?), day))
                };
                rows.iter().map(row).collect()
            }
        }
    };
}

/// What differs between the two.
trait Connected {
    /// Of which kind the rows are that it reads.
    type Row;

    /// In which schema the log is: two of them in one database have each their own tables.
    fn schema_of(&self) -> Option<&str>;

    /// The statements that have an application come into a state.
    fn entering() -> Vec<String>;
}

impl Connected for SqliteTx {
    type Row = sqlx::sqlite::SqliteRow;

    fn schema_of(&self) -> Option<&str> {
        None
    }

    fn entering() -> Vec<String> {
        vec![COUNT.to_owned(), MOVE.to_owned()]
    }
}

in_sql!(SqliteTx);

#[cfg(feature = "postgres")]
impl Connected for annals::PgTx {
    type Row = sqlx::postgres::PgRow;

    fn schema_of(&self) -> Option<&str> {
        Some(self.schema())
    }

    /// One statement is one round trip. All its parts see the tables as they were before it, and so it still finds
    /// the state that is left.
    fn entering() -> Vec<String> {
        vec![format!("WITH moved AS ({MOVE}) {COUNT}")]
    }
}

#[cfg(feature = "postgres")]
in_sql!(annals::PgTx);
