//! Appends in the application's own transactions.

use std::{path::PathBuf, time::Duration};

use annals_core::{
    AppendError, EventStore, Expected, Filter, NewEvent, Position, ReadModels, Revision, subscribe,
};
use annals_sqlite::{SqliteSettings, SqliteStore};
use futures::{FutureExt, StreamExt, TryStreamExt, future::join};
use tokio::time::timeout;

use crate::{
    database::{Directory, connection, open},
    sql::Sql,
    words::{
        append, assert_invalid, assert_unavailable, events, ids_in, one, position, record, soon,
        store_error, stream, times_recorded, whole_log, whole_stream,
    },
};

/// A log, and the connection of an application that has a table of its own in the same file.
async fn joined() -> (SqliteStore, Sql, PathBuf, Directory) {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let store = open(&path).await;
    let mut sql = Sql::connect(&path).await;
    sql.run("CREATE TABLE own (n INTEGER)").await;
    (store, sql, path, directory)
}

async fn own_rows(sql: &mut Sql) -> Vec<i64> {
    sql.column("SELECT n FROM own ORDER BY n").await
}

const BEGINNINGS: [&str; 5] =
    ["BEGIN", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "SAVEPOINT own", "BEGIN; SAVEPOINT own"];

#[tokio::test(flavor = "multi_thread")]
async fn an_append_in_a_transaction_commits_with_its_other_rows_or_not_at_all() {
    for begin in BEGINNINGS {
        let (store, mut sql, _, _directory) = joined().await;
        let (back, commit) = match begin {
            "SAVEPOINT own" => ("ROLLBACK TO own; RELEASE own", "RELEASE own"),
            _ => ("ROLLBACK", "COMMIT"),
        };
        for (end, rows, log) in [(back, vec![], 0), (commit, vec![7], 2)] {
            let given = append(&stream("ada"), Expected::NoStream, events(2));
            sql.run(&format!("{begin}; INSERT INTO own VALUES (7)")).await;
            let answer = store.append_in(sql.connection(), &given).await.unwrap();
            assert_eq!((answer.position, answer.repeated), (position(2), false), "{begin}");
            assert_eq!(whole_log(&store).await.len(), 0, "nobody else sees it before the end");
            sql.run(end).await;
            assert_eq!((own_rows(&mut sql).await, whole_log(&store).await.len()), (rows, log));
        }
        assert_eq!(record(&store, "ada", 1).await.position, position(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_transaction_an_append_is_one_by_itself() {
    let (store, mut sql, path, _directory) = joined().await;
    store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    assert_eq!(whole_log(&store).await.len(), 1);
    record(&store, "ada", 1).await;

    let late = append(&stream("ada"), Expected::NoStream, events(1));
    let refused = store.append_in(sql.connection(), &late).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    let mut holder = Sql::connect(&path).await;
    holder.run("BEGIN IMMEDIATE").await;
    sql.run("PRAGMA busy_timeout = 1").await;
    let refused = store.append_in(sql.connection(), &one(&stream("ada"))).await;
    assert_unavailable(&store_error(refused), &["locked"]);
    holder.run("ROLLBACK").await;

    // No transaction was begun that nobody ends.
    sql.run("INSERT INTO own VALUES (1); BEGIN; ROLLBACK").await;
    assert_eq!(own_rows(&mut holder).await, [1]);
    record(&store, "ada", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_conflict_or_a_duplicate_a_transaction_can_go_on() {
    for begin in BEGINNINGS {
        let (store, mut sql, _, _directory) = joined().await;
        let known = append(&stream("ada"), Expected::NoStream, events(2));
        store.append(&known).await.unwrap();
        sql.run(&format!("{begin}; INSERT INTO own VALUES (1)")).await;

        let conflicting = append(&stream("ada"), Expected::NoStream, events(1));
        let refused = store.append_in(sql.connection(), &conflicting).await;
        assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
        let part: Vec<NewEvent> = known.events().take(1).cloned().chain(events(1)).collect();
        let twice = append(&stream("ada"), Expected::Any, part);
        let refused = store.append_in(sql.connection(), &twice).await;
        assert!(matches!(refused, Err(AppendError::Duplicate { .. })), "{refused:?}");
        assert!(store.append_in(sql.connection(), &known).await.unwrap().repeated);

        store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
        let end = if begin == "SAVEPOINT own" { "RELEASE own" } else { "COMMIT" };
        sql.run(&format!("INSERT INTO own VALUES (2); {end}")).await;
        assert_eq!((own_rows(&mut sql).await, whole_log(&store).await.len()), (vec![1, 2], 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_does_not_want_is_refused_and_the_transaction_can_go_on() {
    let (store, mut sql, _, _directory) = joined().await;
    sql.run(
        "CREATE TRIGGER leave_out BEFORE INSERT ON annals_event WHEN NEW.revision = 2
         BEGIN SELECT RAISE(IGNORE); END",
    )
    .await;
    sql.run("BEGIN; INSERT INTO own VALUES (1)").await;
    for count in [2, 3] {
        let given = append(&stream("ada"), Expected::Any, events(count));
        let refused = store_error(store.append_in(sql.connection(), &given).await);
        assert_eq!(refused.kind(), annals_core::StoreErrorKind::Invalid, "{refused:?}");
        assert_eq!(times_recorded(&store, &given).await, 0);
    }
    let given = one(&stream("ada"));
    store.append_in(sql.connection(), &given).await.unwrap();
    sql.run("COMMIT").await;
    assert_eq!(own_rows(&mut sql).await, [1]);
    assert_eq!(ids_in(&whole_log(&store).await), [given.events().next().unwrap().id()]);

    // Nor does the store itself acknowledge what was left out.
    let given = append(&stream("bob"), Expected::Any, events(2));
    assert_eq!(
        store_error(store.append(&given).await).kind(),
        annals_core::StoreErrorKind::Invalid
    );
    assert_eq!(whole_log(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_in_one_transaction_see_each_other_and_go_with_their_savepoint() {
    let (store, mut sql, _, _directory) = joined().await;
    let at = |revision| Expected::At(Revision::START.plus(revision));
    let [first, second, third] =
        [0, 1, 1].map(|revision| append(&stream("ada"), at(revision), events(1)));
    sql.run("BEGIN").await;
    store.append_in(sql.connection(), &first).await.unwrap();
    assert!(store.append_in(sql.connection(), &first).await.unwrap().repeated);

    sql.run("SAVEPOINT here").await;
    let undone = store.append_in(sql.connection(), &second).await.unwrap();
    assert_eq!(undone.position, position(2));
    sql.run("ROLLBACK TO here").await;
    let answer = store.append_in(sql.connection(), &third).await.unwrap();
    assert_eq!((answer.position, answer.revisions), (position(2), vec![Revision::START.plus(2)]));
    sql.run("COMMIT").await;

    assert_eq!(times_recorded(&store, &second).await, 0);
    let ids: Vec<_> = first.events().chain(third.events()).map(NewEvent::id).collect();
    assert_eq!(ids_in(&whole_stream(&store, "ada").await), ids);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_transactions_at_once_one_waits_for_the_other() {
    let (store, mut one_of_them, path, _directory) = joined().await;
    let mut other = Sql::connect(&path).await;
    let first = append(&stream("ada"), Expected::NoStream, events(1));
    let second = append(&stream("ada"), Expected::NoStream, events(1));
    for sql in [&mut one_of_them, &mut other] {
        sql.run("BEGIN").await;
    }
    store.append_in(one_of_them.connection(), &first).await.unwrap();
    let mut waiting = Box::pin(store.append_in(other.connection(), &second));
    let early = timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err(), "{early:?}");
    one_of_them.run("COMMIT").await;
    let refused = soon(waiting).await;
    // It has not read before, so it sees what was committed while it waited.
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    other.run("COMMIT").await;
    assert_eq!(whole_log(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_has_read_before_others_wrote_is_refused_and_nothing_is_half() {
    let (store, mut sql, _, _directory) = joined().await;
    sql.run("BEGIN").await;
    assert_eq!(sql.ask::<i64>("SELECT count(*) FROM annals_event").await, 0);
    record(&store, "ada", 1).await;

    let given = append(&stream("ada"), Expected::NoStream, events(1));
    for _ in 0..2 {
        let refused = store_error(store.append_in(sql.connection(), &given).await);
        assert_unavailable(&refused, &["locked"]);
    }
    assert_eq!(sql.ask::<i64>("SELECT count(*) FROM annals_event").await, 0, "it still reads");
    // The savepoint is not there any more, so that this is all of it.
    sql.refused("RELEASE annals_append").await;
    sql.run("COMMIT; BEGIN IMMEDIATE").await;
    let refused = store.append_in(sql.connection(), &given).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    sql.run("COMMIT").await;
    assert_eq!(times_recorded(&store, &given).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_another_file_is_refused_and_left_as_it_is() {
    let (store, mut sql, path, directory) = joined().await;
    let elsewhere = directory.join("elsewhere.db");
    let other = open(&elsewhere).await;
    drop(Sql::create(&directory.join("no_log.db")).await);
    for name in ["elsewhere.db", "no_log.db"] {
        let mut connection = Sql::connect(&directory.join(name)).await;
        for attach in ["SELECT 1", &format!("ATTACH '{}' AS log", path.display())] {
            connection.run(attach).await;
            let refused = store.append_in(connection.connection(), &one(&stream("ada"))).await;
            assert_invalid(&store_error(refused), &["not to the file of this log"]);
        }
    }
    assert_eq!((whole_log(&store).await.len(), whole_log(&other).await.len()), (0, 0));

    // By any of its names it is the same file.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&path, directory.join("link.db")).unwrap();
        let mut linked = Sql::connect(&directory.join("link.db")).await;
        store.append_in(linked.connection(), &one(&stream("ada"))).await.unwrap();
    }
    sql.run(&format!("ATTACH '{}' AS elsewhere", elsewhere.display())).await;
    store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    assert_eq!((whole_log(&store).await.len(), whole_log(&other).await.len()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_from_an_event_can_be_appended_where_the_checkpoint_moves() {
    let in_memory = SqliteStore::open("sqlite::memory:", SqliteSettings::default()).await.unwrap();
    let directory = Directory::new();
    for store in [open(&directory.join("log.db")).await, in_memory] {
        let read_models = store.read_models();
        for (is_committed, length) in [(false, 0), (true, 2)] {
            let mut tx = read_models.begin().await.unwrap();
            tx.append(&one(&stream("ada"))).await.unwrap();
            store.append_in(connection(&mut *tx), &one(&stream("ada"))).await.unwrap();
            assert!(tx.swap("checkpoint", "it", None, Some("1")).await.unwrap());
            if is_committed {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
            assert_eq!(whole_log(&store).await.len(), length);
            let checkpoint = read_models.record("checkpoint", "it").await.unwrap();
            assert_eq!(checkpoint.as_deref(), is_committed.then_some("1"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_wakes_once_a_transaction_for_a_read_model_is_committed() {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let mut tx = store.read_models().begin().await.unwrap();
    tx.append(&one(&stream("ada"))).await.unwrap();
    tx.commit().await.unwrap();
    let known = store.wait_past(Position::START).now_or_never();
    assert_eq!(known.expect("it is known without asking").unwrap(), position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_wakes_once_a_transaction_is_said_to_be_committed() {
    let (store, mut sql, path, _directory) = joined().await;
    let elsewhere = open(&path).await;
    sql.run("BEGIN").await;
    let answer = store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    sql.run("COMMIT").await;
    store.committed(&answer);

    let known = store.wait_past(Position::START).now_or_never();
    assert_eq!(known.expect("it is known without asking").unwrap(), position(1));
    assert_eq!(soon(elsewhere.wait_past(Position::START)).await.unwrap(), position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_wait_for_a_transaction_and_go_on_after_it() {
    let (store, mut sql, _, _directory) = joined().await;
    sql.run("BEGIN").await;
    store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    let (answer, ()) = join(store.append(&one(&stream("bob"))), async {
        // It is still waiting after others were polled often enough.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        sql.run("COMMIT").await;
    })
    .await;
    assert_eq!(answer.unwrap().position, position(2));

    let hasty =
        SqliteSettings { busy_timeout: Duration::from_millis(100), ..SqliteSettings::default() };
    let path = sql.ask::<String>("SELECT file FROM pragma_database_list").await;
    let store = SqliteStore::open_file(path, hasty).await.unwrap();
    sql.run("BEGIN IMMEDIATE").await;
    let given = one(&stream("cleo"));
    assert_unavailable(&store_error(store.append(&given).await), &["locked", "100ms"]);
    sql.run("ROLLBACK").await;
    assert_eq!(times_recorded(&store, &given).await, 0);
    store.append(&given).await.unwrap();
    assert_eq!(times_recorded(&store, &given).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_to_be_committed_before_it_is_makes_nobody_skip_it() {
    let (store, mut sql, _, _directory) = joined().await;
    record(&store, "ada", 1).await;
    sql.run("BEGIN IMMEDIATE").await;
    let bob = one(&stream("bob"));
    let appended = store.append_in(sql.connection(), &bob).await.unwrap();
    store.committed(&appended);

    let read: Result<Vec<_>, _> =
        store.read_log(Position::START, Filter::All).try_collect::<Vec<_>>().await;
    assert_unavailable(&read.unwrap_err(), &["shorter"]);
    assert_eq!(soon(store.wait_past(Position::START)).await.unwrap(), position(1));

    let mut followed = subscribe(&store, position(1), Filter::All);
    assert!(followed.next().now_or_never().is_none());
    sql.run("COMMIT").await;
    store.committed(&appended);
    assert_eq!(soon(followed.try_next()).await.unwrap().unwrap().position, appended.position);
}
