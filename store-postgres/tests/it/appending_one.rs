//! Appends of one event: the shorter way they go, and what is in its way.

use annals_core::{
    Appended, EventStore,
    Expected::{After, Any, At, Exists, NoStream},
    Last, Revision,
};
use annals_postgres::{PostgresSettings, PostgresStore};
use futures::future::join_all;
use tokio::spawn;

use crate::{
    database::{connect, fresh_database, fresh_settings, open, open_at, url},
    proxy::{Loss, Proxy},
    sql::Sql,
    words::{
        append, assert_invalid, assert_unavailable, event, event_of, events, eventually, ids_in,
        insist, one, position, record, revision, soon, store_error, stream, times_recorded,
        whole_log, whole_stream,
    },
};

const APPEND_ONE: &str = include_str!("../../sql/append_one.sql");

/// What the server says where `append` is gone.
const UNDEFINED_FUNCTION: &str = "42883";

/// To wait for whoever has the gate, of which an application knows nothing: at a place where no lock is
/// held yet, and the snapshot is taken.
const GATE: &str =
    "WHERE (SELECT true FROM pg_advisory_xact_lock(7, 'event'::regclass::oid::integer))
    AND current_setting('transaction_isolation')";

/// The statement by itself, for an event of its own. It answers a position if it has recorded something.
async fn try_one(sql: &mut Sql, text: &str) -> Option<i64> {
    try_one_after(sql, text, 0).await
}

/// The same, believing that the log is so far.
async fn try_one_after(sql: &mut Sql, text: &str, head: i64) -> Option<i64> {
    let schema: String = sql.ask("SELECT current_schema()::text").await;
    sql.run(&format!("PREPARE it AS {}", text.replace("annals", &schema))).await;
    let arguments = "'test:ada', -1, NULL, NULL, gen_random_uuid(), 'noted', 1, NULL, '{}'";
    let execute = format!("EXECUTE it({arguments}, {head})");
    let answer: Vec<i64> = soon(sql.column(&execute)).await;
    sql.run("DEALLOCATE it").await;
    answer.first().copied()
}

/// A log whose function `append` is gone: what the shorter way does not record is refused.
async fn without_another_way() -> (PostgresStore, Sql) {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    sql.run("ALTER FUNCTION append RENAME TO gone").await;
    (store, sql)
}

fn last(appended: &Appended, id: annals_core::EventId) -> Last {
    let revision = appended.revisions[0];
    Last { revision, id, recorded_at: appended.recorded_at }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_one_event_takes_one_statement_if_it_meets_what_it_expects() {
    let (store, _) = without_another_way().await;
    for (number, before, expected) in [
        (1, 0, NoStream),
        (2, 0, Any),
        (3, 0, At(Revision::START)),
        (4, 1, Any),
        (5, 1, At(revision(1))),
        (6, 3, Any),
        (7, 3, Exists),
        (8, 3, At(revision(3))),
    ] {
        let stream = stream(&number.to_string());
        let mut last_event = None;
        for n in 0..=before {
            let (next, at) = (event(), Revision::START.plus(n));
            let expected = if n == before { expected } else { last_event.map_or(At(at), After) };
            let id = next.id();
            let answer = store.append(&append(&stream, expected, vec![next])).await.unwrap();
            assert_eq!((&answer.revisions[..], answer.repeated), (&[at.plus(1)][..], false));
            last_event = Some(last(&answer, id));
        }
    }
    let log = whole_log(&store).await;
    assert!(log.iter().enumerate().all(|(n, event)| event.position == position(1).plus(n)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_one_event_takes_another_way_if_something_is_in_this_ones() {
    let (store, _) = without_another_way().await;
    let (ada, bob) = (stream("ada"), stream("bob"));
    let first = one(&ada);
    let id = first.events().next().unwrap().id();
    let answer = store.append(&first).await.unwrap();
    let after = last(&answer, id);
    let later = annals_core::Timestamp::from_micros(after.recorded_at.as_micros() + 1);
    let unmet = |expected| append(&ada, expected, events(1));
    for refused in [
        first.clone(),
        append(&bob, Any, first.events().cloned().collect()),
        unmet(NoStream),
        unmet(At(revision(2))),
        append(&bob, Exists, events(1)),
        append(&bob, At(revision(1)), events(1)),
        append(&bob, After(after), events(1)),
        unmet(After(Last { id: event().id(), ..after })),
        unmet(After(Last { recorded_at: later.unwrap(), ..after })),
    ] {
        let error = store_error(store.append(&refused).await);
        assert!(format!("{error:?}").contains(UNDEFINED_FUNCTION), "{error:?}");
    }
    assert_eq!(whole_log(&store).await.len(), 1);
    store.append(&unmet(After(after))).await.unwrap();
}

/// What is committed between the snapshot of the statement and its lock has the position that it gives.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_overtaken_behind_its_snapshot_records_nothing() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    record(&store, "ada", 1).await;
    let (mut gate, mut slow) = (connect(&settings).await, connect(&settings).await);
    gate.run("BEGIN").await;
    gate.run("SELECT pg_advisory_xact_lock(7, 'event'::regclass::oid::integer)").await;
    let gated = APPEND_ONE.replacen("WHERE current_setting('transaction_isolation')", GATE, 1);
    assert!(gated.contains(GATE), "the gate stands where it should");
    let slow = spawn(async move { try_one(&mut slow, &gated).await });
    let waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                 AND (classid, objid) = (7, 'event'::regclass)";
    eventually(async || gate.ask::<i64>(waits).await == 1).await;

    let faster = one(&stream("ada"));
    assert_eq!(soon(store.append(&faster)).await.unwrap().position, position(2));
    gate.run("COMMIT").await;

    assert_eq!(soon(slow).await.unwrap(), None);
    assert_eq!(times_recorded(&store, &faster).await, 1);
    assert_eq!(record(&store, "ada", 1).await.position, position(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_finds_the_lock_taken_records_nothing_and_does_not_wait() {
    let settings = fresh_settings();
    let (store, mut other) = (open(&settings).await, connect(&settings).await);
    for (end, is_recorded) in [("COMMIT", 1), ("ROLLBACK", 0)] {
        let mut holder = connect(&settings).await;
        let held = one(&stream("held"));
        holder.run("BEGIN").await;
        store.append_in(holder.connection(), &held).await.unwrap();
        assert_eq!(try_one(&mut other, APPEND_ONE).await, None);
        holder.run(end).await;
        assert_eq!(times_recorded(&store, &held).await, is_recorded);
    }
    assert_eq!(try_one(&mut other, APPEND_ONE).await, Some(2));
    assert_eq!(record(&store, "ada", 1).await.position, position(3));
}

/// As on a server that was restored.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_believes_the_log_to_be_further_than_it_is_records_nothing_wrong() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    assert_eq!(try_one_after(&mut sql, APPEND_ONE, 1_000).await, Some(1));
    assert_eq!(try_one_after(&mut sql, APPEND_ONE, 1_000).await, None);
    assert_eq!(try_one_after(&mut sql, APPEND_ONE, 1).await, Some(2));
    assert_eq!(record(&store, "ada", 1).await.position, position(3));
}

/// Nor does it hold the lock when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn one_whose_snapshot_may_be_old_or_that_would_not_be_durable_records_nothing() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    for mode in [
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "BEGIN ISOLATION LEVEL SERIALIZABLE",
        "BEGIN; SET LOCAL synchronous_commit = off",
    ] {
        sql.run(mode).await;
        assert_eq!(try_one(&mut sql, APPEND_ONE).await, None, "{mode}");
        sql.run("COMMIT").await;
    }
    assert_eq!(try_one(&mut sql, APPEND_ONE).await, Some(1));
    assert_eq!(record(&store, "ada", 1).await.position, position(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_one_event_is_durable_where_the_database_would_rather_be_fast() {
    for (default, expected) in [("off", "on"), ("on", "on"), ("local", "local")] {
        let here = fresh_database("").await;
        let mut sql = Sql::connect(&here, "annals").await;
        let name: String = sql.ask("SELECT current_database()::text").await;
        sql.run(&format!("ALTER DATABASE {name} SET synchronous_commit = {default}")).await;
        let store = open_at(&here, &PostgresSettings::default()).await;
        sql.run(
            "CREATE TABLE seen (synchronous_commit text);
            CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
                INSERT INTO annals.seen VALUES (current_setting(''synchronous_commit''));
                RETURN NULL;
            END';
            CREATE CONSTRAINT TRIGGER see AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION see()",
        )
        .await;
        record(&store, "ada", 1).await;
        let seen: Vec<String> = sql.column("SELECT synchronous_commit FROM seen").await;
        assert_eq!(seen, [expected], "by default {default}");
    }
}

/// Of several stores, as of several processes.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_append_one_event_each_at_once_lose_none_and_leave_no_gap() {
    const STORES: usize = 8;
    const EACH: i64 = 40;
    let settings = fresh_settings();
    let stores = join_all((0..STORES).map(|_| open(&settings))).await;
    let writers = stores.into_iter().enumerate().map(|(n, store)| {
        spawn(async move {
            let (own, shared) = (stream(&n.to_string()), stream("shared"));
            let mut recorded = Vec::new();
            for at in 0..EACH {
                let mine = append(&own, At(Revision::new(at).unwrap()), events(1));
                recorded.push((store.append(&mine).await.unwrap(), mine));
                // Of all who have read the same revision, one wins.
                let end = whole_stream(&store, "shared").await.len();
                let contested = append(&shared, At(Revision::START.plus(end)), events(1));
                match store.append(&contested).await {
                    Ok(answer) => recorded.push((answer, contested)),
                    Err(annals_core::AppendError::Conflict(conflict)) => {
                        assert!(conflict.actual > Revision::START.plus(end), "{conflict:?}");
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            recorded
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut recorded = Vec::new();
    for writer in soon(join_all(writers)).await {
        recorded.extend(writer.unwrap());
    }

    recorded.sort_by_key(|(answer, _)| answer.position);
    let store = open(&settings).await;
    let log = whole_log(&store).await;
    let ids: Vec<_> = recorded.iter().map(|(_, it)| it.events().next().unwrap().id()).collect();
    assert_eq!(ids_in(&log), ids);
    for (n, (event, (answer, _))) in log.iter().zip(&recorded).enumerate() {
        assert_eq!((event.position, answer.position), (position(1).plus(n), event.position));
        assert_eq!(
            (vec![event.revision], event.recorded_at),
            (answer.revisions.clone(), answer.recorded_at)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_one_event_that_was_lost_is_recorded_once_when_it_is_repeated() {
    for (loss, is_recorded) in [(Loss::Question, false), (Loss::Answer, true)] {
        let proxy = Proxy::to(&url(), "AS new").await;
        let store = open_at(&proxy.url(&url()), &fresh_settings()).await;
        record(&store, "ada", 1).await;
        assert_eq!(proxy.times_heard(), 1);
        let lost = append(&stream("ada"), At(revision(1)), events(1));
        proxy.lose(loss);
        assert_unavailable(&store_error(soon(store.append(&lost)).await));
        assert_eq!(insist(&store, &lost).await.unwrap().repeated, is_recorded);
        assert_eq!(times_recorded(&store, &lost).await, 1);
    }
}

/// A user's own index, constraint, rule or trigger is in the way of no append, or says so itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_application_adds_to_the_table_decides_as_with_any_insert() {
    const REFUSE: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN IF NEW.type = ''unwanted'' THEN RAISE integrity_constraint_violation; END IF; RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION refuse()";
    for (addition, is_refused) in [
        ("CREATE UNIQUE INDEX theirs ON event (type) WHERE type = 'unwanted'", true),
        ("ALTER TABLE event ADD CONSTRAINT theirs UNIQUE (type, position) DEFERRABLE", false),
        ("CREATE RULE theirs AS ON INSERT TO event DO ALSO NOTIFY theirs", false),
        (REFUSE, true),
    ] {
        let settings = fresh_settings();
        let (store, mut sql) = (open(&settings).await, connect(&settings).await);
        let unwanted = || {
            let event = event_of("unwanted", "{}");
            append(&stream("ada"), Any, vec![event])
        };
        store.append(&unwanted()).await.unwrap();
        sql.run(addition).await;
        for _ in 0..2 {
            let answer = store.append(&unwanted()).await;
            assert_eq!(answer.is_err(), is_refused, "{addition}: {answer:?}");
            if is_refused {
                assert_invalid(&store_error(answer), &[]);
            }
        }
        let recorded = if is_refused { 1 } else { 3 };
        assert_eq!(whole_log(&store).await.len(), recorded, "{addition}");
        let next = one(&stream("bob"));
        assert_eq!(store.append(&next).await.unwrap().position, position(1).plus(recorded));
    }
}
