//! Copies of a log that is in use.

use std::{fs, path::Path, sync::Arc};

use annals_core::{EventStore, Position};
use annals_sqlite::SqliteStore;
use annals_testkit::cancelled_after;
use tokio::{spawn, sync::watch, task::JoinHandle};

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{
        assert_gapless, assert_invalid, assert_unavailable, event_of, eventually, one, record,
        stream, whole_log,
    },
};

/// Tasks that append without end, until they are stopped.
struct Writers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<usize>>,
}

impl Writers {
    fn start(store: &SqliteStore, tasks: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let task = |n: usize| {
            let (store, stopped) = (store.clone(), stopped.clone());
            spawn(async move {
                let mut count = 0;
                while !*stopped.borrow() {
                    store.append(&one(&stream(&n.to_string()))).await.unwrap();
                    count += 1;
                }
                count
            })
        };
        Self { tasks: (0..tasks).map(task).collect(), stop }
    }

    /// How many events were acknowledged.
    async fn end(self) -> usize {
        self.stop.send(true).unwrap();
        let mut count = 0;
        for task in self.tasks {
            count += task.await.unwrap();
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_while_16_tasks_write_is_the_log_up_to_some_place() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "before", 2_000).await;
    let writers = Writers::start(&store, 16);
    let mut copies = Vec::new();
    for n in 0..5 {
        let path = directory.join(format!("copy-{n}.db"));
        let before = store.wait_past(Position::START).await.unwrap();
        store.backup(&path).await.unwrap();
        copies.push((path, before));
    }
    let acknowledged = writers.end().await;
    let log = whole_log(&store).await;
    assert_gapless(&log, 2_000 + acknowledged);

    for (path, before) in copies {
        let copy = open(&path).await;
        let copied = whole_log(&copy).await;
        assert!(copied.last().unwrap().position >= before);
        assert!(copied == log[..copied.len()], "not a prefix");
        record(&copy, "0", 1).await;
        assert_gapless(&whole_log(&copy).await, copied.len() + 1);
    }
    assert_eq!(whole_log(&store).await.len(), log.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_all_that_is_in_the_file() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("CREATE TABLE own (n INTEGER); INSERT INTO own VALUES (7)").await;
    store.backup(directory.join("copy.db")).await.unwrap();
    let mut copy = Sql::connect(&directory.join("copy.db")).await;
    assert_eq!(copy.column::<i64>("SELECT n FROM own").await, [7]);
    assert_eq!(copy.ask::<String>("PRAGMA integrity_check").await, "ok");
    assert!(!directory.join("copy.db.partial").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_the_path_already_stays_as_it_is() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 1).await;
    let theirs = directory.join("theirs");
    fs::write(&theirs, "theirs").unwrap();
    fs::create_dir(directory.join("folder")).unwrap();
    for name in ["theirs", "folder", "log.db"] {
        let refused = store.backup(directory.join(name)).await.unwrap_err();
        assert_invalid(&refused, &["there is something at", name]);
    }
    assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
    assert_gapless(&whole_log(&store).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_not_there_is_not_made() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let refused = store.backup(directory.join("nowhere/copy.db")).await.unwrap_err();
    assert_unavailable(&refused, &["cannot be"]);
    assert!(!directory.join("nowhere").exists());
    assert_invalid(&store.backup("/").await.unwrap_err(), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_may_have_any_name_and_what_a_crash_left_behind_is_replaced() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 3).await;
    for name in ["it's \"quoted\"", "a b.db", "what?", "100%25", "größe-日本", "file:x?mode=ro"]
    {
        let (path, partial) = (directory.join(name), directory.join(format!("{name}.partial")));
        fs::write(&partial, "left behind").unwrap();
        store.backup(&path).await.unwrap();
        assert!(!partial.exists(), "{name}");
        assert_gapless(&whole_log(&open(&path).await).await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_nobody_waits_for_is_whole_or_not_there() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    record(&store, "ada", 500).await;
    for polls in 0.. {
        let path = directory.join(format!("{polls}.db"));
        let answer = cancelled_after(polls, store.backup(&path)).await;
        assert_whole_if_there(&path, 500).await;
        // It goes on, so that it can be asked for again, and is then refused at most for that.
        eventually(async || match store.backup(&path).await {
            Ok(()) => true,
            Err(error) => {
                assert_invalid(&error, &[]);
                path.exists()
            }
        })
        .await;
        assert_whole_if_there(&path, 500).await;
        if let Some(answer) = answer {
            return answer.unwrap();
        }
    }
}

async fn assert_whole_if_there(path: &Path, length: usize) {
    if path.exists() {
        let mut copy = Sql::connect(path).await;
        assert_eq!(copy.ask::<String>("PRAGMA integrity_check").await, "ok");
        let count: i64 = copy.ask("SELECT count(*) FROM annals_event").await;
        assert_eq!(usize::try_from(count), Ok(length));
    }
}

/// A copy is a file at its path, or an error. Of several to one path one is.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_copies_to_one_path_one_is_made_and_it_is_whole() {
    let directory = Directory::new();
    let store = Arc::new(open(&directory.join("log.db")).await);
    let large = (0..8).map(|_| event_of("large", "x".repeat(1 << 20))).collect();
    store
        .append(&crate::words::append(&stream("ada"), annals_core::Expected::Any, large))
        .await
        .unwrap();
    for round in 0..5 {
        let path = directory.join(format!("{round}.db"));
        let copies = (0..4).map(|_| {
            let (store, path) = (Arc::clone(&store), path.clone());
            spawn(async move {
                let copied = store.backup(&path).await;
                if copied.is_ok() {
                    assert_whole_if_there(&path, 8).await;
                }
                copied
            })
        });
        let mut made = 0;
        for copy in copies.collect::<Vec<_>>() {
            made += usize::from(copy.await.unwrap().is_ok());
        }
        assert_eq!(made, 1);
        assert_whole_if_there(&path, 8).await;
        assert!(!directory.join(format!("{round}.db.partial")).exists());
    }
}
