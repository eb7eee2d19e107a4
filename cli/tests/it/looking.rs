//! The verbs that only look.

use annals::{EventId, prelude::*};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    account::{append, deposit, event},
    place::{Place, everywhere},
    tool::shape,
};

everywhere!(
    a_log_is_shown_at_a_glance,
    streams_are_listed_by_category,
    a_stream_is_read_as_it_was,
    the_end_of_the_log_is_shown_by_type,
    what_followed_from_one_beginning_is_a_tree,
    events_are_counted_by_category_type_and_day,
);

/// A few events on two accounts and in one order.
async fn fill(place: &Place) -> Annals {
    let annals = place.open().await;
    deposit(&annals, "ada", &[1, 2]).await;
    deposit(&annals, "bob", &[3]).await;
    append(&annals, vec![("order:7", vec![event(7, "order-placed", "{}", Metadata::default())])])
        .await;
    deposit(&annals, "ada", &[4]).await;
    annals
}

fn texts(lines: &[Value], field: &str) -> Vec<String> {
    lines.iter().map(|line| line[field].to_string().trim_matches('"').to_owned()).collect()
}

async fn a_log_is_shown_at_a_glance(place: Place) {
    let _annals = fill(&place).await;
    let shown = place.run(["info"]).done();
    for expected in ["events        5", "streams       3", "projections   none", "schema"] {
        assert!(shown.contains(expected), "{shown}");
    }
    let info = place.run(["info", "--json"]).json().remove(0);
    let expected = json!({
        "store": "text", "url": "text", "head": "number", "streams": "number",
        "first_recorded_at": "text", "last_recorded_at": "text", "size_bytes": "number",
        "schema_version": "number", "migrations": [{ "number": "number", "name": "text" }],
        "projections": [],
    });
    assert_eq!(shape(&info), expected);
    assert_eq!((&info["head"], &info["streams"]), (&json!(5), &json!(3)));
    assert!(info["size_bytes"].as_u64().unwrap() > 1_000);
    assert_eq!(place.run(["info", "--quick", "--json"]).json()[0]["streams"], Value::Null);
}

async fn streams_are_listed_by_category(place: Place) {
    let _annals = fill(&place).await;
    let lines = place.run(["streams", "--json"]).json();
    assert_eq!(texts(&lines, "stream"), ["account:ada", "account:bob", "order:7"]);
    assert_eq!(texts(&lines, "revision"), ["3", "1", "1"]);
    let expected = json!({
        "stream": "text", "category": "text", "revision": "number",
        "first_recorded_at": "text", "last_recorded_at": "text",
    });
    assert_eq!(shape(&lines[0]), expected);
    let shown = place.run(["streams", "--category", "account"]).done();
    assert!(shown.lines().count() == 3 && shown.contains("account:bob       1"), "{shown}");
    assert_eq!(place.run(["streams", "--category", "none"]).done(), "no streams\n");
}

async fn a_stream_is_read_as_it_was(place: Place) {
    let _annals = fill(&place).await;
    let all = place.run(["read", "account:ada", "--json"]).json();
    let expected = json!({
        "position": "number", "stream": "text", "revision": "number", "id": "text", "type": "text",
        "schema_version": "number", "recorded_at": "text", "metadata": {},
        "payload": { "cents": "number" },
    });
    assert_eq!(shape(&all[0]), expected);
    assert_eq!(texts(&all, "position"), ["1", "2", "5"]);
    let revisions = |args: [&str; 3]| {
        texts(
            &place.run(["read", "account:ada", "--json", args[0], args[1], args[2]]).json(),
            "revision",
        )
    };
    assert_eq!(revisions(["--after", "1", "--full"]), ["2", "3"]);
    assert_eq!(revisions(["--as-of", "4", "--full"]), ["1", "2"]);
    let time = all[1]["recorded_at"].as_str().unwrap();
    assert_eq!(revisions(["--as-of", time, "--full"]), ["1", "2"]);
    assert_eq!(revisions(["--as-of", "1999-01-01T00:00:00Z", "--full"]), [""; 0]);
    let shown = place.run(["read", "account:bob"]).done();
    assert!(shown.contains("account:bob@1  money-deposited  {\"cents\":3}"), "{shown}");
    let full = place.run(["read", "account:bob", "--full"]).done();
    assert!(full.contains("schema version") && full.contains("payload"), "{full}");
}

async fn the_end_of_the_log_is_shown_by_type(place: Place) {
    let annals = fill(&place).await;
    let positions = |args: [&str; 4]| {
        texts(&place.run(["tail", "--json", args[0], args[1], args[2], args[3]]).json(), "position")
    };
    assert_eq!(positions(["-n", "2", "--full", "-y"]), ["4", "5"]);
    assert_eq!(positions(["--after", "3", "--full", "-y"]), ["4", "5"]);
    assert_eq!(positions(["-n", "2", "--type", "money-deposited"]), ["3", "5"]);
    let both = ["--type", "order-placed", "--type", "money-deposited"];
    assert_eq!(positions(both), ["1", "2", "3", "4", "5"]);
    // Nothing that a terminal would take for orders.
    let odd = event(9, "noted", "\u{1b}[31mred\n\u{9b}2J", Metadata::default());
    append(&annals, vec![("note:1", vec![odd])]).await;
    let shown = place.run(["tail", "-n", "1"]).done();
    assert!(
        shown.contains("\\u{1b}[31mred\\n\\u{9b}2J") && shown.lines().count() == 1,
        "{shown:?}"
    );
}

async fn what_followed_from_one_beginning_is_a_tree(place: Place) {
    let annals = fill(&place).await;
    let caused = |id: u128, cause: u128| {
        let metadata = Metadata {
            correlation_id: Some(Uuid::from_u128(7)),
            causation_id: Some(EventId(Uuid::from_u128(cause))),
            ..Metadata::default()
        };
        event(id, "followed", "{}", metadata)
    };
    let events = vec![caused(10, 7), caused(11, 10), caused(12, 7), caused(13, 10), caused(14, 99)];
    append(&annals, vec![("order:8", events)]).await;
    // Two that cause each other.
    append(&annals, vec![("order:9", vec![caused(20, 21), caused(21, 20)])]).await;
    let correlation = Uuid::from_u128(7).to_string();
    let trace = place.run(["trace", &correlation, "--json"]).json().remove(0);
    assert_eq!(trace["correlation_id"], json!(correlation));
    let node = |node: &Value| {
        let id: Uuid = node["id"].as_str().unwrap().parse().unwrap();
        (id.as_u128(), node["depth"].as_u64().unwrap())
    };
    let nodes: Vec<_> = trace["events"].as_array().unwrap().iter().map(node).collect();
    let tree = [(7, 0), (10, 1), (11, 2), (13, 2), (12, 1), (14, 0), (20, 0), (21, 1)];
    assert_eq!(nodes, tree);
    let shown = place.run(["trace", &correlation]).done();
    assert!(shown.lines().nth(2).unwrap().starts_with("  └ "), "{shown}");
    let unknown = Uuid::from_u128(1).to_string();
    assert!(place.run(["trace", &unknown]).failed(1).contains("no event has the correlation"));
}

async fn events_are_counted_by_category_type_and_day(place: Place) {
    let _annals = fill(&place).await;
    let stats = place.run(["stats", "--json"]).json().remove(0);
    assert_eq!(stats["total"], json!({ "events": 5, "bytes": 4 * 11 + 2 }));
    assert_eq!(stats["by_category"]["account"], json!({ "events": 4, "bytes": 44 }));
    assert_eq!(stats["by_type"]["order-placed"], json!({ "events": 1, "bytes": 2 }));
    let days = stats["by_day"].as_object().unwrap();
    assert!((1..=2).contains(&days.len()) && days.keys().all(|day| day.len() == 10), "{stats}");
    let by_type = place.run(["stats", "--by", "type", "--json"]).json().remove(0);
    let fields: Vec<_> = by_type.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["by_type", "total"]);
    let shown = place.run(["stats"]).done();
    assert!(
        shown.contains("money-deposited       4") && shown.contains("5 events, 46 B"),
        "{shown}"
    );
}
