//! Those who read keep nobody waiting, nor the file from being tidied up, nor much in memory.

use std::{fs, future::ready};

use annals_core::{EventStore, Expected, Filter, Position, Revision};
use annals_sqlite::{SqliteSettings, SqliteStore};
use futures::{FutureExt, StreamExt, TryStreamExt};
use tokio::spawn;

use crate::{
    database::{Directory, open},
    processes::{Other, part, say},
    sql::Sql,
    words::{append, assert_gapless, event_of, one, record, soon, stream, whole_log},
};

#[cfg(target_os = "linux")]
const FILL: &str = include_str!("fill_pages.sql");

async fn record_large(store: &SqliteStore, count: usize, kib: usize) {
    for _ in 0..count {
        let event = event_of("large", "x".repeat(kib << 10));
        store.append(&append(&stream("large"), Expected::Any, vec![event])).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_is_held_open_keeps_nobody_waiting_and_the_file_tidy() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record_large(&store, 20, 512).await;
    let mut readings = Vec::new();
    for _ in 0..10 {
        let mut log = store.read_log(Position::START, Filter::All);
        log.next().await.unwrap().unwrap();
        let mut stream = store.read_stream(&stream("large"), Revision::START);
        stream.next().await.unwrap().unwrap();
        readings.extend([log, stream]);
    }
    let wal = || fs::metadata(directory.join("log.db-wal")).unwrap().len();
    let most = 24 << 20;
    for _ in 0..60 {
        record_large(&store, 1, 1 << 10).await;
        assert!(wal() < most, "{} bytes", wal());
    }
    for reading in readings {
        // As far as the log was when they began, and not further.
        assert_eq!(soon(reading.try_fold(1, |count, _| ready(Ok(count + 1)))).await.unwrap(), 20);
    }
    assert_eq!(whole_log(&store).await.len(), 80);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_without_pause_do_not_let_the_file_grow_without_bound() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 1_000).await;
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            spawn(async move {
                loop {
                    whole_log(&store).await;
                }
            })
        })
        .collect();
    let mut largest = 0;
    for _ in 0..300 {
        record_large(&store, 1, 256).await;
        largest = largest.max(fs::metadata(directory.join("log.db-wal")).unwrap().len());
    }
    readers.iter().for_each(tokio::task::JoinHandle::abort);
    assert!(largest < 32 << 20, "{largest} bytes of 75 MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_connection_readings_can_be_nested_and_waited_in() {
    let directory = Directory::new();
    let settings = SqliteSettings { connections: 1, ..SqliteSettings::default() };
    let store = SqliteStore::open_file(directory.join("log.db"), settings).await.unwrap();
    record(&store, "ada", 3_000).await;
    let mut outer = store.read_log(Position::START, Filter::All);
    let mut count = 0;
    let all = async {
        while let Some(event) = outer.try_next().await.unwrap() {
            if count % 300 == 0 {
                let ada = stream("ada");
                let inner = store.read_stream(&ada, event.revision.minus(1));
                let first = inner.boxed().next().await.unwrap().unwrap();
                assert_eq!(first, event);
                let found = store.locate(&ada, event.id).await.unwrap();
                assert_eq!(found, Some(event.revision));
                assert!(store.wait_past(event.position.minus(1)).await.unwrap() >= event.position);
            }
            count += 1;
        }
    };
    soon(all).await;
    assert_eq!(count, 3_000);

    // Nor is a connection taken from the readers by who waits for growth.
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            spawn(async move { store.wait_past(Position::START.plus(3_000)).await.unwrap() })
        })
        .collect();
    assert_gapless(&whole_log(&store).await, 3_000);
    store.append(&one(&stream("ada"))).await.unwrap();
    for waiting in waiting {
        assert_eq!(soon(waiting).await.unwrap(), Position::START.plus(3_001));
    }
}

/// How much of this process was in memory at most, in bytes.
#[cfg(target_os = "linux")]
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_reading_holds_a_bounded_part_of_the_log_however_long_and_large() {
    if let Some((what, path)) = part() {
        let store = open(&path).await;
        let types = ["large", "noted"].map(|it| annals_core::EventType::parse(it).unwrap());
        let filter = if what == "types" { Filter::from_iter(types) } else { Filter::All };
        let before = peak();
        let (mut count, mut log) = (0, store.read_log(Position::START, filter));
        // SQLite goes on while whoever has asked does not look.
        while log.next().now_or_never().is_none() {
            std::thread::park_timeout(std::time::Duration::from_millis(500));
        }
        while log.try_next().await.unwrap().is_some() {
            count += 1;
            if count % 2_000 < 3 {
                // Slow enough for whoever reads ahead to be as far ahead as may be.
                let pause = tokio::time::Duration::from_millis(2);
                let nothing = tokio::time::timeout(pause, std::future::pending::<()>());
                nothing.await.unwrap_err();
            }
        }
        return say(&format!("{} {}", count + 1, peak() - before));
    }
    let directory = Directory::new();
    let test = "readers::a_reading_holds_a_bounded_part_of_the_log_however_long_and_large";
    let long = directory.join("long.db");
    drop(open(&long).await);
    Sql::connect(&long).await.run(FILL).await;
    let large = directory.join("large.db");
    record_large(&open(&large).await, 24, 8 << 10).await;
    for (path, count, mib) in [(&long, 200_000, 40), (&large, 24, 120)] {
        for what in ["log", "types"] {
            let mut other = Other::play(test, what, path);
            let said = other.hear();
            let (read, held) = said.split_once(' ').unwrap();
            assert_eq!(read.parse(), Ok(count));
            let held: usize = held.parse().unwrap();
            assert!(held < mib << 20, "{} MiB for {what} of {count}", held >> 20);
            other.end();
        }
    }
}
