//! A database that the application meddles with: what was answered is nevertheless so.

use annals_core::{
    AdvanceError, AppendError, Checkpoint, Checkpoints, EventStore, Expected, Filter, Position,
    Revision, StoreErrorKind,
};
use futures::TryStreamExt;

use crate::{
    database::{connect, fresh_settings, open},
    words::{append, event_of, events, one, position, record, stream, whole_log},
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
async fn a_checkpoint_that_was_deleted_meanwhile_is_not_made_again() {
    let settings = fresh_settings();
    let (store, mut sql) = (open(&settings).await, connect(&settings).await);
    let checkpoints = store.checkpoints();
    let at = |number| Checkpoint { position: position(number), last: None };
    let tx = checkpoints.begin().await.unwrap();
    checkpoints.advance(tx, "balances", at(0), at(1)).await.unwrap();

    // Deleted, but not yet for others to see, when the runner advances.
    sql.run("BEGIN; DELETE FROM checkpoint WHERE name = 'balances'").await;
    let tx = checkpoints.begin().await.unwrap();
    let (advanced, ()) =
        tokio::join!(checkpoints.advance(tx, "balances", at(1), at(2)), sql.run("COMMIT"));

    assert!(matches!(advanced, Err(AdvanceError::Superseded { .. }) | Ok(())), "{advanced:?}");
    assert_eq!(checkpoints.load("balances").await.unwrap(), Checkpoint::default());
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
async fn a_read_model_that_was_committed_or_taken_back_on_the_way_moves_no_checkpoint() {
    let settings = fresh_settings();
    let checkpoints = open(&settings).await.checkpoints();
    for end in ["COMMIT", "ROLLBACK", "ROLLBACK; BEGIN"] {
        let mut tx = checkpoints.begin().await.unwrap();
        sqlx::raw_sql(end).execute(tx.connection()).await.unwrap();
        let to = Checkpoint { position: position(1), last: None };
        let refused = checkpoints.advance(tx, "model", Checkpoint::default(), to).await;
        let Err(AdvanceError::Store(error)) = refused else { panic!("{end}: {refused:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
        assert_eq!(checkpoints.load("model").await.unwrap(), Checkpoint::default());
    }
}
