//! The log for people and for other programs.

use annals_core::{EventStore, Expected, Payload};

use crate::{
    database::{connect, fresh_settings, open},
    words::{append, event_of, stream, whole_log},
};

/// Payloads, and what is read of them as JSON.
fn payloads() -> Vec<(Payload, Option<&'static str>)> {
    let bytes = |bytes: &'static [u8]| Payload::from(bytes.to_vec());
    vec![
        (r#"{"b": 1,  "a": [true, null]}"#.into(), Some(r#"{"a": [true, null], "b": 1}"#)),
        (r#"{"b": 1, "b": 2}"#.into(), Some(r#"{"b": 2}"#)),
        ("12.50".into(), Some("12.50")),
        (r#""\\u0000 é""#.into(), Some(r#""\\u0000 é""#)),
        ("null".into(), Some("null")),
        ("".into(), None),
        ("plain text".into(), None),
        (r#"{"half": "#.into(), None),
        ("\0".into(), None),
        (r#"{"nul": "\u0000"}"#.into(), None),
        (r#"{"surrogate": "\ud800"}"#.into(), None),
        (bytes(b"\xff\xfe"), None),
        (bytes(b"{\"latin\": \"\xe9\"}"), None),
        ("1e999999".into(), None),
        ("[".repeat(100_000).into(), None),
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into(), None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payload_is_readable_as_json_where_it_is_json_and_kept_byte_for_byte() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut sql = connect(&settings).await;
    sql.run("CREATE INDEX by_owner ON event ((as_json(payload) ->> 'owner'))").await;
    let payloads = payloads();
    for (payload, _) in &payloads {
        let event = event_of("noted", payload.clone());
        store.append(&append(&stream("ada"), Expected::Any, vec![event])).await.unwrap();
    }

    let read = "SELECT payload::text FROM readable_event ORDER BY position";
    let read = sql.column::<Option<String>>(read).await;
    let expected: Vec<_> = payloads.iter().map(|(_, json)| json.map(String::from)).collect();
    assert_eq!(read, expected);
    let kept = sql.column::<Vec<u8>>("SELECT payload FROM event ORDER BY position").await;
    assert!(kept.iter().eq(payloads.iter().map(|(payload, _)| payload.as_bytes())));
    assert!(
        whole_log(&store)
            .await
            .iter()
            .map(|event| &event.payload)
            .eq(payloads.iter().map(|(payload, _)| payload))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_on_what_is_in_payloads_is_used() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut sql = connect(&settings).await;
    sql.run("CREATE INDEX by_owner ON event ((as_json(payload) ->> 'owner'))").await;
    let events = (0..2_000).map(|n| event_of("opened", format!(r#"{{"owner": "{n}"}}"#)));
    store.append(&append(&stream("ada"), Expected::Any, events.collect())).await.unwrap();
    sql.run("ANALYZE event").await;

    let find = "SELECT position FROM readable_event WHERE payload ->> 'owner' = '777'";
    let plan = sql.column::<String>(&format!("EXPLAIN {find}")).await.join("\n");
    assert!(plan.contains("Index Scan using by_owner"), "{plan}");
    assert_eq!(sql.column::<i64>(find).await, [778]);
}
