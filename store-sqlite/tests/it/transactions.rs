//! Transactions for read models, and who waits for them.

use std::{panic::AssertUnwindSafe, time::Duration};

use annals_core::{AdvanceError, Checkpoint, Checkpoints, EventId, EventStore, Snapshots};
use annals_sqlite::{SqliteSettings, SqliteStore, Synchronous};
use futures::{FutureExt, future::join};
use tokio::{task::yield_now, time::Instant};

use crate::{
    database::{Directory, open},
    sql::{Sql, ask},
    words::{
        assert_invalid, assert_unavailable, one, position, record, snapshot, soon, store_error,
        stream, times_recorded, whole_log,
    },
};

const SHORT: Duration = Duration::from_millis(300);
const SLACK: Duration = Duration::from_secs(2);

fn hasty() -> SqliteSettings {
    SqliteSettings { timeout: SHORT, busy_timeout: SHORT, ..SqliteSettings::default() }
}

fn at(n: i64) -> Checkpoint {
    Checkpoint { position: position(n), last: Some(EventId(uuid::Uuid::from_u128(7))) }
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
                let mut tx = store.checkpoints().begin().await.unwrap();
                let connection = tx.connection();
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
    let checkpoints = store.checkpoints();
    for (round, end) in ["advance", "drop", "panic", "superseded"].into_iter().enumerate() {
        let tx = checkpoints.begin().await.unwrap();
        let from = checkpoints.load("it").await.unwrap();
        let (answer, ()) = join(store.append(&one(&stream("ada"))), async {
            for _ in 0..100 {
                yield_now().await;
            }
            assert_eq!(whole_log(&store).await.len(), round, "it was recorded meanwhile");
            match end {
                "advance" => checkpoints.advance(tx, "it", from, at(1)).await.unwrap(),
                "drop" => drop(tx),
                "panic" => {
                    let panics = async move {
                        let _tx = tx;
                        panic!("in the middle of a read model, as this test has it");
                    };
                    AssertUnwindSafe(panics).catch_unwind().await.unwrap_err();
                }
                _ => {
                    let advanced = checkpoints.advance(tx, "it", at(5), at(6)).await;
                    assert!(matches!(advanced, Err(AdvanceError::Superseded { .. })));
                }
            }
        })
        .await;
        answer.unwrap();
        assert_eq!(checkpoints.load("it").await.unwrap(), at(1), "{end}");
    }
    assert_eq!(whole_log(&store).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_for_a_transaction_is_told_so_and_nothing_is_recorded() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = SqliteStore::open_file(&path, hasty()).await.unwrap();
    let elsewhere = SqliteStore::open_file(&path, hasty()).await.unwrap();
    let tx = store.checkpoints().begin().await.unwrap();
    let (key, kept) = snapshot("ada");
    let given = one(&stream("ada"));
    for store in [&store, &elsewhere] {
        let began = Instant::now();
        assert_unavailable(&store_error(store.append(&given).await), &["300ms"]);
        assert_unavailable(&store.checkpoints().begin().await.map(drop).unwrap_err(), &["300ms"]);
        let snapshots = store.snapshots();
        assert_unavailable(&snapshots.save(&key, kept.clone()).await.unwrap_err(), &["300ms"]);
        assert!(began.elapsed() < 3 * SHORT + SLACK, "{:?}", began.elapsed());
        // Who reads does not wait.
        assert_eq!(snapshots.load(&key).await.unwrap(), None);
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
    let checkpoints = store.checkpoints();
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("CREATE TABLE own (n INTEGER PRIMARY KEY)").await;

    let mut tx = checkpoints.begin().await.unwrap();
    let run = async |tx: &mut annals_sqlite::SqliteTx, text: &'static str| {
        sqlx::raw_sql(text).execute(tx.connection()).await.map(|_| ())
    };
    run(&mut tx, "INSERT INTO own VALUES (1)").await.unwrap();
    run(&mut tx, "INSERT INTO own VALUES (2), (3), (1)").await.unwrap_err();
    run(&mut tx, "INSERT INTO nowhere VALUES (2)").await.unwrap_err();
    run(&mut tx, "INSERT INTO own VALUES (4)").await.unwrap();
    checkpoints.advance(tx, "it", Checkpoint::default(), at(1)).await.unwrap();
    assert_eq!(sql.column::<i64>("SELECT n FROM own").await, [1, 4]);
    assert_eq!(checkpoints.load("it").await.unwrap(), at(1));
}

/// What was to move together and was not is not said to have moved.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_sqlite_took_back_does_not_advance() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let checkpoints = store.checkpoints();
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    sql.run("CREATE TABLE own (n INTEGER PRIMARY KEY); INSERT INTO own VALUES (1)").await;

    let mut tx = checkpoints.begin().await.unwrap();
    sqlx::raw_sql("INSERT INTO own VALUES (2)").execute(tx.connection()).await.unwrap();
    let failing = sqlx::raw_sql("INSERT OR ROLLBACK INTO own VALUES (1)");
    failing.execute(tx.connection()).await.unwrap_err();
    let advanced = checkpoints.advance(tx, "it", Checkpoint::default(), at(1)).await;
    let Err(AdvanceError::Store(error)) = advanced else { panic!("{advanced:?}") };
    assert_invalid(&error, &["ended before"]);

    assert_eq!(sql.column::<i64>("SELECT n FROM own").await, [1]);
    assert_eq!(checkpoints.load("it").await.unwrap(), Checkpoint::default());
    record(&store, "ada", 1).await;
}
