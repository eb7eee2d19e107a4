//! Readings of about as many events as are asked for at once, where an end could be missed or made up.

use annals_core::{EventStore, EventType, Filter, Position, Revision, StoreErrorKind};
use futures::{StreamExt, TryStreamExt};

use crate::{
    database::{connect, fresh_settings, open},
    words::{of_type, position, stream, whole_log, whole_stream},
};

const FILL: &str = include_str!("fill_pages.sql");

/// How many rows are asked for first, and then each time, as `src/reading.rs` has it.
const FIRST: i64 = 256;
const NEXT: i64 = 8_192;

#[tokio::test(flavor = "multi_thread")]
async fn as_much_as_fits_into_pages_is_read_whole_and_once() {
    let exact = [FIRST, FIRST + NEXT, FIRST + 2 * NEXT];
    let counts: Vec<_> = exact.iter().flat_map(|count| [count - 1, *count, count + 1]).collect();
    let listed: Vec<_> = counts.iter().map(i64::to_string).collect();
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut sql = connect(&settings).await;
    sql.run(&format!("SET test.counts = '{}'", listed.join(","))).await;
    sql.run(FILL).await;

    let mut from = 0;
    for count in counts {
        let stream = whole_stream(&store, &count.to_string()).await;
        let revisions = stream.iter().map(|event| event.revision.get());
        assert!(revisions.eq(1..=count + 1), "a stream of {count} and one");

        let event_type = format!("of-{count}");
        let events = of_type(&store, &event_type).await;
        let positions = || events.iter().map(|event| event.position.get());
        assert!(positions().eq(from + 1..=from + count), "{count} of a type");

        let both = ["other", &event_type].map(|name| EventType::parse(name).unwrap());
        let events = store.read_log(position(from), Filter::from_iter(both));
        let events: Vec<_> = events.try_collect().await.unwrap();
        let rest = events.iter().skip(usize::try_from(count).unwrap());
        assert!(rest.clone().all(|event| event.event_type.as_str() == "other"), "{count} of two");
        assert_eq!(events[0].position, position(from).plus(1));
        from += count + 1;
    }
    let log = whole_log(&store).await;
    assert!(log.iter().map(|event| event.position.get()).eq(1..=from));
    let after = store.read_log(position(from), Filter::All);
    assert_eq!(after.try_collect::<Vec<_>>().await.unwrap(), []);
}

/// So it is after a server failed and another took over, which lacks what was recorded last.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_shorter_at_the_next_page_is_not_read_on() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut sql = connect(&settings).await;
    sql.run("SET test.counts = '600'").await;
    sql.run(FILL).await;
    let one_type = Filter::from_iter([EventType::parse("of-600").unwrap()]);
    let mut readings = [
        store.read_stream(&stream("600"), Revision::START),
        store.read_log(Position::START, Filter::All),
        store.read_log(Position::START, one_type),
    ];
    for reading in &mut readings {
        for place in 1..=FIRST {
            assert_eq!(reading.try_next().await.unwrap().unwrap().position.get(), place);
        }
    }

    sql.run("ALTER TABLE event DISABLE TRIGGER ALL").await;
    sql.run("DELETE FROM event WHERE position > 500").await;

    for reading in &mut readings {
        let error = reading.try_next().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(reading.next().await.is_none(), "after an error it ends");
    }
}
