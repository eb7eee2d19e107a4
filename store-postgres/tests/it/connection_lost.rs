//! A connection that dies: before, while and after it is used.

use annals_core::{
    Append, EventStore, Expected, NewEvent, ReadModels, Revision, Snapshots, StoreError,
};
use annals_postgres::PostgresStore;
use futures::{StreamExt, future::join_all};

use crate::{
    database::{connect, fresh_settings, open, open_at, url},
    proxy::{Loss, Proxy},
    sql::Sql,
    words::{
        append, assert_unavailable, event_of, events, eventually, ids_in, one, position, record,
        record_in, snapshot, soon, store_error, stream, swap_alone, times_recorded, whole_log,
        whole_stream,
    },
};

/// An append that comes after one event, and a way to the log on which it can be lost.
async fn on_its_way() -> (Proxy, PostgresStore, Append) {
    let proxy = Proxy::to(&url(), ".append(").await;
    let store = open_at(&proxy.url(&url()), &fresh_settings()).await;
    record(&store, "ada", 1).await;
    let next = append(&stream("ada"), Expected::At(Revision::START.plus(1)), events(3));
    (proxy, store, next)
}

/// Repeats an append that was lost; answers whether it had been recorded.
async fn make_certain(store: &PostgresStore, lost: &Append) -> bool {
    let answer = store.append(lost).await.unwrap();
    assert_eq!((answer.position, answer.revisions), (position(4), vec![Revision::START.plus(4)]));
    assert_eq!(times_recorded(store, lost).await, 1);
    answer.repeated
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_never_reached_the_server_is_recorded_when_it_is_repeated() {
    let (proxy, store, next) = on_its_way().await;
    proxy.lose(Loss::Question);
    assert_unavailable(&store_error(soon(store.append(&next)).await));
    assert_eq!(times_recorded(&store, &next).await, 0);
    assert!(!make_certain(&store, &next).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_answer_was_lost_is_answered_when_it_is_repeated() {
    let (proxy, store, next) = on_its_way().await;
    proxy.lose(Loss::Answer);
    assert_unavailable(&store_error(soon(store.append(&next)).await));
    assert_eq!(times_recorded(&store, &next).await, 1);
    assert!(make_certain(&store, &next).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_that_were_lost_together_are_each_recorded_once_when_repeated() {
    for loss in [Loss::Question, Loss::Answer] {
        let (proxy, store, _) = on_its_way().await;
        let streams: Vec<_> = (0..20).map(|n| stream(&n.to_string())).collect();
        let appends: Vec<_> =
            streams.iter().map(|it| append(it, Expected::NoStream, events(2))).collect();
        proxy.lose(loss);
        let answers = soon(join_all(appends.iter().map(|it| store.append(it)))).await;
        assert!(answers.iter().any(Result::is_err), "none was lost");
        for error in answers.into_iter().filter(Result::is_err) {
            assert_unavailable(&store_error(error));
        }

        for again in &appends {
            store.append(again).await.unwrap();
            assert_eq!(times_recorded(&store, again).await, 1);
        }
        assert_eq!(whole_log(&store).await.len(), 41);
    }
}

/// Ends all connections of a store that has its schema for a name. Answers how many there were.
async fn terminate_all(sql: &mut Sql) -> usize {
    let found = "SELECT pid FROM pg_stat_activity WHERE application_name = current_schema()";
    let found: Vec<i32> = sql.column(found).await;
    let terminate = format!("SELECT pg_terminate_backend(pid) FROM unnest(ARRAY{found:?}) AS pid");
    sql.run(&terminate).await;
    let remain = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (ARRAY{found:?})");
    eventually(async || sql.ask::<i64>(&remain).await == 0).await;
    found.len()
}

/// A connection that was used a moment ago is not asked whether it is alive; but of those that were
/// lost, only one costs a failure.
#[tokio::test(flavor = "multi_thread")]
async fn after_all_connections_were_terminated_each_call_fails_at_most_once() {
    let settings = fresh_settings();
    let url = format!("{}?application_name={}", url(), settings.schema);
    let store = open_at(&url, &settings).await;
    let (key, kept) = snapshot("ada");
    store.snapshots().save(&key, kept).await.unwrap();
    let mut sql = connect(&settings).await;
    let models = store.read_models();
    let many = || async {
        let reads = (0..8).map(|_| whole_stream(&store, "ada"));
        let transactions = (0..8).map(|_| async { models.begin().await?.commit().await });
        let _ = futures::join!(join_all(reads), join_all(transactions), record(&store, "ada", 1));
    };
    for _ in 0..3 {
        // As many at once as there may be; how many that makes is up to the scheduler.
        let open =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_schema()";
        eventually(async || {
            many().await;
            sql.ask::<i64>(open).await >= 6
        })
        .await;
        assert!(terminate_all(&mut sql).await >= 6, "too few to tell");

        let load = async || store.snapshots().load(&key).await.map(|_| ());
        assert!(failures(load).await <= 1, "of readings");
        let load = async || record_in(&models, "it").await.map(|_| ());
        assert!(failures(load).await <= 1, "of records");
        let transact = async || models.begin().await?.commit().await;
        assert!(failures(transact).await <= 1, "of transactions");
        let next = one(&stream("ada"));
        let append =
            async || store.append(&next).await.map(|_| ()).map_err(|error| store_error(Err(error)));
        assert!(failures(append).await <= 1, "of appends");
        assert_eq!(times_recorded(&store, &next).await, 1);
    }
}

/// How many of three calls, one after the other, find the database unavailable.
async fn failures(mut call: impl AsyncFnMut() -> Result<(), StoreError>) -> usize {
    let mut failures = 0;
    for _ in 0..3 {
        if let Err(error) = call().await {
            assert_unavailable(&error);
            failures += 1;
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_idle_for_long_is_not_trusted() {
    let settings = fresh_settings();
    let url = format!("{}?application_name={}", url(), settings.schema);
    let store = open_at(&url, &settings).await;
    record(&store, "ada", 1).await;
    whole_log(&store).await;
    store.read_models().begin().await.unwrap().commit().await.unwrap();
    let mut sql = connect(&settings).await;
    terminate_all(&mut sql).await;
    sql.run("SELECT pg_sleep(1.1)").await; // As long as it takes to lose trust.

    record(&store, "ada", 1).await;
    assert_eq!(whole_log(&store).await.len(), 2);
    assert!(swap_alone(&store.read_models(), "it", None, Some("1")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_dropped_in_the_midst_leave_no_rows_for_the_next() {
    let mut settings = fresh_settings();
    settings.connections = 1;
    let store = open(&settings).await;
    // Too large for one page: they are passed on while more are on their way.
    let large = (0..64).map(|_| event_of("large", "x".repeat(1 << 20)));
    for event in large {
        store.append(&append(&stream("large"), Expected::Any, vec![event])).await.unwrap();
    }
    let small = append(&stream("small"), Expected::Any, events(3));
    store.append(&small).await.unwrap();

    for taken in [0, 1, 5, 30] {
        let mut reading = store.read_stream(&stream("large"), Revision::START);
        for _ in 0..taken {
            reading.next().await.unwrap().unwrap();
        }
        drop(reading);
        let ids: Vec<_> = small.events().map(NewEvent::id).collect();
        assert_eq!(ids_in(&whole_stream(&store, "small").await), ids);
        let located = store.locate(&stream("small"), ids[1]).await.unwrap();
        assert_eq!(located, Some(Revision::START.plus(2)));
    }
    assert_eq!(whole_log(&store).await.len(), 67);
}
