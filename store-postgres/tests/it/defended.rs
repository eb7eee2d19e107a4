//! The database defends the log, whoever asks.

use crate::{
    database::{connect, fresh_settings, open},
    words::{record, whole_log},
};

/// What would change the log, also of no rows, also indirectly; all as the superuser.
const CHANGES: [&str; 10] = [
    "UPDATE event SET payload = 'x'",
    "UPDATE event SET payload = 'x' WHERE false",
    "UPDATE readable_event SET type = 'x'",
    "DELETE FROM event",
    "DELETE FROM event WHERE position = 3",
    "DELETE FROM event WHERE false",
    "TRUNCATE event",
    "TRUNCATE event CASCADE",
    "TRUNCATE snapshot, event, record",
    "INSERT INTO event SELECT * FROM event
     ON CONFLICT ON CONSTRAINT event_position DO UPDATE SET payload = 'x'",
];

#[tokio::test(flavor = "multi_thread")]
async fn events_are_neither_changed_nor_removed() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    record(&store, "ada", 3).await;
    let before = whole_log(&store).await;
    let mut sql = connect(&settings).await;
    assert!(sql.ask::<bool>("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").await);

    for change in CHANGES {
        let refusal = sql.refused(change).await;
        assert!(refusal.contains("events are never changed"), "{change}: {refusal}");
        assert!(refusal.contains(&settings.schema), "{change}: {refusal}");
    }
    sql.run("CREATE TABLE note (event bigint REFERENCES event (position) ON DELETE CASCADE)").await;
    for change in ["TRUNCATE event CASCADE", "DELETE FROM event WHERE position = 1"] {
        assert!(sql.refused(change).await.contains("events are never changed"), "{change}");
    }
    assert_eq!(whole_log(&store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_an_id_and_a_revision_are_given_once() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    record(&store, "ada", 3).await;
    let mut sql = connect(&settings).await;
    let again = |position, revision, id| {
        format!(
            "INSERT INTO event SELECT {position}, {revision}, recorded_at, {id}, version, stream,
             type, metadata, payload FROM event WHERE position = 3"
        )
    };
    for (copy, constraint) in [
        (again("3", "4", "gen_random_uuid()"), "event_position"),
        (again("4", "3", "gen_random_uuid()"), "event_stream_revision"),
        (again("4", "4", "id"), "event_id"),
        (again("0", "4", "gen_random_uuid()"), "ordinal_check"),
        (again("4", "0", "gen_random_uuid()"), "ordinal_check"),
    ] {
        let refusal = sql.refused(&copy).await;
        assert!(refusal.contains(&format!("\"{constraint}\"")), "{copy}: {refusal}");
    }
    assert_eq!(whole_log(&store).await.len(), 3);
}
