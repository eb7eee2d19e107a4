//! A database that the application meddles with: what was answered is nevertheless so.

use annals_core::{
    AppendError, EventStore, Expected, Filter, Position, ReadModels, Revision, StoreErrorKind,
};
use futures::TryStreamExt;

use crate::{
    database::{connect, connection_of, fresh_settings, open},
    words::{
        AREA, append, assert_invalid, event_of, events, eventually, one, position, record,
        record_in, stream, swap_alone, table, whole_log,
    },
};

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_is_not_taken_for_the_log() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    sql.run("CREATE TEMPORARY TABLE event (LIKE event INCLUDING ALL)").await;

    store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    let several = append(&stream("bob"), Expected::NoStream, events(2));
    let answer = store.append_in(sql.connection(), &several).await.unwrap();

    assert_eq!(answer.position, position(3));
    assert_eq!(whole_log(&store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_of_which_a_trigger_leaves_something_out_is_not_acknowledged() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    sql.run(
        "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RETURN CASE NEW.type WHEN ''unwanted'' THEN NULL ELSE NEW END; END';
        CREATE TRIGGER leave_out BEFORE INSERT ON event
            FOR EACH ROW EXECUTE FUNCTION leave_out()",
    )
    .await;
    for wanted in [0, 1] {
        let mut given = events(wanted);
        given.push(event_of("unwanted", "{}"));
        let refused = store.append(&append(&stream("ada"), Expected::Any, given)).await;
        let Err(AppendError::Store(error)) = refused else { panic!("{refused:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    }
    assert_eq!(whole_log(&store).await.len(), 0);
    assert_eq!(record(&store, "ada", 1).await.position, position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_deleted_meanwhile_is_not_made_again() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    let models = store.read_models();
    assert!(swap_alone(&models, "balances", None, Some("1")).await.unwrap());

    // Deleted, but not yet for others to see, when the runner moves on.
    sql.run("BEGIN; DELETE FROM record WHERE key = 'balances'").await;
    let (swapped, ()) =
        tokio::join!(swap_alone(&models, "balances", Some("1"), Some("2")), async {
            let waits = "SELECT count(*) FROM pg_locks
                     WHERE NOT granted AND transactionid = pg_current_xact_id()::xid";
            eventually(async || sql.ask::<i64>(waits).await == 1).await;
            sql.run("COMMIT").await;
        });

    assert!(!swapped.unwrap());
    assert_eq!(record_in(&models, "balances").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_log_is_an_error_to_who_reads_over_it() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    record(&store, "ada", 3).await;
    sql.run("ALTER TABLE event DISABLE TRIGGER ALL; DELETE FROM event WHERE position = 2").await;

    for mut reading in [
        store.read_log(Position::START, Filter::All),
        store.read_stream(&stream("ada"), Revision::START),
    ] {
        assert_eq!(reading.try_next().await.unwrap().unwrap().position, position(1));
        let error = reading.try_next().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unreadable, "{error}");
        assert!(reading.try_next().await.unwrap().is_none(), "after an error there is nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_ended_or_broken_while_it_was_lent_commits_nothing() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    for end in ["COMMIT", "ROLLBACK", "ROLLBACK; BEGIN", "COMMIT; BEGIN", "SELECT 1/0"] {
        for is_given_back in [true, false] {
            let mut tx = models.begin().await.unwrap();
            tx.lend().await.unwrap();
            let ended = sqlx::raw_sql(end).execute(connection_of(&mut *tx)).await;
            assert_eq!(ended.is_err(), end == "SELECT 1/0");
            if is_given_back {
                let refused = tx.give_back().await.unwrap_err();
                assert_eq!(refused.kind(), StoreErrorKind::Invalid, "{end}: {refused}");
            }
            let refused = tx.commit().await.unwrap_err();
            assert_eq!(refused.kind(), StoreErrorKind::Invalid, "{end}: {refused}");
        }
    }
}

/// The server would answer such a `COMMIT` as if nothing were wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_which_a_part_has_failed_is_not_said_to_be_committed() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    let mut tx = models.begin().await.unwrap();
    assert!(tx.swap(AREA, "it", None, Some("1")).await.unwrap());
    assert_invalid(&tx.load(&table("missing", &[]), &["a".into()]).await.unwrap_err(), &[]);
    assert_invalid(&tx.commit().await.unwrap_err(), &["failed"]);
    assert_eq!(record_in(&models, "it").await.unwrap(), None);
}
