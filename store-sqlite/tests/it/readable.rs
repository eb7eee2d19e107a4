//! The log for people and for other programs.

use annals_core::{EventStore, Expected, Payload};

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{append, event_of, record, stream, whole_log},
};

/// Payloads, and what is read of them as JSON.
fn payloads() -> Vec<(Payload, Option<&'static str>)> {
    let bytes = |bytes: &'static [u8]| Payload::from(bytes.to_vec());
    vec![
        (r#"{"b": 1,  "a": [true, null]}"#.into(), Some(r#"{"b": 1,  "a": [true, null]}"#)),
        ("12.50".into(), Some("12.50")),
        ("null".into(), Some("null")),
        (r#""é \ud83d\ude00""#.into(), Some(r#""é \ud83d\ude00""#)),
        ("".into(), None),
        ("plain text".into(), None),
        (r#"{"half": "#.into(), None),
        ("{'not': 1}".into(), None),
        ("{\"nul\": 1}\0".into(), None),
        ("\0".into(), None),
        (bytes(b"\xff\xfe"), None),
        ("[".repeat(100_000).into(), None),
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into(), None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_readable_as_json_where_it_is_json_and_kept_byte_for_byte() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    let payloads = payloads();
    for (payload, _) in &payloads {
        let event = event_of("noted", payload.clone());
        store.append(&append(&stream("ada"), Expected::Any, vec![event])).await.unwrap();
    }

    let read = "SELECT payload FROM annals_readable_event ORDER BY position";
    let read = sql.column::<Option<String>>(read).await;
    for (n, (read, (payload, json))) in read.iter().zip(&payloads).enumerate() {
        assert_eq!(read.as_deref(), *json, "{n}: {payload:?}");
    }
    let log = whole_log(&store).await;
    assert!(log.iter().map(|event| &event.payload).eq(payloads.iter().map(|(it, _)| it)));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_times_are_written_as_they_are_elsewhere() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 1).await;
    let event = whole_log(&store).await.remove(0);
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    let id = event.id.0.simple().to_string();
    assert_eq!(sql.ask::<String>("SELECT id FROM annals_readable_event").await, id);
    let at = event.recorded_at.as_micros();
    let seconds = "SELECT unixepoch(recorded_at) FROM annals_readable_event";
    assert_eq!(sql.ask::<i64>(seconds).await, at.div_euclid(1_000_000));

    for (micros, text) in [
        (0_i64, "1970-01-01T00:00:00.000000Z"),
        (1_000_001, "1970-01-01T00:00:01.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (-1_000_000, "1969-12-31T23:59:59.000000Z"),
        (-1_000_001, "1969-12-31T23:59:58.999999Z"),
        (951_782_400_500_000, "2000-02-29T00:00:00.500000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ] {
        let insert = format!(
            "INSERT INTO annals_event
             SELECT max(position) + 1, max(revision) + 1, {micros}, randomblob(16), 1, stream, type,
             NULL, payload FROM annals_event"
        );
        sql.run(&insert).await;
        let read = "SELECT recorded_at FROM annals_readable_event ORDER BY position DESC LIMIT 1";
        assert_eq!(sql.ask::<String>(read).await, text, "{micros}");
    }
}
