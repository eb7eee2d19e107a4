//! Names that a careless store confuses.

use std::iter::once;

use annals_core::{MAX_NAME_BYTES, Position, StreamId};

use crate::conformance::words::{
    Store, event, event_of, ids_in, log_after, record, revision, stream, whole_log, whole_stream,
};

/// Names of which no two are the same, though a pattern, a collation, a trim or a normalisation may
/// think so; the longer ones would do harm if they were ever part of a statement.
const ALIKE: [&str; 32] = [
    "a",
    "A",
    "a ",
    " a",
    "a\u{a0}",
    "aa",
    "a%",
    "%",
    "%%",
    "_",
    "__",
    "*",
    "?",
    ".",
    "a.b",
    "a/b",
    "a:b",
    "a::b",
    "a\\b",
    "\\",
    "'",
    "''",
    "\"",
    "--",
    "'; drop table event; --",
    "$1",
    "null",
    "e\u{301}",
    "\u{e9}",
    "\u{df}",
    "ss",
    "🦀",
];

/// Catches patterns, collations that ignore case, accents or spaces, and names joined carelessly.
pub async fn streams_with_names_that_look_alike_are_kept_apart(store: Store) {
    let names = ALIKE.iter().flat_map(|name| {
        // A category has no `:` in it.
        let category = name.replace(':', ";");
        [format!("test:{name}"), format!("{category}:test")]
    });
    let streams: Vec<StreamId> =
        names.map(|name| StreamId::parse(&name).expect("all of these are valid names")).collect();

    let mut given = Vec::new();
    for stream in &streams {
        let event = event();
        let answer = record(&store, stream, [event.clone()]).await;
        assert_eq!(answer.revisions, [revision(1)], "{stream:?} is taken for another");
        given.push(event);
    }

    for (stream, event) in streams.iter().zip(&given) {
        let read = whole_stream(&store, stream).await;
        assert_eq!(ids_in(&read), [event.id()], "{stream:?}");
        assert_eq!(read[0].stream, *stream);
        let located = store.locate(stream, event.id()).await.expect("ids can be located");
        assert_eq!(located, Some(revision(1)), "{stream:?}");
    }
    let log: Vec<_> = whole_log(&store).await.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(log, streams);
}

/// Catches the same in the types that a reader asks for.
pub async fn types_with_names_that_look_alike_are_kept_apart(store: Store) {
    let given = ALIKE.map(|name| event_of(name, "{}"));
    record(&store, &stream("ada"), &given).await;

    for event in &given {
        let filter = once(event.event_type().clone()).collect();
        let found = log_after(&store, Position::START, filter).await;
        assert_eq!(ids_in(&found), [event.id()], "{:?}", event.event_type());
        assert_eq!(found[0].event_type, *event.event_type());
    }
}

/// Catches columns that are too narrow, and names that are cut.
pub async fn names_of_the_greatest_length_are_kept(store: Store) {
    let longest = |begin: &str, end: &str| {
        format!("{begin}{}{end}", "x".repeat(MAX_NAME_BYTES - begin.len() - end.len()))
    };
    for end in ["a", "b"] {
        let stream = StreamId::parse(&longest("test:", end)).expect("it is not too long");
        let event = event_of(&longest("", end), "{}");
        record(&store, &stream, [event.clone()]).await;

        let read = whole_stream(&store, &stream).await;
        assert_eq!(ids_in(&read), [event.id()]);
        assert_eq!((&read[0].stream, &read[0].event_type), (&stream, event.event_type()));
    }
}
