//! Several processes with one file.

use std::{path::Path, time::Duration};

use annals_core::{
    EventStore, Position, ReadModels, RecordIn, Select, Table, TableColumn, TableRow, Value,
    ValueKind,
};
use annals_sqlite::{SqliteSettings, SqliteStore};
use futures::future::join_all;
use tokio::{
    spawn,
    task::block_in_place,
    time::{Instant, timeout},
};

use crate::{
    database::{Directory, open},
    processes::{Other, hear, part, say},
    sql::Sql,
    words::{
        assert_gapless, assert_unavailable, one, position, record, soon, store_error, stream,
        times_recorded, whole_log,
    },
};

const TASKS: usize = 16;
const LONG: Duration = Duration::from_secs(2);

/// Appends without pause with so many tasks, for as long as it takes; how often one was acknowledged.
async fn append_for_long(store: &SqliteStore, name: &str) -> usize {
    let until = Instant::now() + LONG;
    let tasks = (0..TASKS).map(|n| {
        let (store, stream) = (store.clone(), stream(&format!("{name}-{n}")));
        spawn(async move {
            let mut count = 0;
            while Instant::now() < until {
                store.append(&one(&stream)).await.unwrap();
                count += 1;
            }
            count
        })
    });
    join_all(tasks.collect::<Vec<_>>()).await.into_iter().map(Result::unwrap).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_append_without_pause_neither_starves() {
    if let Some((name, path)) = part() {
        let store = open(&path).await;
        say("ready");
        hear();
        return say(&append_for_long(&store, &name).await.to_string());
    }
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = open(&path).await;
    let test = "sharing::of_two_processes_that_append_without_pause_neither_starves";
    let mut others = ["one", "other"].map(|name| Other::play(test, name, &path));
    let counts = block_in_place(|| {
        others.iter_mut().for_each(|other| assert_eq!(other.hear(), "ready"));
        others.iter_mut().for_each(|other| other.tell("go"));
        others.each_mut().map(|other| other.hear().parse::<usize>().unwrap())
    });
    others.into_iter().for_each(Other::end);

    let all: usize = counts.iter().sum();
    assert!(counts.iter().all(|count| count * 10 >= all), "{counts:?}");
    let log = whole_log(&store).await;
    assert_gapless(&log, all);
    for name in ["one", "other"] {
        // All the time: of any fifth of the log, some are theirs.
        for part in log.chunks(all.div_ceil(5)) {
            let theirs = |event: &&std::sync::Arc<annals_core::Envelope>| {
                event.stream.as_str().starts_with(&format!("test:{name}-"))
            };
            assert!(part.iter().any(|event| theirs(&event)), "{counts:?}");
        }
    }
}

/// Adds 1 to a record as often as that, and what follows from it to a row and to the log.
async fn count_on(store: &SqliteStore, table: &Table, times: usize) {
    let read_models = store.read_models();
    let mut counted = 0;
    while counted < times {
        let found = read_models.record("checkpoint", "count").await.unwrap();
        let next = found.as_deref().map_or(1, |found| found.parse::<i64>().unwrap() + 1);
        let mut tx = read_models.begin().await.unwrap();
        if !tx.swap("checkpoint", "count", found.as_deref(), Some(&next.to_string())).await.unwrap()
        {
            continue;
        }
        let (state, values) = (next.to_string(), vec![Value::Integer(next)]);
        tx.store(table, &[TableRow { key: "count".into(), state, values }]).await.unwrap();
        tx.append(&one(&stream("count"))).await.unwrap();
        tx.commit().await.unwrap();
        counted += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_swap_one_record_each_builds_on_what_the_other_left() {
    const TIMES: usize = 100;
    let column = TableColumn { name: "n".into(), kind: ValueKind::Integer, is_indexed: true };
    let table = Table::new("count", vec![column]).unwrap();
    if let Some((_, path)) = part() {
        let store = open(&path).await;
        say("ready");
        hear();
        return count_on(&store, &table, TIMES).await;
    }
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = open(&path).await;
    let mut tx = store.read_models().begin().await.unwrap();
    tx.create_table(&table).await.unwrap();
    tx.commit().await.unwrap();
    let test = "sharing::of_two_processes_that_swap_one_record_each_builds_on_what_the_other_left";
    let mut other = Other::play(test, "other", &path);
    block_in_place(|| {
        assert_eq!(other.hear(), "ready");
        other.tell("go");
    });
    count_on(&store, &table, TIMES).await;
    block_in_place(|| other.end());

    let read_models = store.read_models();
    let count = read_models.record("checkpoint", "count").await.unwrap().unwrap();
    assert_eq!(count, (2 * TIMES).to_string());
    let unchanged = RecordIn { area: "checkpoint", key: "count", content: &count };
    let rows = read_models.rows(&table, &Select::Keys(vec!["count".into()]), &unchanged).await;
    assert_eq!(rows.unwrap().unwrap()[0].state, count);
    assert_gapless(&whole_log(&store).await, 2 * TIMES);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_appends_another_sees_soon() {
    if let Some((_, path)) = part() {
        let store = open(&path).await;
        say("ready");
        while hear().is_some() {
            record(&store, "ada", 1).await;
            say("appended");
        }
        return;
    }
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = open(&path).await;
    let mut other = Other::play("sharing::what_one_process_appends_another_sees_soon", "it", &path);
    assert_eq!(block_in_place(|| other.hear()), "ready");
    let mut delays = Vec::new();
    let mut seen = Position::START;
    for _ in 0..30 {
        let waiting = spawn({
            let store = store.clone();
            async move { (store.wait_past(seen).await.unwrap(), Instant::now()) }
        });
        // As late as it can be: after a while without anything.
        assert!(timeout(Duration::from_millis(200), store.wait_past(seen)).await.is_err());
        let appended = block_in_place(|| {
            other.tell("append");
            assert_eq!(other.hear(), "appended");
            Instant::now()
        });
        let (head, at) = soon(waiting).await.unwrap();
        assert!(head > seen);
        seen = head;
        delays.push(at.saturating_duration_since(appended));
    }
    other.end();
    delays.sort();
    assert!(delays[delays.len() / 2] <= Duration::from_millis(50), "{delays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_another_process_is_told_so_and_goes_on_when_it_is_over() {
    if let Some((_, path)) = part() {
        let mut sql = Sql::connect(&path).await;
        while let Some(statement) = hear() {
            sql.run(&statement).await;
            say("done");
        }
        return;
    }
    let patience = Duration::from_millis(300);
    let directory = Directory::new();
    let path = directory.join("log.db");
    let settings = SqliteSettings { busy_timeout: patience, ..SqliteSettings::default() };
    let store = SqliteStore::open_file(&path, settings.clone()).await.unwrap();
    record(&store, "ada", 1).await;
    let test =
        "sharing::who_waits_too_long_for_another_process_is_told_so_and_goes_on_when_it_is_over";
    let mut other = Other::play(test, "holder", &path);
    let mut run = |statement: &str| {
        block_in_place(|| {
            other.tell(statement);
            assert_eq!(other.hear(), "done");
        });
    };

    for begin in ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"] {
        run(begin);
        let given: Vec<_> = ["ada", "bob", "cleo"].map(|id| one(&stream(id))).into();
        let began = Instant::now();
        for answer in join_all(given.iter().map(|append| store.append(append))).await {
            assert_unavailable(&store_error(answer), &["locked"]);
        }
        let took = began.elapsed();
        assert!(took >= patience && took < 2 * patience + Duration::from_secs(2), "{took:?}");
        let log = whole_log(&store).await; // Who reads does not wait.
        // Who only opens a log that is there does not write.
        let opened = SqliteStore::open_file(&path, settings.clone()).await.unwrap();
        assert_eq!(whole_log(&opened).await, log);
        run("ROLLBACK");
        for append in &given {
            assert_eq!(times_recorded(&store, append).await, 0);
            store.append(append).await.unwrap();
        }
    }
    other.end();
    assert_gapless(&whole_log(&store).await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_process_has_locked_before_there_is_a_log_is_unavailable() {
    let directory = Directory::new();
    let path: &Path = &directory.join("log.db");
    let mut sql = Sql::create(path).await;
    sql.run("BEGIN EXCLUSIVE").await;
    let busy_timeout = Duration::from_millis(300);
    let settings = SqliteSettings { busy_timeout, ..SqliteSettings::default() };
    let began = Instant::now();
    let error = SqliteStore::open_file(path, settings.clone()).await.unwrap_err();
    assert_unavailable(&error, &["locked"]);
    assert!(began.elapsed() >= busy_timeout, "{:?}", began.elapsed());
    sql.run("ROLLBACK").await;
    let store = SqliteStore::open_file(path, settings).await.unwrap();
    assert_eq!(record(&store, "ada", 1).await.position, position(1));
}
