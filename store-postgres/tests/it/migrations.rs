//! How a log's schema comes to be, and which schemas are refused.

use std::sync::Arc;

use annals_core::{ReadModels, Record, StoreError};
use annals_postgres::{PostgresSettings, PostgresStore, migration_script, migrations};
use tokio::{spawn, sync::Barrier};

use crate::{
    database::{connect, fresh_database, fresh_name, fresh_settings, open, url},
    sql::Sql,
    words::{assert_invalid, eventually, record, soon, whole_log},
};

/// Everything in the schema, as PostgreSQL writes it out.
pub(crate) const DEFINITIONS: &str = include_str!("definitions.sql");

const DESCRIBE: &str = include_str!("../../sql/describe_schema.sql");
const CREATE_MIGRATION_TABLE: &str = include_str!("../../sql/create_migration_table.sql");
const RECORD_MIGRATION: &str = include_str!("../../sql/record_migration.sql");
const SHAPE: &str = include_str!("../../migrations/shape.txt");

/// What is done by hand to a schema, and what of it is then missed.
const CHANGES: [(&str, &str); 12] = [
    ("DROP TRIGGER event_no_delete ON event", "trigger event_no_delete on event"),
    ("ALTER TABLE event DISABLE TRIGGER event_no_update", "trigger event_no_update on event"),
    ("ALTER TABLE event ENABLE REPLICA TRIGGER event_no_truncate", "trigger event_no_truncate"),
    ("DROP INDEX event_type_position", "index event_type_position on event type, position"),
    ("ALTER TABLE event DROP CONSTRAINT event_id", "unique index event_id on event id"),
    (
        "DROP INDEX event_type_position; CREATE INDEX event_type_position ON event (position, type)",
        "index event_type_position on event type, position",
    ),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
         AS 'BEGIN RETURN NULL; END'",
        "function refuse_change",
    ),
    ("ALTER FUNCTION append RESET enable_seqscan", "function append"),
    ("ALTER TABLE record ALTER COLUMN content DROP NOT NULL", "column record.content"),
    (
        "ALTER TABLE snapshot ALTER COLUMN shape TYPE text COLLATE \"POSIX\"",
        "column snapshot.shape",
    ),
    ("ALTER TABLE snapshot ALTER COLUMN last_id DROP NOT NULL", "column snapshot.last_id"),
    ("DROP VIEW readable_event", "column readable_event.payload"),
];

async fn refused(settings: &PostgresSettings) -> StoreError {
    PostgresStore::open(&url(), settings.clone()).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_open_a_log_first_at_once_one_migrates_and_all_succeed() {
    for _ in 0..3 {
        let settings = fresh_settings();
        let start = Arc::new(Barrier::new(8));
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let (settings, start) = (settings.clone(), start.clone());
                spawn(async move {
                    start.wait().await;
                    open(&settings).await
                })
            })
            .collect();
        for opener in openers {
            record(&soon(opener).await.unwrap(), "ada", 1).await;
        }
        let applied = "SELECT number FROM migration ORDER BY applied_at, number";
        let applied: Vec<i32> = connect(&settings).await.column(applied).await;
        assert!(applied.into_iter().eq(migrations().iter().map(|migration| migration.number)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_log_again_changes_nothing() {
    let settings = fresh_settings();
    let mut sql = connect(&settings).await;
    record(&open(&settings).await, "ada", 3).await;
    let rows = "SELECT concat(xmin, ' ', migration) FROM migration";
    let before: (Vec<String>, Vec<String>) =
        (sql.column(rows).await, sql.column(DEFINITIONS).await);

    let store = open(&settings).await;

    assert_eq!((sql.column(rows).await, sql.column(DEFINITIONS).await), before);
    assert_eq!(whole_log(&store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_newer_than_the_program_is_refused_with_both_named() {
    let settings = fresh_settings();
    open(&settings).await;
    let insert = "INSERT INTO migration VALUES (99, 'tomorrow', 'x')";
    connect(&settings).await.run(insert).await;

    let ours = format!("the last one known here is {}", migrations().len());
    let schema = settings.schema.as_str();
    assert_invalid(&refused(&settings).await, &[schema, "newer", "99 tomorrow", &ours]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_made_by_other_steps_is_refused_with_the_first_of_them_named() {
    for change in [
        "UPDATE migration SET hash = 'x' WHERE number = 2",
        "DELETE FROM migration WHERE number = 1",
    ] {
        let settings = fresh_settings();
        open(&settings).await;
        connect(&settings).await.run(change).await;
        assert_invalid(&refused(&settings).await, &["other steps", "2 append"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_was_changed_by_hand_is_refused_with_the_change_named() {
    for (change, missed) in CHANGES {
        let settings = fresh_settings();
        open(&settings).await;
        connect(&settings).await.run(change).await;
        assert_invalid(&refused(&settings).await, &["by hand", missed]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_users_add_to_a_schema_is_none_of_its_concern() {
    let settings = fresh_settings();
    record(&open(&settings).await, "ada", 1).await;
    let mut sql = connect(&settings).await;
    sql.run("CREATE INDEX theirs ON event (recorded_at)").await;
    sql.run("CREATE INDEX theirs_too ON event ((as_json(payload) ->> 'owner'))").await;
    sql.run("CREATE TABLE balance (owner text); CREATE VIEW owner AS TABLE balance").await;
    sql.run("ALTER TABLE event ADD COLUMN note text").await;

    let store = open(&settings).await;
    record(&store, "ada", 1).await;
    assert_eq!(whole_log(&store).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_migrate_what_is_missing_is_named_and_nothing_is_made() {
    let settings = PostgresSettings { migrate: false, ..fresh_settings() };
    let names: Vec<_> =
        migrations().iter().map(|it| format!("{} {}", it.number, it.name)).collect();
    let all = names.join(", ");

    assert_invalid(&refused(&settings).await, &[&settings.schema, &all]);
    let schema = format!("SELECT to_regnamespace('{}')::text", settings.schema);
    assert_eq!(connect(&settings).await.ask::<Option<String>>(&schema).await, None);

    open(&PostgresSettings { migrate: true, ..settings.clone() }).await;
    let forget = "DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)";
    connect(&settings).await.run(forget).await;
    let error = refused(&settings).await;
    let (last, others) = names.split_last().unwrap();
    assert_invalid(&error, &[last]);
    assert!(others.iter().all(|name| !error.to_string().contains(name)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let settings = fresh_settings();
    let mut sql = connect(&settings).await;
    sql.run(&format!("CREATE SCHEMA {}; CREATE TABLE record ()", settings.schema)).await;

    refused(&settings).await;

    let tables = "SELECT relname::text FROM pg_class
                  WHERE relnamespace = current_schema()::regnamespace";
    assert_eq!(sql.column::<String>(tables).await, ["record"]);
    sql.run("DROP TABLE record").await;
    record(&open(&settings).await, "ada", 1).await;
}

/// A schema as the migrations before that of this number leave it.
async fn migrated_before(number: i32, settings: &PostgresSettings) -> Sql {
    let mut sql = connect(settings).await;
    sql.run(&format!("CREATE SCHEMA {}", settings.schema)).await;
    sql.run(&CREATE_MIGRATION_TABLE.replace("annals", &settings.schema)).await;
    for migration in migrations().iter().filter(|migration| migration.number < number) {
        let record = RECORD_MIGRATION.replace("annals", &settings.schema);
        let record = sqlx::query(sqlx::AssertSqlSafe(record));
        let record = record.bind(migration.number).bind(migration.name).bind(migration.hash());
        sql.run(migration.sql).await;
        record.execute(sql.connection()).await.unwrap();
    }
    sql
}

const CHECKPOINTS: &str = "INSERT INTO checkpoint (name, position, last_id) VALUES
    ('balances', 17, '0190163d-8694-739b-aea5-966c26f8ad91'),
    ('at the start', 0, NULL),
    ('100 %/Übersicht/%2F', 9223372036854775807, NULL)";

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_become_records_that_say_the_same() {
    let settings = fresh_settings();
    let mut sql = migrated_before(6, &settings).await;
    sql.run(CHECKPOINTS).await;

    let models = open(&settings).await.read_models();

    let record = |key: &str, position: i64, last: &str| Record {
        key: format!("{key}/1/0000"),
        content: format!(r#"{{"end":1024,"position":{position},"last":{last},"owner":null}}"#),
    };
    let expected = [
        record("100 %25%2FÜbersicht%2F%252F", i64::MAX, "null"),
        record("at the start", 0, "null"),
        record("balances", 17, "\"0190163d-8694-739b-aea5-966c26f8ad91\""),
    ];
    assert_eq!(models.records("checkpoint", "", "", 10).await.unwrap(), expected);
    assert_eq!(sql.ask::<Option<String>>("SELECT to_regclass('checkpoint')::text").await, None);
}

/// A runner of the version before may be about to commit.
#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_that_moves_while_it_becomes_a_record_is_where_it_moved_to() {
    let settings = fresh_settings();
    let mut runner = migrated_before(6, &settings).await;
    runner.run(CHECKPOINTS).await;
    runner.run("BEGIN; UPDATE checkpoint SET position = 18 WHERE name = 'balances'").await;
    let opening = spawn({
        let settings = settings.clone();
        async move { open(&settings).await }
    });
    let waits = "SELECT count(*) FROM pg_locks
                 WHERE NOT granted AND relation = 'checkpoint'::regclass";
    eventually(async || runner.ask::<i64>(waits).await == 1).await;
    runner.run("COMMIT").await;

    let models = soon(opening).await.unwrap().read_models();
    let found = models.record("checkpoint", "balances/1/0000").await.unwrap().unwrap();
    assert!(found.contains(r#""position":18,"#), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_makes_exactly_what_opening_makes() {
    let (opened, scripted) = (fresh_settings(), fresh_settings());
    open(&opened).await;
    let mut made = connect(&scripted).await;
    made.run(&migration_script(&scripted.schema).unwrap()).await;
    let mut found = connect(&opened).await;

    let path_after = "SELECT current_setting('search_path')";
    assert_eq!(made.ask::<String>(path_after).await, scripted.schema);
    let recorded = "SELECT concat_ws(' ', number, name, hash) FROM migration ORDER BY number";
    for question in [DEFINITIONS, recorded] {
        let (made, found): (Vec<String>, Vec<String>) =
            (made.column(question).await, found.column(question).await);
        assert!(made.len() >= migrations().len());
        assert_eq!(made, found);
    }
    open(&PostgresSettings { migrate: false, ..scripted }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shape_is_every_line_of_a_fresh_schema_and_no_other() {
    let settings = fresh_settings();
    open(&settings).await;
    let mut sql = connect(&settings).await;
    let found = sqlx::query_scalar::<_, String>(DESCRIBE).bind(&settings.schema);
    let mut found = found.fetch_all(sql.connection()).await.unwrap();
    let mut shape: Vec<_> = SHAPE.lines().collect();
    found.sort_unstable();
    shape.sort_unstable();
    assert_eq!(found, shape);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_in_utf8_is_refused() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let options = format!("ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
        let url = fresh_database(&options).await;
        let error = PostgresStore::open(&url, PostgresSettings::default()).await.unwrap_err();
        assert_invalid(&error, &[encoding, "UTF8"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_names_the_schema_and_forbids_to_migrate() {
    let schema = fresh_name();
    let (here, defaults) = (format!("{}?schema={schema}", url()), PostgresSettings::default());
    let forbidden = PostgresStore::open(&format!("{here}&migrate=false"), defaults.clone()).await;
    assert_invalid(&forbidden.unwrap_err(), &[&schema, "1 event"]);

    let store = PostgresStore::open(&here, defaults.clone()).await.unwrap();
    record(&store, "ada", 1).await;
    let mut sql = Sql::connect(&url(), &schema).await;
    assert_eq!(sql.ask::<i64>("SELECT count(*) FROM event").await, 1);
    PostgresStore::open(&format!("{here}&migrate=false"), defaults).await.unwrap();
}
