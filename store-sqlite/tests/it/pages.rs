//! Readings cut into pages, where an end could be missed or made up.

use annals_core::{EventStore, EventType, Expected, Filter};
use annals_sqlite::SqliteStore;
use futures::{StreamExt, TryStreamExt};

use crate::{
    database::{Directory, open},
    words::{append, assert_gapless, event_of, of_type, position, stream, whole_log, whole_stream},
};

/// How many rows are asked for first, and then each time, as `src/reading.rs` has it.
const FIRST: usize = 256;
const NEXT: usize = 1_024;

async fn record_all(
    store: &SqliteStore,
    id: &str,
    types: impl Iterator<Item = String>,
    bytes: usize,
) {
    let events: Vec<_> = types.map(|it| event_of(&it, "x".repeat(bytes))).collect();
    for events in events.chunks(2_000) {
        let append = append(&stream(id), Expected::Any, events.to_vec());
        store.append(&append).await.unwrap();
    }
}

fn filter(types: &[String]) -> Filter {
    Filter::from_iter(types.iter().map(|it| EventType::parse(it.as_str()).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn as_much_as_fits_into_pages_is_read_whole_and_once() {
    let exact = [FIRST, FIRST + NEXT, FIRST + 2 * NEXT];
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let mut from = 0;
    for count in exact.into_iter().flat_map(|count| [count - 1, count, count + 1]) {
        let (id, of) = (count.to_string(), format!("of-{count}"));
        let types = std::iter::repeat_n(of.clone(), count).chain(["other".into()]);
        record_all(&store, &id, types, 2).await;

        assert_eq!(whole_stream(&store, &id).await.len(), count + 1);
        assert_eq!(of_type(&store, &of).await.len(), count);
        let both = filter(&["other".into(), of]);
        let both: Vec<_> = store.read_log(position(from), both).try_collect().await.unwrap();
        let places = (from..).skip(1).take(count + 1);
        assert!(both.iter().map(|event| event.position.get()).eq(places), "{count} of two");
        from = both.last().unwrap().position.get();
    }
    let log = whole_log(&store).await;
    assert_gapless(&log, usize::try_from(from).unwrap());
    assert_eq!(store.read_log(position(from), Filter::All).count().await, 0);
}

/// A generator of numbers that look like chance, and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_rare_and_common_types_are_each_read_once_and_in_order() {
    for seed in 0..12 {
        let mut chance = Chance(seed);
        let directory = Directory::new();
        let store = open(&directory.join("log.db")).await;
        // Of the later types there are ever fewer, and they come in runs.
        let mut types = Vec::new();
        while types.len() < 3_000 {
            let run = if chance.below(4) == 0 { chance.below(600) } else { 1 };
            let n = chance.below(8);
            let rare = chance.below(1 << n) == 0;
            let name = format!("type-{}", if rare { n } else { 0 });
            types.extend((0..run.max(1)).map(|_| name.clone()));
        }
        let bytes = [0, 10, 5_000][usize::try_from(seed % 3).unwrap()];
        record_all(&store, "it", types.iter().cloned(), bytes).await;

        for _ in 0..12 {
            let wanted: Vec<_> = (0..9)
                .filter(|_| chance.below(3) > 0)
                .map(|n| format!("type-{n}"))
                .chain(["nowhere".into()])
                .collect();
            let from = chance.below(3_000);
            let skipped = usize::try_from(from).unwrap();
            let from = position(i64::try_from(from).unwrap());
            let read: Vec<_> = store.read_log(from, filter(&wanted)).try_collect().await.unwrap();
            let expected = (1..).zip(&types).skip(skipped).filter(|(_, it)| wanted.contains(it));
            let read = read.iter().map(|event| (event.position.get(), event.event_type.as_str()));
            assert!(
                read.eq(expected.map(|(n, it)| (n, it.as_str()))),
                "{seed}: {wanted:?} past {from}"
            );
        }
    }
}

/// Around the size from which a payload is fetched by itself, and at which a page ends.
#[tokio::test(flavor = "multi_thread")]
async fn payloads_of_any_size_are_read_as_they_were_given() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let sizes = [0, 1, 65_535, 65_536, 65_537, 0, 1 << 20, (1 << 20) + 1, 3, 8 << 20, 65_537, 5];
    for (n, size) in sizes.into_iter().enumerate() {
        let payload =
            char::from_digit(u32::try_from(n).unwrap(), 36).unwrap().to_string().repeat(size);
        let event = event_of(if n % 2 == 0 { "even" } else { "odd" }, payload);
        store.append(&append(&stream("it"), Expected::Any, vec![event])).await.unwrap();
    }
    let both = filter(&["even".into(), "odd".into()]);
    let typed: Vec<_> = store.read_log(position(0), both).try_collect().await.unwrap();
    for read in [whole_log(&store).await, whole_stream(&store, "it").await, typed] {
        assert_gapless(&read, sizes.len());
        for (n, (event, size)) in read.iter().zip(sizes).enumerate() {
            let digit = char::from_digit(u32::try_from(n).unwrap(), 36).unwrap();
            let payload = event.payload.as_bytes();
            assert!(payload.len() == size && payload.iter().all(|byte| char::from(*byte) == digit));
        }
    }
}
