//! Appends in the application's own transactions, and appends that go together.

use annals_core::{AppendError, EventStore, Expected, NewEvent, Position, Revision};
use annals_postgres::{PostgresSettings, PostgresStore};
use futures::{FutureExt, future::join_all};

use crate::{
    database::{connect, fresh_settings, open},
    sql::Sql,
    words::{
        append, assert_invalid, event_of, events, eventually, ids_in, one, position, record, soon,
        store_error, stream, times_recorded, whole_log, whole_stream,
    },
};

/// A log, and the connection of an application that has a table of its own beside it.
async fn joined() -> (PostgresStore, Sql, PostgresSettings) {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut sql = connect(&settings).await;
    sql.run("CREATE TABLE own (n int)").await;
    (store, sql, settings)
}

async fn own_rows(sql: &mut Sql) -> Vec<i32> {
    sql.column("SELECT n FROM own ORDER BY n").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_in_a_transaction_commits_with_its_other_rows_or_not_at_all() {
    let (store, mut sql, _) = joined().await;
    for (end, rows, log) in [("ROLLBACK", vec![], 0), ("COMMIT", vec![7], 2)] {
        let given = append(&stream("ada"), Expected::NoStream, events(2));
        sql.run("BEGIN; INSERT INTO own VALUES (7)").await;
        let answer = store.append_in(sql.connection(), &given).await.unwrap();
        assert_eq!((answer.position, answer.repeated), (position(2), false));
        assert_eq!(whole_log(&store).await.len(), 0, "nobody else sees it before the end");
        sql.run(end).await;
        assert_eq!((own_rows(&mut sql).await, whole_log(&store).await.len()), (rows, log));
    }
    assert_eq!(record(&store, "ada", 1).await.position, position(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_conflict_or_a_duplicate_a_transaction_can_go_on() {
    let (store, mut sql, _) = joined().await;
    let known = append(&stream("ada"), Expected::NoStream, events(2));
    store.append(&known).await.unwrap();
    sql.run("BEGIN; INSERT INTO own VALUES (1)").await;

    let conflicting = append(&stream("ada"), Expected::NoStream, events(1));
    let refused = store.append_in(sql.connection(), &conflicting).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))), "{refused:?}");
    let part: Vec<NewEvent> = known.events().take(1).cloned().chain(events(1)).collect();
    let twice = append(&stream("ada"), Expected::Any, part);
    let refused = store.append_in(sql.connection(), &twice).await;
    assert!(matches!(refused, Err(AppendError::Duplicate { .. })), "{refused:?}");
    assert!(store.append_in(sql.connection(), &known).await.unwrap().repeated);

    store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    sql.run("INSERT INTO own VALUES (2); COMMIT").await;
    assert_eq!((own_rows(&mut sql).await, whole_log(&store).await.len()), (vec![1, 2], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_stricter_or_read_only_is_refused_and_can_go_on() {
    let (store, mut sql, _) = joined().await;
    for (mode, part) in [
        ("ISOLATION LEVEL REPEATABLE READ", "REPEATABLE READ"),
        ("ISOLATION LEVEL SERIALIZABLE", "SERIALIZABLE"),
        ("READ ONLY", "READ ONLY"),
    ] {
        sql.run(&format!("BEGIN {mode}")).await;
        let refused = store.append_in(sql.connection(), &one(&stream("ada"))).await;
        assert_invalid(&store_error(refused), &[part]);
        assert_eq!(own_rows(&mut sql).await, Vec::<i32>::new());
        sql.run("COMMIT").await;
    }
    assert_eq!(whole_log(&store).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_in_one_transaction_see_each_other_and_go_with_their_savepoint() {
    let (store, mut sql, _) = joined().await;
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
async fn an_append_is_durable_where_the_database_would_rather_be_fast() {
    let (store, mut sql, _) = joined().await;
    for (default, expected) in [("off", "on"), ("on", "on"), ("local", "local")] {
        sql.run(&format!("SET synchronous_commit = {default}; BEGIN")).await;
        store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
        assert_eq!(sql.ask::<String>("SHOW synchronous_commit").await, expected);
        sql.run("COMMIT").await;
        assert_eq!(sql.ask::<String>("SHOW synchronous_commit").await, default);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_wakes_once_a_transaction_is_said_to_be_committed() {
    let (store, mut sql, settings) = joined().await;
    let elsewhere = open(&settings).await;
    sql.run("BEGIN").await;
    let answer = store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    sql.run("COMMIT").await;
    store.committed(&answer);

    let known = store.wait_past(Position::START).now_or_never();
    assert_eq!(known.expect("it is known without asking").unwrap(), position(1));
    assert_eq!(soon(elsewhere.wait_past(Position::START)).await.unwrap(), position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_the_database_does_not_want_is_refused_alone() {
    let (store, mut sql, _) = joined().await;
    sql.run("ALTER TABLE event ADD CONSTRAINT no_poison CHECK (type <> 'poison')").await;
    let given: Vec<_> = (0..40)
        .map(|n| {
            let event_type = if n % 10 == 5 { "poison" } else { "noted" };
            append(&stream(&n.to_string()), Expected::NoStream, vec![event_of(event_type, "{}")])
        })
        .collect();

    let answers = soon(join_all(given.iter().map(|append| store.append(append)))).await;

    for (n, (answer, given)) in answers.into_iter().zip(&given).enumerate() {
        assert_eq!(answer.is_err(), n % 10 == 5, "{answer:?}");
        assert_eq!(times_recorded(&store, given).await, usize::from(answer.is_ok()));
        if answer.is_err() {
            assert_invalid(&store_error(answer), &[]);
        }
    }
    let log = whole_log(&store).await;
    assert!(log.iter().map(|event| event.position.get()).eq(1..=36));
}

/// While one append waits for the lock, all others that come wait for it, and then go together.
#[tokio::test(flavor = "multi_thread")]
async fn appends_that_come_while_one_is_on_its_way_are_recorded_in_one_transaction() {
    let (store, mut holder, settings) = joined().await;
    let mut sql = connect(&settings).await;
    holder.run("BEGIN").await;
    store.append_in(holder.connection(), &one(&stream("first"))).await.unwrap();
    let given: Vec<_> = (0..64).map(|n| one(&stream(&n.to_string()))).collect();

    let appending = join_all(given.iter().map(|append| store.append(append)));
    let releasing = async {
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted
            AND objid = 'event'::regclass::oid AND locktype = 'advisory'";
        eventually(async || sql.ask::<i64>(waits).await == 1).await;
        holder.run("COMMIT").await;
    };
    let (answers, ()) = soon(async { tokio::join!(appending, releasing) }).await;

    assert!(answers.iter().all(Result::is_ok));
    let transactions = "SELECT count(DISTINCT xmin::text) FROM event WHERE position > 1";
    assert_eq!(sql.ask::<i64>(transactions).await, 2, "the first alone, and all others");
    let times = "SELECT count(DISTINCT recorded_at) FROM event WHERE position > 1";
    assert_eq!(sql.ask::<i64>(times).await, 2);
}
