//! The largest things that an application can ask for.

use annals_core::{
    Appended, EventType, Expected, MAX_APPEND_BYTES, MAX_APPEND_EVENTS, MAX_METADATA_BYTES,
    MAX_PAYLOAD_BYTES, Metadata, NewEvent, Payload, SchemaVersion,
};

use crate::conformance::words::{
    Store, accepted, append_all, event, event_of, event_with, ids_in, ids_of, new_id, part,
    position, record, revision, stream, whole_log, whole_stream,
};

/// Catches a limit on the rows or the parameters of a statement.
pub async fn an_append_of_the_most_events_is_recorded(store: Store) {
    let ada = stream("ada");
    let given: Vec<NewEvent> = (0..MAX_APPEND_EVENTS).map(|_| event()).collect();

    let answer = record(&store, &ada, given.clone()).await;

    let (revisions, position) = (vec![revision(MAX_APPEND_EVENTS)], position(MAX_APPEND_EVENTS));
    assert_eq!(answer, Appended { revisions, position, repeated: false, ..answer.clone() });
    assert_eq!(ids_in(&whole_stream(&store, &ada).await), ids_of(&given));
    assert!(record(&store, &ada, given.clone()).await.repeated);
}

/// Catches a statement, or a search, for each stream of an append.
pub async fn an_append_to_the_most_streams_is_recorded(store: Store) {
    let parts = (0..MAX_APPEND_EVENTS)
        .map(|number| part(&stream(&number.to_string()), Expected::NoStream, [event()]));
    let largest = append_all(parts);

    let answer = accepted(&store, &largest).await;

    assert_eq!(answer.revisions, [revision(1); MAX_APPEND_EVENTS]);
    let given: Vec<_> = largest.events().map(NewEvent::id).collect();
    assert_eq!(ids_in(&whole_log(&store).await), given);
}

/// Catches a limit on the bytes of a row or a message.
pub async fn a_payload_of_the_most_bytes_is_recorded(store: Store) {
    let ada = stream("ada");
    let given = event_of("noted", vec![0xa5; MAX_PAYLOAD_BYTES]);

    record(&store, &ada, [given.clone()]).await;

    assert!(whole_stream(&store, &ada).await[0].payload == *given.payload());
}

/// Catches a limit on the bytes of a statement or a transaction.
pub async fn an_append_of_the_most_bytes_is_recorded(store: Store) {
    let payload = Payload::from(vec![0xa5; MAX_PAYLOAD_BYTES]);
    let given =
        [(); MAX_APPEND_BYTES / MAX_PAYLOAD_BYTES].map(|()| event_of("noted", payload.clone()));

    record(&store, &stream("ada"), &given).await;

    let log = whole_log(&store).await;
    assert_eq!(ids_in(&log), ids_of(&given));
    assert!(log.iter().all(|envelope| envelope.payload == payload));
}

/// Catches a limit on the bytes of a column.
pub async fn metadata_of_the_most_bytes_are_recorded(store: Store) {
    // Nothing takes more bytes than it has, once it is escaped, than a control character.
    let text = "\u{1}".repeat(MAX_METADATA_BYTES - 1);
    let metadata = Metadata { extra: [("k".into(), text)].into(), ..Metadata::default() };
    let noted = EventType::new("noted");
    let given = event_with(new_id(), noted, SchemaVersion::FIRST, "{}", metadata);

    record(&store, &stream("ada"), [given.clone()]).await;

    assert!(whole_log(&store).await[0].metadata == *given.metadata());
}
