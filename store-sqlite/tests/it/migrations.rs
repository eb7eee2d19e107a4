//! How a log's tables come to be, and which are refused.

use std::{fs, path::Path, sync::Arc};

use annals_core::{ReadModels, StoreError, Table, TableColumn, ValueKind};
use annals_sqlite::{SqliteSettings, SqliteStore, migration_script, migrations};
use tokio::{spawn, sync::Barrier};

use crate::{
    database::{Directory, open},
    processes::{Other, hear, part, say},
    sql::Sql,
    words::{assert_gapless, assert_invalid, eventually, record, soon, whole_log},
};

const DEFINITIONS: &str = "SELECT concat_ws(' ', type, name, sql) FROM sqlite_schema ORDER BY name";
const RECORDED: &str =
    "SELECT concat_ws(' ', number, name, hash) FROM annals_migration ORDER BY number";

/// What is done by hand to the tables, and what of them is then other than it should be.
const CHANGES: [(&str, &str); 12] = [
    ("DROP INDEX annals_event_type", "index annals_event_type"),
    (
        "DROP INDEX annals_event_id; CREATE INDEX annals_event_id ON annals_event (id)",
        "index annals_event_id",
    ),
    (
        "DROP INDEX annals_event_stream_revision;
         CREATE UNIQUE INDEX annals_event_stream_revision ON annals_event (revision, stream)",
        "index annals_event_stream_revision",
    ),
    ("DROP TRIGGER annals_event_no_update", "trigger annals_event_no_update"),
    ("DROP TRIGGER annals_event_no_delete", "trigger annals_event_no_delete"),
    ("DROP TRIGGER annals_event_in_order", "trigger annals_event_in_order"),
    (
        "DROP TRIGGER annals_event_no_delete;
         CREATE TRIGGER annals_event_no_delete BEFORE DELETE ON annals_event BEGIN SELECT 1; END",
        "trigger annals_event_no_delete",
    ),
    ("ALTER TABLE annals_event ADD COLUMN note TEXT", "table annals_event"),
    ("ALTER TABLE annals_record RENAME COLUMN content TO text", "table annals_record"),
    ("DROP TABLE annals_snapshot", "table annals_snapshot"),
    ("DROP VIEW annals_readable_event", "view annals_readable_event"),
    (
        "DROP VIEW annals_readable_event;
         CREATE VIEW annals_readable_event AS SELECT * FROM annals_event",
        "view annals_readable_event",
    ),
];

fn without_migrate() -> SqliteSettings {
    SqliteSettings { migrate: false, ..SqliteSettings::default() }
}

async fn refused(path: &Path, settings: &SqliteSettings) -> StoreError {
    SqliteStore::open_file(path, settings.clone()).await.unwrap_err()
}

/// A file with a log in it, and a plain connection to it.
async fn made(directory: &Directory, name: &str) -> (std::path::PathBuf, Sql) {
    let path = directory.join(name);
    record(&open(&path).await, "ada", 1).await;
    let sql = Sql::connect(&path).await;
    (path, sql)
}

/// A file as a program made it that had so many migrations.
async fn made_by(number: usize, path: &Path) -> Sql {
    let mut sql = Sql::create(path).await;
    sql.run("PRAGMA journal_mode = WAL").await;
    sql.run(include_str!("../../sql/create_migration_table.sql")).await;
    for migration in &migrations()[..number] {
        sql.run(migration.sql).await;
        let (number, name, hash) = (migration.number, migration.name, migration.hash());
        sql.run(&format!("INSERT INTO annals_migration VALUES ({number}, '{name}', '{hash}')"))
            .await;
    }
    sql
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_open_a_log_first_at_once_one_migrates_and_all_succeed() {
    for _ in 0..5 {
        let directory = Directory::new();
        let start = Arc::new(Barrier::new(8));
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let (path, start) = (directory.join("new/log.db"), start.clone());
                spawn(async move {
                    start.wait().await;
                    open(&path).await
                })
            })
            .collect();
        let mut last = None;
        for opener in openers {
            let store = soon(opener).await.unwrap();
            record(&store, "ada", 1).await;
            last = Some(store);
        }
        assert_gapless(&whole_log(&last.unwrap()).await, 8);
        let mut sql = Sql::connect(&directory.join("new/log.db")).await;
        assert_eq!(sql.column::<String>(RECORDED).await.len(), migrations().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_processes_that_open_a_log_first_at_once_one_migrates_and_all_succeed() {
    if let Some((_, path)) = part() {
        say("ready");
        hear();
        record(&open(&path).await, "ada", 1).await;
        return;
    }
    let directory = Directory::new();
    let path = directory.join("log.db");
    let test =
        "migrations::of_many_processes_that_open_a_log_first_at_once_one_migrates_and_all_succeed";
    let mut others: Vec<_> = (0..8).map(|_| Other::play(test, "starter", &path)).collect();
    others.iter_mut().for_each(|other| assert_eq!(other.hear(), "ready"));
    others.iter_mut().for_each(|other| other.tell("go"));
    others.into_iter().for_each(Other::end);

    assert_gapless(&whole_log(&open(&path).await).await, 8);
    let mut sql = Sql::connect(&path).await;
    assert_eq!(sql.column::<String>(RECORDED).await.len(), migrations().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_log_again_changes_nothing() {
    let directory = Directory::new();
    let (path, mut sql) = made(&directory, "log.db").await;
    let before = (sql.column::<String>(DEFINITIONS).await, sql.column::<String>(RECORDED).await);
    let version: i64 = sql.ask("PRAGMA data_version").await;

    let store = open(&path).await;

    assert_eq!(sql.ask::<i64>("PRAGMA data_version").await, version, "something was written");
    assert_eq!((sql.column(DEFINITIONS).await, sql.column(RECORDED).await), before);
    assert_eq!(whole_log(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_newer_than_the_program_is_refused_with_both_named() {
    let directory = Directory::new();
    let (path, mut sql) = made(&directory, "log.db").await;
    sql.run("INSERT INTO annals_migration VALUES (99, 'tomorrow', 'x')").await;

    let ours = format!("the last one known here is {}", migrations().len());
    for settings in [SqliteSettings::default(), without_migrate()] {
        assert_invalid(&refused(&path, &settings).await, &["newer", "99 tomorrow", &ours]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_made_by_other_steps_is_refused_with_the_first_of_them_named() {
    let directory = Directory::new();
    for (change, n) in [
        ("UPDATE annals_migration SET hash = 'x' WHERE number = 2", 1),
        ("DELETE FROM annals_migration WHERE number = 1", 2),
    ] {
        let (path, mut sql) = made(&directory, &n.to_string()).await;
        sql.run(change).await;
        assert_invalid(
            &refused(&path, &SqliteSettings::default()).await,
            &["other steps", "2 snapshot"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_were_changed_by_hand_are_refused_with_the_change_named() {
    let directory = Directory::new();
    for (n, (change, named)) in CHANGES.iter().enumerate() {
        let (path, mut sql) = made(&directory, &n.to_string()).await;
        sql.run(change).await;
        for settings in [SqliteSettings::default(), without_migrate()] {
            let error = refused(&path, &settings).await;
            assert_invalid(&error, &["by hand"]);
            assert!(error.to_string().ends_with(&format!(": {named}")), "{change}: {error}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_users_add_is_none_of_its_concern() {
    let directory = Directory::new();
    let (path, mut sql) = made(&directory, "log.db").await;
    sql.run(
        "CREATE INDEX theirs ON annals_event (recorded_at);
         CREATE INDEX annals_theirs ON annals_event (revision);
         CREATE TABLE balance (owner TEXT); CREATE VIEW owner AS SELECT * FROM balance;
         CREATE TRIGGER count AFTER INSERT ON annals_event
         BEGIN INSERT INTO balance VALUES (NEW.stream); END;
         ANALYZE; VACUUM",
    )
    .await;

    let store = SqliteStore::open_file(&path, without_migrate()).await.unwrap();
    record(&store, "ada", 1).await;
    assert_gapless(&whole_log(&store).await, 2);
    assert_eq!(sql.column::<String>("SELECT owner FROM balance").await, ["test:ada"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_migrate_what_is_missing_is_named_and_nothing_is_made() {
    let directory = Directory::new();
    let names: Vec<_> =
        migrations().iter().map(|it| format!("{} {}", it.number, it.name)).collect();
    let error = refused(&directory.join("there/log.db"), &without_migrate()).await;
    assert_invalid(&error, &["there is no log", "`migrate` on"]);
    assert_eq!(names_in(&directory), [""; 0]);

    let empty = directory.join("empty.db");
    fs::write(&empty, "").unwrap();
    let error = refused(&empty, &without_migrate()).await;
    assert_invalid(&error, &["lacks the migrations", &names.join(", "), "`migrate` on"]);
    eventually(async || names_in(&directory) == ["empty.db"]).await;
    assert_eq!(fs::metadata(&empty).unwrap().len(), 0);
    fs::remove_file(empty).unwrap();

    let path = directory.join("log.db");
    made_by(4, &path).await.close().await;
    eventually(async || names_in(&directory) == ["log.db"]).await;
    let before = fs::read(&path).unwrap();
    let error = refused(&path, &without_migrate()).await;
    assert_invalid(&error, &["lacks the migrations 5 record:"]);
    eventually(async || names_in(&directory) == ["log.db"]).await;
    assert!(fs::read(&path).unwrap() == before, "the file was changed");

    record(&open(&path).await, "ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_of_earlier_versions_become_records() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let mut sql = made_by(4, &path).await;
    sql.run(
        "INSERT INTO annals_checkpoint VALUES
             ('balances', 17, x'0193a1b2c3d47e5f8a9bacbdcedfe0f1'),
             ('bank/größe', 9223372036854775807, x'00000000000000000000000000000000'),
             ('100%/%2F it''s \"so\"', 1, x'ffffffffffffffffffffffffffffffff'),
             ('at the start', 0, NULL)",
    )
    .await;
    sql.close().await;

    let read_models = open(&path).await.read_models();
    let found = read_models.records("checkpoint", "", "", 10).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| (it.key.as_str(), it.content.as_str())).collect();
    let expected = [
        (
            "100%25%2F%252F it's \"so\"/1/0000",
            r#"{"end":1024,"position":1,"last":"ffffffff-ffff-ffff-ffff-ffffffffffff","owner":null}"#,
        ),
        ("at the start/1/0000", r#"{"end":1024,"position":0,"last":null,"owner":null}"#),
        (
            "balances/1/0000",
            r#"{"end":1024,"position":17,"last":"0193a1b2-c3d4-7e5f-8a9b-acbdcedfe0f1","owner":null}"#,
        ),
        (
            "bank%2Fgröße/1/0000",
            r#"{"end":1024,"position":9223372036854775807,"last":"00000000-0000-0000-0000-000000000000","owner":null}"#,
        ),
    ];
    assert_eq!(found, expected);
    let mut sql = Sql::connect(&path).await;
    let tables = "SELECT name FROM sqlite_schema WHERE name LIKE '%checkpoint%'";
    assert_eq!(sql.column::<String>(tables).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_views_are_none_of_its_concern() {
    let directory = Directory::new();
    let (path, _) = made(&directory, "log.db").await;
    let column = TableColumn { name: "owner".into(), kind: ValueKind::Text, is_indexed: true };
    let table = Table::new("statement", vec![column]).unwrap();
    let mut tx = open(&path).await.read_models().begin().await.unwrap();
    tx.create_table(&table).await.unwrap();
    tx.commit().await.unwrap();
    for settings in [SqliteSettings::default(), without_migrate()] {
        record(&SqliteStore::open_file(&path, settings).await.unwrap(), "ada", 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let mut sql = Sql::create(&path).await;
    sql.run("CREATE TABLE annals_record (theirs)").await;

    let adopt = SqliteSettings { adopt: true, ..SqliteSettings::default() };
    assert_invalid(&refused(&path, &adopt).await, &[]);

    let tables = "SELECT name FROM sqlite_schema";
    assert_eq!(sql.column::<String>(tables).await, ["annals_record"]);
    sql.run("DROP TABLE annals_record").await;
    record(&SqliteStore::open_file(&path, adopt).await.unwrap(), "ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_makes_exactly_what_opening_makes() {
    let directory = Directory::new();
    let (_, mut opened) = made(&directory, "opened.db").await;
    let path = directory.join("scripted.db");
    let mut scripted = Sql::create(&path).await;
    scripted.run(&migration_script()).await;

    for question in [DEFINITIONS, RECORDED] {
        let made: Vec<String> = scripted.column(question).await;
        assert!(made.len() >= migrations().len());
        assert_eq!(made, opened.column::<String>(question).await);
    }
    let store = SqliteStore::open_file(&path, without_migrate()).await.unwrap();
    record(&store, "ada", 1).await;
    let mut reopened = Sql::connect(&path).await;
    assert_eq!(reopened.ask::<String>("PRAGMA journal_mode").await, "wal");
}
