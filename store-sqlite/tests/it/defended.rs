//! The database defends the log, whoever asks.

use annals_core::{EventStore, Filter, Position, Revision, StoreErrorKind};
use futures::TryStreamExt;

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{record, stream, whole_log},
};

/// What would change the log, also of no more than one row.
const CHANGES: [&str; 12] = [
    "UPDATE annals_event SET payload = x'00'",
    "UPDATE annals_event SET payload = x'00' WHERE position = 2",
    "UPDATE OR REPLACE annals_event SET position = 3 WHERE position = 2",
    "UPDATE OR IGNORE annals_event SET position = 7 WHERE position = 2",
    "DELETE FROM annals_event",
    "DELETE FROM annals_event WHERE position = 3",
    "DELETE FROM annals_event WHERE position = 3 RETURNING position",
    "INSERT INTO annals_event SELECT * FROM annals_event WHERE true
     ON CONFLICT (position) DO UPDATE SET payload = x'00'",
    "INSERT INTO annals_event SELECT * FROM annals_event WHERE true
     ON CONFLICT (id) DO UPDATE SET payload = x'00'",
    "INSERT INTO annals_event SELECT * FROM annals_event WHERE true
     ON CONFLICT (stream, revision) DO UPDATE SET payload = x'00'",
    "REPLACE INTO annals_event SELECT * FROM annals_event",
    "INSERT OR REPLACE INTO annals_event SELECT * FROM annals_event WHERE position = 3",
];

/// A row beside those that are there, with this position, revision and id.
fn copy(verb: &str, position: &str, revision: &str, id: &str) -> String {
    format!(
        "{verb} INTO annals_event SELECT {position}, {revision}, recorded_at, {id}, version, stream,
         type, metadata, payload FROM annals_event WHERE position = 2"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_neither_changed_nor_removed_nor_replaced() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 3).await;
    let before = whole_log(&store).await;
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    let replacing = [
        copy("REPLACE", "2", "9", "randomblob(16)"),
        copy("REPLACE", "1", "2", "id"),
        copy("REPLACE", "5", "2", "id"),
    ];

    for recursive in ["ON", "OFF"] {
        sql.run(&format!("PRAGMA recursive_triggers = {recursive}")).await;
        for change in CHANGES.into_iter().chain(replacing.iter().map(String::as_str)) {
            let refusal = sql.refused(change).await;
            assert!(refusal.starts_with("events are never"), "{change}: {refusal}");
        }
    }
    assert_eq!(whole_log(&store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_an_id_and_a_revision_are_given_once_and_positions_have_no_gaps() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 3).await;
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    let fresh = "randomblob(16)";
    for (position, revision, id) in [
        ("3", "4", fresh),
        ("4", "3", fresh),
        ("4", "4", "id"),
        ("0", "4", fresh),
        ("-1", "4", fresh),
        ("5", "4", fresh),
        ("9223372036854775807", "4", fresh),
        ("NULL", "4", fresh),
        ("4", "0", fresh),
        ("4", "4", "x'00'"),
    ] {
        // To replace, by its id or revision, what is elsewhere leaves a hole: that is not seen to here.
        for verb in ["INSERT", "INSERT OR FAIL"] {
            sql.refused(&copy(verb, position, revision, id)).await;
        }
    }
    assert_eq!(whole_log(&store).await.len(), 3);
    sql.run(&copy("INSERT", "4", "4", fresh)).await;
    assert_eq!(record(&store, "ada", 1).await.position.get(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_log_is_an_error_to_who_reads_over_it() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 3).await;
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("DROP TRIGGER annals_event_no_delete; DELETE FROM annals_event WHERE position = 2")
        .await;

    for mut reading in [
        store.read_log(Position::START, Filter::All),
        store.read_stream(&stream("ada"), Revision::START),
    ] {
        assert_eq!(reading.try_next().await.unwrap().unwrap().position.get(), 1);
        let error = reading.try_next().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{error}");
        assert!(reading.try_next().await.unwrap().is_none(), "after an error there is nothing");
    }
}
