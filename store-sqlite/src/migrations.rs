//! Makes the tables, and brings them up to date: numbered steps, forward only, one starter at a time.

use std::{collections::BTreeSet, fmt::Write, fs};

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::{Applied, Migration, missing_migrations};
use sqlx::{
    ConnectOptions, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use tokio::time::Instant;

use crate::{
    connections::Connections,
    error::{is_for_being_busy, store_error},
    location::Location,
    settings::{SqliteSettings, invalid},
};

const DESCRIBE_FILE: &str = include_str!("../sql/describe_file.sql");
const USE_WAL: &str = include_str!("../sql/use_wal.sql");
const CREATE_MIGRATION_TABLE: &str = include_str!("../sql/create_migration_table.sql");
const READ_MIGRATIONS: &str = include_str!("../sql/read_migrations.sql");
const RECORD_MIGRATION: &str = include_str!("../sql/record_migration.sql");
const DESCRIBE_SCHEMA: &str = include_str!("../sql/describe_schema.sql");

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "event", sql: include_str!("../migrations/0001_event.sql") },
    Migration { number: 2, name: "snapshot", sql: include_str!("../migrations/0002_snapshot.sql") },
    Migration {
        number: 3,
        name: "checkpoint",
        sql: include_str!("../migrations/0003_checkpoint.sql"),
    },
    Migration {
        number: 4,
        name: "readable_event",
        sql: include_str!("../migrations/0004_readable_event.sql"),
    },
    Migration { number: 5, name: "record", sql: include_str!("../migrations/0005_record.sql") },
];

/// All migrations there are, in order: what opening a log applies where it was not applied before.
pub fn migrations() -> &'static [Migration] {
    MIGRATIONS
}

/// Everything that makes the tables from nothing, to be read, or run with `sqlite3`. A log can then be
/// opened with `migrate` off.
pub fn migration_script() -> String {
    let mut script = String::from(include_str!("../sql/begin.sql").trim_end());
    let mut add = |statement: &str| {
        // Writing to a string cannot fail.
        let _ = write!(script, ";\n\n{}", statement.trim_end().trim_end_matches(';'));
    };
    add(CREATE_MIGRATION_TABLE);
    for migration in MIGRATIONS {
        add(migration.sql);
        let Migration { number, name, .. } = migration;
        let values = format!("({number}, '{name}', '{}')", migration.hash());
        add(&RECORD_MIGRATION.replace("($1, $2, $3)", &values));
    }
    add(include_str!("../sql/commit.sql"));
    script.push_str(";\n");
    script
}

/// Sees to it that the database is there, and is what this program works with. Others may do so at the same
/// time.
pub(crate) async fn prepare(
    writing: &Connections,
    location: &Location,
    settings: &SqliteSettings,
) -> Result<(), StoreError> {
    let begin = Instant::now();
    loop {
        match try_to_prepare(writing, location, settings).await {
            Err(error) if is_for_being_busy(&error) && begin.elapsed() < settings.busy_timeout => {}
            prepared => return prepared,
        }
    }
}

async fn try_to_prepare(
    writing: &Connections,
    location: &Location,
    settings: &SqliteSettings,
) -> Result<(), StoreError> {
    prepare_directory(location, settings)?;
    if matches!(location, Location::File(_)) && settings.migrate {
        writing.make_file().await?;
    }
    let mut lent = writing.lend().await?;
    // Before anything is done to it: it may be somebody else's.
    let missing = missing(lent.connection(), settings).await?;
    if !missing.is_empty() && !settings.migrate {
        return Err(not_migrated(missing));
    }
    if let Location::File(_) = location {
        use_wal(lent.connection()).await?;
    }
    lent.give_back();
    if !missing.is_empty() {
        let mut lent = writing.begin().await?;
        migrate(lent.connection(), settings).await?;
        lent.commit().await?;
    }
    let mut lent = writing.lend().await?;
    check_shape(lent.connection()).await?;
    lent.give_back();
    Ok(())
}

/// Sees to it that there is a place for the file, or the file itself if none is to be made.
fn prepare_directory(location: &Location, settings: &SqliteSettings) -> Result<(), StoreError> {
    let Location::File(path) = location else { return Ok(()) };
    let failed =
        |message| move |error| StoreError::because(StoreErrorKind::Unavailable, message, error);
    if !settings.migrate {
        let is_there = path.try_exists().map_err(failed("the file cannot be looked for"))?;
        let message = "there is no log, and none is to be made: open it once with `migrate` on";
        return if is_there { Ok(()) } else { Err(invalid(message)) };
    }
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory).map_err(failed("the directory of the log cannot be made"))
}

/// Lets readers and the writer not wait for each other. That stays with the file.
async fn use_wal(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let row = sqlx::query(USE_WAL).fetch_one(connection).await.map_err(store_error)?;
    let mode: &str = row.try_get(0).map_err(store_error)?;
    match mode {
        "wal" => Ok(()),
        _ => Err(invalid(format!(
            "the database cannot have a write-ahead log, but only the journal mode `{mode}`: its file \
             system lacks what that needs"
        ))),
    }
}

/// Applies what is missing, in a transaction that nobody else can have.
async fn migrate(
    connection: &mut SqliteConnection,
    settings: &SqliteSettings,
) -> Result<(), StoreError> {
    // Somebody may have been first.
    let missing = missing(connection, settings).await?;
    let run = async {
        if missing.len() == MIGRATIONS.len() {
            sqlx::raw_sql(CREATE_MIGRATION_TABLE).execute(&mut *connection).await?;
        }
        for migration in missing {
            sqlx::raw_sql(migration.sql).execute(&mut *connection).await?;
            let record = sqlx::query(RECORD_MIGRATION)
                .bind(migration.number)
                .bind(migration.name)
                .bind(migration.hash());
            record.execute(&mut *connection).await?;
        }
        Ok(())
    };
    run.await.map_err(store_error)
}

/// The migrations that were not applied yet.
async fn missing(
    connection: &mut SqliteConnection,
    settings: &SqliteSettings,
) -> Result<&'static [Migration], StoreError> {
    let row = sqlx::query(DESCRIBE_FILE).fetch_one(&mut *connection).await.map_err(store_error)?;
    let read = || Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    let (has_tables, has_migrations, encoding): (bool, bool, &str) = read().map_err(store_error)?;
    if encoding != "UTF-8" {
        return Err(invalid(format!(
            "the database is encoded in {encoding}, and must be in UTF-8"
        )));
    }
    if !has_migrations {
        if has_tables && !settings.adopt {
            return Err(invalid(
                "the database is another program's: it has tables, and none of a log; if one is to be \
                 made beside them, open it with `adopt` on",
            ));
        }
        return Ok(MIGRATIONS);
    }
    let rows = sqlx::query(READ_MIGRATIONS).fetch_all(connection).await.map_err(store_error)?;
    let applied = |row: &SqliteRow| {
        Ok(Applied { number: row.try_get(0)?, name: row.try_get(1)?, hash: row.try_get(2)? })
    };
    let applied: Vec<_> =
        rows.iter().map(applied).collect::<Result<_, _>>().map_err(store_error)?;
    missing_migrations("the database", MIGRATIONS, &applied)
}

/// Compares the tables with what the migrations make. What was added to them, an index for instance, is
/// none of our concern.
async fn check_shape(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let memory = SqliteConnectOptions::new().in_memory(true).disable_statement_logging();
    let mut pristine = memory.connect().await.map_err(store_error)?;
    migrate(&mut pristine, &SqliteSettings::default()).await?;
    let (wanted, found) = (describe(&mut pristine).await?, describe(connection).await?);
    let missing: Vec<_> = wanted.difference(&found).map(|(name, _)| name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing = missing.join(", ");
    Err(invalid(format!("the database was changed by hand; other than they should be: {missing}")))
}

/// Each of our tables, indexes, triggers and views, and how it was defined.
async fn describe(
    connection: &mut SqliteConnection,
) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows = sqlx::query(DESCRIBE_SCHEMA).fetch_all(connection).await.map_err(store_error)?;
    let described = |row: &SqliteRow| {
        let (kind, name): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        Ok((format!("{kind} {name}"), row.try_get(2)?))
    };
    rows.iter().map(described).collect::<Result<_, _>>().map_err(store_error)
}

fn not_migrated(missing: &[Migration]) -> StoreError {
    let names: Vec<_> =
        missing.iter().map(|Migration { number, name, .. }| format!("{number} {name}")).collect();
    let names = names.join(", ");
    invalid(format!(
        "the database lacks the migrations {names}: open it once with `migrate` on, or run what \
         `migration_script` prints"
    ))
}
