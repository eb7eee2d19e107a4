//! Limits: what no store would keep is refused, by name, before one is asked.

use std::convert::Infallible;

use annals::{
    Append, EventId, EventType, ExecuteError, Invalid, MAX_APPEND_BYTES, MAX_APPEND_EVENTS,
    MAX_METADATA_BYTES, MAX_PAYLOAD_BYTES, NewEvent, Payload, SchemaVersion, Settings,
    StreamAppend, Timestamp, prelude::*,
};

use crate::bank::{Account, AccountEvent, Deposit, ada, counting, deposit, log, memory, process};

/// Deposits a cent that many times.
struct Cents(usize);

impl Command for Cents {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(vec![AccountEvent::Deposited { cents: 1, reference: String::new() }; self.0])
    }
}

#[tokio::test]
async fn what_no_store_would_keep_is_refused_before_it_is_asked() {
    let store = counting();
    let annals = process(store.clone(), Settings::default());
    let invalid = |executed: Result<_, ExecuteError<Infallible>>| match executed {
        Err(ExecuteError::Invalid(invalid)) => invalid.to_string(),
        other => panic!("{other:?}"),
    };

    for (id, message) in [
        ("", r#"stream "account:" must not be empty"#),
        ("a\0", r#"stream "account:a\0" must not contain control characters"#),
    ] {
        let executed = annals.execute(Account::stream(id), deposit(1)).await;
        assert_eq!(invalid(executed), message);
    }
    let endless = annals.execute(Account::stream("x".repeat(300)), deposit(1)).await;
    assert!(invalid(endless).ends_with("must not be longer than 255 bytes (it has 308)"));

    let reference = "x".repeat(MAX_PAYLOAD_BYTES);
    let large = annals.execute(ada(), Deposit { cents: 1, reference }).await;
    assert_eq!(
        invalid(large),
        "the payload of money-deposited has 8388634 bytes, more than 8388608"
    );

    let actor = Some("x".repeat(MAX_METADATA_BYTES + 1));
    let metadata = Metadata { actor, ..Metadata::default() };
    let talkative = annals.execute(ada(), deposit(1)).metadata(metadata).await;
    assert_eq!(
        invalid(talkative),
        "the metadata of money-deposited have 65537 bytes, more than 65536"
    );

    let many = annals.execute(ada(), Cents(MAX_APPEND_EVENTS + 1)).await;
    assert_eq!(invalid(many), "an append of 10001 events, more than 10000");

    assert_eq!(store.calls().append, 0);
}

#[tokio::test]
async fn a_command_may_lead_to_as_many_events_as_an_append_may_have() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    let committed = annals.execute(ada(), Cents(MAX_APPEND_EVENTS)).await.unwrap();
    assert_eq!(committed.events().len(), MAX_APPEND_EVENTS);
    assert_eq!(log(&*store).await.len(), MAX_APPEND_EVENTS);
}

fn event(id: EventId, bytes: usize) -> NewEvent {
    let payload = Payload::from(vec![0; bytes]);
    let (event_type, version) = (EventType::new("noted"), SchemaVersion::FIRST);
    NewEvent::new(id, event_type, version, payload, Metadata::default()).unwrap()
}

fn part(stream: &str, events: Vec<NewEvent>) -> StreamAppend {
    StreamAppend { stream: StreamId::parse(stream).unwrap(), expected: Expected::Any, events }
}

#[test]
fn an_append_that_contradicts_itself_is_none() {
    let id = || EventId::at(Timestamp::UNIX_EPOCH);
    let twice = id();
    let parts = |parts| Append::to_streams(parts).unwrap_err();

    assert!(matches!(parts(vec![]), Invalid::NoStream));
    assert!(matches!(
        parts(vec![part("a:1", vec![]), part("a:2", vec![]), part("a:1", vec![])]),
        Invalid::StreamTwice { stream } if stream.as_str() == "a:1"
    ));
    assert!(matches!(
        parts(vec![part("a:1", vec![event(twice, 0)]), part("a:2", vec![event(twice, 0)])]),
        Invalid::IdTwice { id } if id == twice
    ));
    let too_many = (0..=MAX_APPEND_EVENTS).map(|n| part(&format!("a:{n}"), vec![])).collect();
    assert!(matches!(parts(too_many), Invalid::TooManyStreams { streams: 10_001 }));
    let large = (0..9).map(|_| event(id(), MAX_PAYLOAD_BYTES)).collect();
    assert!(matches!(
        parts(vec![part("a:1", large)]),
        Invalid::AppendTooLarge { bytes } if bytes > MAX_APPEND_BYTES
    ));
}

#[test]
fn an_event_type_from_elsewhere_is_checked() {
    for (name, message) in [
        ("", r#"event type "" must not be empty"#),
        ("a\u{7f}", r#"event type "a\u{7f}" must not contain control characters"#),
    ] {
        assert_eq!(EventType::parse(name).unwrap_err().to_string(), message);
    }
}
