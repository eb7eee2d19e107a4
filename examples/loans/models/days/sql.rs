//! The tables in SQLite and in PostgreSQL: the same statements for both.

use annals::{Build, SqliteTx};
use sqlx::{AssertSqlSafe, Row};

use super::{Day, Days, DaysOf, Failure};

/// A statement for the tables of a build. Their names are all that differs.
fn sql(text: &str, build: Build) -> AssertSqlSafe<String> {
    let (state, day) = (build.table("days_state"), build.table("days_day"));
    AssertSqlSafe(text.replace("{state}", &state).replace("{day}", &day))
}

const CREATE_STATE: &str =
    "CREATE TABLE {state} (application TEXT PRIMARY KEY, state TEXT NOT NULL)";

const CREATE_DAY: &str = "CREATE TABLE {day} (day TEXT NOT NULL, state TEXT NOT NULL,
    entered BIGINT NOT NULL, departed BIGINT NOT NULL, PRIMARY KEY (day, state))";

/// Who comes into one state leaves the one that it was in. `WHERE true` tells SQLite that what follows is no join.
const COUNT: &str = "INSERT INTO {day}
    SELECT * FROM (
        SELECT CAST($2 AS TEXT) AS day, CAST($3 AS TEXT) AS state, 1 AS entered, 0 AS departed
        UNION ALL
        SELECT CAST($2 AS TEXT), state, 0, 1 FROM {state} WHERE application = $1
    ) AS changed
    WHERE true
    ON CONFLICT (day, state) DO UPDATE SET
        entered = {day}.entered + excluded.entered,
        departed = {day}.departed + excluded.departed";

const MOVE: &str = "INSERT INTO {state} VALUES ($1, $2)
    ON CONFLICT (application) DO UPDATE SET state = excluded.state";

const READ: &str = "SELECT day, state, entered, departed FROM {day}";

macro_rules! in_sql {
    ($tx:ty) => {
        impl DaysOf for $tx {
            async fn make_tables(&mut self, build: Build) -> Result<(), Failure> {
                for create in [CREATE_STATE, CREATE_DAY] {
                    sqlx::query(sql(create, build)).execute(self.connection()).await?;
                }
                Ok(())
            }

            async fn drop_tables(&mut self, build: Build) -> Result<(), Failure> {
                for drop in ["DROP TABLE IF EXISTS {state}", "DROP TABLE IF EXISTS {day}"] {
                    sqlx::query(sql(drop, build)).execute(self.connection()).await?;
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
                let count = sqlx::query(sql(COUNT, build)).bind(application).bind(day).bind(state);
                count.execute(self.connection()).await?;
                let change = sqlx::query(sql(MOVE, build)).bind(application).bind(state);
                change.execute(self.connection()).await?;
                Ok(())
            }

            async fn read_days(&mut self, build: Build) -> Result<Days, Failure> {
                let rows = sqlx::query(sql(READ, build)).fetch_all(self.connection()).await?;
                let row = |row: &<Self as Connected>::Row| {
                    let day = Day { entered: row.try_get(2)?, departed: row.try_get(3)? };
                    Ok(((row.try_get(0)?, row.try_get(1)?), day))
                };
                rows.iter().map(row).collect()
            }
        }
    };
}

/// Of which kind the rows are that a transaction reads.
trait Connected {
    type Row;
}

impl Connected for SqliteTx {
    type Row = sqlx::sqlite::SqliteRow;
}

in_sql!(SqliteTx);

#[cfg(feature = "postgres")]
impl Connected for annals::PgTx {
    type Row = sqlx::postgres::PgRow;
}

#[cfg(feature = "postgres")]
in_sql!(annals::PgTx);
