//! Makes the schema, and brings it up to date: numbered steps, forward only, under a lock.

use std::fmt::Write;

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::{Applied, Migration, missing_migrations};
use sqlx::{PgConnection, Row, SqlSafeStr, SqlStr, postgres::PgRow};

use crate::{
    connections::Connections, error::store_error, settings::PostgresSettings, shape,
    statements::in_schema,
};

/// The oldest server whose features are enough.
const OLDEST_SERVER: i32 = 130_000;

const DESCRIBE_SERVER: &str = include_str!("../sql/describe_server.sql");
const CREATE_SCHEMA: &str = include_str!("../sql/create_schema.sql");
const CREATE_MIGRATION_TABLE: &str = include_str!("../sql/create_migration_table.sql");
const LOCK_MIGRATIONS: &str = include_str!("../sql/lock_migrations.sql");
const ENTER_SCHEMA: &str = include_str!("../sql/enter_schema.sql");
const READ_MIGRATIONS: &str = include_str!("../sql/read_migrations.sql");
const RECORD_MIGRATION: &str = include_str!("../sql/record_migration.sql");

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "event", sql: include_str!("../migrations/0001_event.sql") },
    Migration { number: 2, name: "append", sql: include_str!("../migrations/0002_append.sql") },
    Migration { number: 3, name: "snapshot", sql: include_str!("../migrations/0003_snapshot.sql") },
    Migration {
        number: 4,
        name: "checkpoint",
        sql: include_str!("../migrations/0004_checkpoint.sql"),
    },
    Migration {
        number: 5,
        name: "readable_event",
        sql: include_str!("../migrations/0005_readable_event.sql"),
    },
    Migration { number: 6, name: "record", sql: include_str!("../migrations/0006_record.sql") },
];

/// All migrations there are, in order: what opening a log applies where it was not applied before.
pub fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// Everything that makes `schema` from nothing, to be read, or run with `psql` by a role that may define
/// things. A log can then be opened by one that may not, with `migrate` off.
///
/// # Errors
///
/// [`Invalid`](annals_core::StoreErrorKind::Invalid) if no schema can have that name.
pub fn migration_script(schema: &str) -> Result<String, StoreError> {
    let settings = PostgresSettings { schema: schema.into(), ..PostgresSettings::default() };
    settings.check()?;
    Ok(script(schema))
}

/// Sees to it that the schema is what this program works with.
pub(crate) async fn prepare(
    connections: &Connections,
    settings: &PostgresSettings,
) -> Result<(), StoreError> {
    let schema = &settings.schema;
    let mut lent = connections.begin().await?;
    let connection = lent.connection();
    let server = describe_server(connection, schema).await?;
    if !settings.pooler && !server.is_direct {
        return Err(not_direct());
    }
    let missing = missing(connection, schema, &server).await?;
    if !missing.is_empty() {
        if !settings.migrate {
            return Err(not_migrated(schema, missing));
        }
        migrate(connection, schema).await?;
    }
    shape::check(connection, schema).await?;
    lent.give_back().await
}

/// Applies what is missing, while nobody else does.
async fn migrate(connection: &mut PgConnection, schema: &str) -> Result<(), StoreError> {
    let lock = sqlx::query(LOCK_MIGRATIONS).persistent(false);
    lock.execute(&mut *connection).await.map_err(store_error)?;
    // Somebody may have been first.
    let server = describe_server(connection, schema).await?;
    let missing = missing(connection, schema, &server).await?;
    let run = async {
        if !server.has_schema {
            execute(connection, in_schema(schema, CREATE_SCHEMA)).await?;
        }
        if !server.has_migrations {
            execute(connection, in_schema(schema, CREATE_MIGRATION_TABLE)).await?;
        }
        sqlx::query(ENTER_SCHEMA).persistent(false).bind(schema).execute(&mut *connection).await?;
        for migration in missing {
            execute(connection, migration.sql.into_sql_str()).await?;
            sqlx::query(in_schema(schema, RECORD_MIGRATION))
                .persistent(false)
                .bind(migration.number)
                .bind(migration.name)
                .bind(migration.hash())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    };
    run.await.map_err(store_error)
}

async fn execute(connection: &mut PgConnection, sql: SqlStr) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(|_| ())
}

/// The migrations that were not applied yet.
async fn missing(
    connection: &mut PgConnection,
    schema: &str,
    server: &Server,
) -> Result<&'static [Migration], StoreError> {
    if !server.has_migrations {
        return Ok(MIGRATIONS);
    }
    let read = sqlx::query(in_schema(schema, READ_MIGRATIONS)).persistent(false);
    let rows = read.fetch_all(connection).await.map_err(store_error)?;
    let applied = |row: &PgRow| {
        Ok(Applied { number: row.try_get(0)?, name: row.try_get(1)?, hash: row.try_get(2)? })
    };
    let applied: Vec<_> =
        rows.iter().map(applied).collect::<Result<_, _>>().map_err(store_error)?;
    missing_migrations(&format!("the schema {schema}"), MIGRATIONS, &applied)
}

/// What is there before anything is done.
struct Server {
    has_schema: bool,
    has_migrations: bool,
    /// Whether the session began as it was asked to.
    is_direct: bool,
}

async fn describe_server(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<Server, StoreError> {
    let describe = sqlx::query(DESCRIBE_SERVER).persistent(false).bind(schema);
    let row = describe.fetch_one(connection).await.map_err(store_error)?;
    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?));
    let (version, encoding, has_schema, has_migrations): (i32, &str, bool, bool) =
        read().map_err(store_error)?;
    let is_direct = row.try_get("is_direct").map_err(store_error)?;
    if version < OLDEST_SERVER {
        let major = version / 10_000;
        return Err(invalid(format!(
            "PostgreSQL {major} is too old: 13 is the least there is to it"
        )));
    }
    if encoding != "UTF8" {
        return Err(invalid(format!("the database is encoded in {encoding}, and must be in UTF8")));
    }
    Ok(Server { has_schema, has_migrations, is_direct })
}

fn not_direct() -> StoreError {
    let message = "something stands before the server and ignores how sessions are to begin: behind a \
                   pooler, turn `pooler` on";
    invalid(message.into())
}

fn not_migrated(schema: &str, missing: &[Migration]) -> StoreError {
    let names: Vec<_> =
        missing.iter().map(|Migration { number, name, .. }| format!("{number} {name}")).collect();
    let names = names.join(", ");
    invalid(format!(
        "the schema {schema} lacks the migrations {names}: open it once with `migrate` on, or run what \
         `migration_script` prints, by a role that may define things"
    ))
}

pub(crate) fn invalid(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, message)
}

/// Everything in one transaction, as `psql` takes it.
fn script(schema: &str) -> String {
    let text = |text: &'static str| in_schema(schema, text).as_str().trim_end().to_owned();
    let quoted = |text: &str| format!("'{text}'");
    let mut script = format!("{};\n\n", include_str!("../sql/begin.sql").trim_end());
    let mut add = |statement: &str| {
        // Writing to a string cannot fail.
        let _ = write!(script, "{statement};\n\n");
    };
    add(&text(CREATE_SCHEMA));
    add(&text(CREATE_MIGRATION_TABLE));
    add(&text(ENTER_SCHEMA).replace("$1 ||", &format!("{} ||", quoted(schema))));
    for migration in MIGRATIONS {
        add(migration.sql.trim_end().trim_end_matches(';'));
        let values =
            [migration.number.to_string(), quoted(migration.name), quoted(&migration.hash())];
        add(&text(RECORD_MIGRATION).replace("($1, $2, $3)", &format!("({})", values.join(", "))));
    }
    add(include_str!("../sql/commit.sql").trim_end());
    script
}
