//! Whether an event is kept as it was given, to the last byte.

use std::time::Duration;

use annals_core::{
    Clock, Envelope, EventId, EventType, Expected::Any, Filter, Metadata, NewEvent, Payload,
    SchemaVersion, SystemClock,
};

use crate::conformance::words::{
    Store, accepted, append_all, event, event_of, event_with, events, log_after, new_id, part,
    position, record, revision, stream, streams, whole_log, whole_stream,
};

/// Catches an answer with a time of its own.
pub async fn an_append_answers_with_the_time_in_its_envelopes(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let parts = [part(&ada, Any, events::<3>()), part(&bob, Any, events::<2>())];

    let answer = accepted(&store, &append_all(parts)).await;

    let recorded = whole_log(&store).await;
    assert_eq!(recorded.len(), 5);
    assert!(recorded.iter().all(|event| event.recorded_at == answer.recorded_at));
}

/// Catches fields that are mixed up or left out.
pub async fn an_append_is_read_back_as_given(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = [event_of("greeted", r#"{"who":"Ada"}"#), event_of("parted", "null"), event()];
    record(&store, &bob, events::<2>()).await;
    record(&store, &ada, &given).await;

    let from_log = log_after(&store, position(2), Filter::All).await;
    let from_stream = whole_stream(&store, &ada).await;

    assert_eq!(from_log, from_stream);
    assert_eq!(from_log.len(), given.len());
    for (number, (envelope, event)) in (1..).zip(from_log.iter().zip(&given)) {
        let given = Envelope {
            id: event.id(),
            stream: ada.clone(),
            revision: revision(number),
            position: position(2).plus(number),
            event_type: event.event_type().clone(),
            schema_version: event.schema_version(),
            payload: event.payload().clone(),
            recorded_at: envelope.recorded_at,
            metadata: event.metadata().clone(),
        };
        assert_eq!(**envelope, given);
    }
}

/// Catches columns for text or JSON: they refuse bytes, or put them in an order of their own.
pub async fn payloads_are_kept_byte_for_byte(store: Store) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let payloads: [Payload; 9] = [
        "".into(),
        "\0".into(),
        r#"{"b": 1,  "a":2, "a": 3, "n": 1.0000000000000000001e400, "z":"\u0000"}"#.into(),
        "not JSON".into(),
        "🦀 \u{202e}e\u{301} \u{e9}\u{feff}".into(),
        vec![0xff, 0xfe, 0xc0, 0x80].into(),
        b"\r\n\\x00'\"".to_vec().into(),
        every_byte.clone().into(),
        every_byte.repeat(4096).into(), // 1 MiB.
    ];
    let given = payloads.map(|payload| event_of("noted", payload));
    record(&store, &stream("ada"), &given).await;

    assert_kept(&store, &given).await;
}

/// Catches metadata that are escaped badly, and texts that are empty taken for none.
pub async fn metadata_are_kept_as_given(store: Store) {
    let text = |text: &str| Some(text.to_owned());
    let extra = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let full = Metadata {
        correlation_id: Some(new_id().0),
        causation_id: Some(new_id()),
        source: text("bank 1.0"),
        actor: text("ada"),
        tenant: text("eu"),
        traceparent: text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        tracestate: text("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        extra: extra(&[("b", "1"), ("a", "2"), ("actor", "not the actor")]),
    };
    let odd = Metadata {
        source: text("\0"),
        actor: text("\"quoted\" 'quoted' \\ \\u0000 {} [] null"),
        tenant: text("🦀 \u{1}\u{7f}\u{85}\u{202e}\r\n\t"),
        traceparent: text(" "),
        tracestate: text("e\u{301} \u{e9}"),
        extra: extra(&[("\0", "\0"), ("🦀", "\""), ("$.a", ""), ("", "no key"), (" ", " ")]),
        ..Metadata::default()
    };
    let empty = Metadata {
        source: text(""),
        actor: text(""),
        tenant: text(""),
        traceparent: text(""),
        tracestate: text(""),
        ..Metadata::default()
    };
    let given = [full, odd, empty, Metadata::default()].map(|metadata| {
        let noted = EventType::new("noted");
        event_with(new_id(), noted, SchemaVersion::FIRST, "{}", metadata)
    });
    record(&store, &stream("ada"), &given).await;

    assert_kept(&store, &given).await;
}

/// Catches columns that are too narrow, or signed.
pub async fn every_schema_version_is_kept(store: Store) {
    let given = [1, 2, 255, 256, 32_767, 32_768, 65_535].map(|number| {
        let version = SchemaVersion::new(number).expect("it is not 0");
        event_with(new_id(), EventType::new("noted"), version, "{}", Metadata::default())
    });
    record(&store, &stream("ada"), &given).await;

    assert_kept(&store, &given).await;
}

/// Catches a store that makes ids of its own, or reads something into them.
pub async fn every_kind_of_id_is_kept(store: Store) {
    let ada = stream("ada");
    let nil = EventId(Default::default());
    let ids = [new_id(), EventId::keyed(&ada, "key", 0), nil];
    let given = ids.map(|id| {
        event_with(id, EventType::new("noted"), SchemaVersion::FIRST, "{}", Metadata::default())
    });
    record(&store, &ada, &given).await;

    assert_kept(&store, &given).await;
    for (number, id) in (1..).zip(ids) {
        let located = store.locate(&ada, id).await.expect("ids can be located");
        assert_eq!(located, Some(revision(number)));
    }
}

/// Catches time zones, units, and times that were made up.
pub async fn events_are_recorded_at_the_time_of_the_store(store: Store) {
    let slack = Duration::from_secs(1); // For a database that rounds, or has a clock of its own.

    let before = SystemClock.now();
    record(&store, &stream("ada"), events::<2>()).await;
    let after = SystemClock.now();

    for envelope in whole_log(&store).await {
        let at = envelope.recorded_at;
        assert!(before <= at.plus(slack), "recorded at {at}, asked for at {before}");
        assert!(at <= after.plus(slack), "recorded at {at}, answered at {after}");
    }
}

/// Asserts that the log is what was given, and nothing else.
async fn assert_kept(store: &Store, given: &[NewEvent]) {
    let log = whole_log(store).await;
    let kept: Vec<_> = log
        .iter()
        .map(|e| {
            let metadata = e.metadata.clone();
            NewEvent::new(e.id, e.event_type.clone(), e.schema_version, e.payload.clone(), metadata)
                .expect("it is not larger than what was given")
        })
        .collect();
    assert_eq!(kept, given);
}
