//! Reading only the events of some types.

use annals_core::{EventType, Filter, NewEvent, Position};

use crate::conformance::words::{
    Store, event_of, ids_in, ids_of, log_after, position, record, stream, streams, whole_log,
};

/// Catches filters that are forgotten, or applied to the first type only.
pub async fn a_filter_lets_through_its_types_and_no_others(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let given = ["a", "b", "a", "c", "b", "a"].map(|event_type| event_of(event_type, "{}"));
    record(&store, &ada, &given[..3]).await;
    record(&store, &bob, &given[3..]).await;

    for types in [&["a"][..], &["b"], &["a", "c"], &["a", "b", "c"], &["missing", "c"]] {
        let wanted: Vec<NewEvent> = given
            .iter()
            .filter(|event| types.contains(&event.event_type().as_str()))
            .cloned()
            .collect();
        let events = log_after(&store, Position::START, filter(types)).await;
        assert_eq!(ids_in(&events), ids_of(&wanted), "{types:?}");
    }
}

/// Catches an empty list of types that is taken for no filter at all.
pub async fn a_filter_of_types_that_do_not_exist_lets_nothing_through(store: Store) {
    record(&store, &stream("ada"), [event_of("a", "{}")]).await;

    for types in [&[][..], &["missing"], &["%"], &["A"], &["a "]] {
        let events = log_after(&store, Position::START, filter(types)).await;
        assert_eq!(ids_in(&events), [], "{types:?}");
    }
}

/// Catches bounds that count the filtered events instead of the positions of the log.
pub async fn a_filtered_log_is_read_after_any_position(store: Store) {
    let given = ["a", "b", "b", "a", "b", "a"].map(|event_type| event_of(event_type, "{}"));
    record(&store, &stream("ada"), &given).await;
    let log = whole_log(&store).await;

    for after in 0..=7 {
        let events = log_after(&store, position(after), filter(&["a"])).await;
        let wanted = log.iter().filter(|event| event.event_type.as_str() == "a").cloned();
        let wanted: Vec<_> = wanted.filter(|event| event.position > position(after)).collect();
        assert_eq!(events, wanted, "after {after}");
    }
}

/// Catches a reader that gives up after a page in which nothing matches.
pub async fn a_quiet_type_is_found_in_a_noisy_log(store: Store) {
    let [ada, bob] = streams(["ada", "bob"]);
    let quiet: [NewEvent; 3] = std::array::from_fn(|_| event_of("quiet", "{}"));
    let noise = || -> Vec<NewEvent> { (0..10_000).map(|_| event_of("noisy", "{}")).collect() };

    for (number, event) in quiet.iter().enumerate() {
        for _ in 0..(4 + 2 * number) {
            record(&store, &ada, noise()).await;
        }
        record(&store, &bob, [event.clone()]).await;
    }
    record(&store, &ada, noise()).await;
    record(&store, &ada, noise()).await;

    let found = log_after(&store, Position::START, filter(&["quiet"])).await;

    assert_eq!(ids_in(&found), ids_of(&quiet));
    let positions = [40_001, 100_002, 180_003].map(position);
    assert_eq!(found.iter().map(|event| event.position).collect::<Vec<_>>(), positions);
}

fn filter(types: &[&'static str]) -> Filter {
    types.iter().map(|name| EventType::new(name)).collect()
}
