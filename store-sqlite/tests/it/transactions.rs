//! Transactions for read models, and who waits for them.

use std::{panic::AssertUnwindSafe, time::Duration};

use annals_core::{EventStore, ModelTx, ReadModels, Snapshots};
use annals_sqlite::{SqliteSettings, SqliteStore, Synchronous};
use futures::{FutureExt, future::join};
use tokio::{task::yield_now, time::Instant};

use crate::{
    database::{Directory, connection, open},
    sql::{Sql, ask},
    words::{
        assert_invalid, assert_unavailable, one, record, snapshot, soon, store_error, stream,
        times_recorded, whole_log,
    },
};

const SHORT: Duration = Duration::from_millis(300);
const SLACK: Duration = Duration::from_secs(2);

fn hasty() -> SqliteSettings {
    SqliteSettings { timeout: SHORT, busy_timeout: SHORT, ..SqliteSettings::default() }
}

async fn checkpoint(read_models: &dyn ReadModels) -> Option<String> {
    read_models.record("checkpoint", "it").await.unwrap()
}

/// Whether the checkpoint was that, and is another one now.
async fn advance(tx: &mut dyn ModelTx, from: Option<&str>, to: &str) -> bool {
    tx.swap("checkpoint", "it", from, Some(to)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_is_on_the_disk_unless_it_is_said_otherwise() {
    let directory = Directory::new();
    for (query, setting, pragma) in
        [("", Synchronous::Full, 2), ("?synchronous=normal", Synchronous::Normal, 1)]
    {
        let path = directory.join(format!("{pragma}.db"));
        let url = format!("sqlite://{}{query}", path.display());
        let by_url = SqliteStore::open(&url, SqliteSettings::default()).await.unwrap();
        let settings = SqliteSettings { synchronous: setting, ..SqliteSettings::default() };
        let by_settings = SqliteStore::open_file(&path, settings).await.unwrap();
        for store in [by_url, by_settings] {
            // Once on a connection that was opened first, and once on another.
            for _ in 0..2 {
                let mut tx = store.read_models().begin().await.unwrap();
                let connection = connection(&mut *tx);
                assert_eq!(ask::<i64>(connection, "PRAGMA synchronous").await, pragma);
                assert_eq!(ask::<String>(connection, "PRAGMA journal_mode").await, "wal");
                assert_eq!(ask::<i64>(connection, "PRAGMA query_only").await, 0);
            }
        }
    }
    assert_eq!(SqliteSettings::default().synchronous, Synchronous::Full);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_wait_for_a_transaction_and_go_on_when_it_ends_in_any_way() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let read_models = store.read_models();
    for (round, end) in ["commit", "drop", "panic", "superseded"].into_iter().enumerate() {
        let from = checkpoint(&read_models).await;
        let mut tx = read_models.begin().await.unwrap();
        let (answer, ()) = join(store.append(&one(&stream("ada"))), async {
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(whole_log(&store).await.len(), round, "it was recorded meanwhile");
            match end {
                "commit" => {
                    assert!(advance(&mut *tx, from.as_deref(), "1").await);
                    tx.commit().await.unwrap();
                }
                "drop" => drop(tx),
                "panic" => {
                    let panics = async move {
                        let _tx = tx;
                        panic!("in the middle of a read model, as this test has it");
                    };
                    AssertUnwindSafe(panics).catch_unwind().await.unwrap_err();
                }
                _ => assert!(!advance(&mut *{ tx }, Some("5"), "6").await),
            }
        })
        .await;
        answer.unwrap();
        assert_eq!(checkpoint(&read_models).await.as_deref(), Some("1"), "{end}");
    }
    assert_eq!(whole_log(&store).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_transaction_is_told_so_and_nothing_is_recorded() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = SqliteStore::open_file(&path, hasty()).await.unwrap();
    let elsewhere = SqliteStore::open_file(&path, hasty()).await.unwrap();
    let tx = store.read_models().begin().await.unwrap();
    let (key, kept) = snapshot("ada");
    let given = one(&stream("ada"));
    for store in [&store, &elsewhere] {
        let began = Instant::now();
        assert_unavailable(&store_error(store.append(&given).await), &["300ms"]);
        let begun = store.read_models().begin().await;
        assert_unavailable(&begun.map(drop).unwrap_err(), &["300ms"]);
        let snapshots = store.snapshots();
        assert_unavailable(&snapshots.save(&key, kept.clone()).await.unwrap_err(), &["300ms"]);
        assert!(began.elapsed() < 3 * SHORT + SLACK, "{:?}", began.elapsed());
        // Who reads does not wait.
        assert_eq!(snapshots.load(&key).await.unwrap(), None);
        assert_eq!(checkpoint(&store.read_models()).await, None);
        assert_eq!(whole_log(store).await.len(), 0);
    }
    drop(tx);
    for store in [&store, &elsewhere] {
        soon(crate::words::insist(store, &given)).await.unwrap();
        assert_eq!(times_recorded(store, &given).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_takes_itself_back_and_the_rest_is_committed() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let read_models = store.read_models();
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("CREATE TABLE own (n INTEGER PRIMARY KEY)").await;

    let mut tx = read_models.begin().await.unwrap();
    tx.lend().await.unwrap();
    let run = async |tx: &mut dyn ModelTx, text: &'static str| {
        sqlx::raw_sql(text).execute(connection(tx)).await.map(|_| ())
    };
    run(&mut *tx, "INSERT INTO own VALUES (1)").await.unwrap();
    run(&mut *tx, "INSERT INTO own VALUES (2), (3), (1)").await.unwrap_err();
    run(&mut *tx, "INSERT INTO nowhere VALUES (2)").await.unwrap_err();
    run(&mut *tx, "INSERT INTO own VALUES (4)").await.unwrap();
    tx.give_back().await.unwrap();
    assert!(advance(&mut *tx, None, "1").await);
    tx.commit().await.unwrap();
    assert_eq!(sql.column::<i64>("SELECT n FROM own").await, [1, 4]);
    assert_eq!(checkpoint(&read_models).await.as_deref(), Some("1"));
}

/// What was to move together and was not is not said to have moved.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_sqlite_took_back_is_not_given_back() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let read_models = store.read_models();
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("CREATE TABLE own (n INTEGER PRIMARY KEY); INSERT INTO own VALUES (1)").await;

    let mut tx = read_models.begin().await.unwrap();
    assert!(advance(&mut *tx, None, "1").await);
    tx.lend().await.unwrap();
    sqlx::raw_sql("INSERT INTO own VALUES (2)").execute(connection(&mut *tx)).await.unwrap();
    let failing = sqlx::raw_sql("INSERT OR ROLLBACK INTO own VALUES (1)");
    failing.execute(connection(&mut *tx)).await.unwrap_err();
    assert_invalid(&tx.give_back().await.unwrap_err(), &["ended before"]);
    drop(tx);

    assert_eq!(sql.column::<i64>("SELECT n FROM own").await, [1]);
    assert_eq!(checkpoint(&read_models).await, None);
    record(&store, "ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_ended_by_the_application_is_not_given_back() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    for end in ["COMMIT", "ROLLBACK", "COMMIT; BEGIN", "ROLLBACK; BEGIN IMMEDIATE"] {
        let mut tx = store.read_models().begin().await.unwrap();
        tx.lend().await.unwrap();
        sqlx::raw_sql(end).execute(connection(&mut *tx)).await.unwrap();
        assert_invalid(&tx.give_back().await.unwrap_err(), &["ended before"]);
        drop(tx);
        record(&store, "ada", 1).await;
    }
    // Nor is one committed that was ended and not given back.
    let mut tx = store.read_models().begin().await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(connection(&mut *tx)).await.unwrap();
    assert_invalid(&tx.commit().await.unwrap_err(), &[]);
    record(&store, "ada", 1).await;
}
