//! One of everything that a log is asked for, to see that it works where it runs.

use std::error::Error;

use annals_core::{
    AdvanceError, AppendError, Checkpoint, Checkpoints, EventStore, EventType, Expected, Filter,
    Position, Revision, Snapshots, StoreError,
};
use annals_postgres::PostgresStore;
use futures::TryStreamExt;

use crate::words::{append, event_of, one, snapshot, stream};

/// Asks a log for one of everything, twice, and looks at each answer.
///
/// # Errors
///
/// What failed at the store.
pub(crate) async fn short_run(store: &PostgresStore) -> Result<(), StoreError> {
    run_without_read_models(store).await?;
    for round in 0..2 {
        advance_checkpoints(store, &format!("short-run-{round}")).await?;
    }
    Ok(())
}

/// The same, but for what is done in an application's transactions.
pub(crate) async fn run_without_read_models(store: &PostgresStore) -> Result<(), StoreError> {
    for round in 0..2 {
        let id = format!("short-run-{round}");
        append_and_read(store, &id).await?;
        keep_snapshots(store, &id).await?;
    }
    Ok(())
}

async fn append_and_read(store: &PostgresStore, id: &str) -> Result<(), StoreError> {
    let stream = stream(id);
    let event_type = format!("type-of-{id}");
    let given = vec![event_of(&event_type, r#"{"b": 1, "a": "\\"}"#), event_of("noted", "\0")];
    let first = append(&stream, Expected::NoStream, given);
    let recorded = store.append(&first).await.map_err(at_store)?;
    assert!(!recorded.repeated);

    let again = store.append(&first).await.map_err(at_store)?;
    assert_eq!((again.position, again.repeated), (recorded.position, true));
    let late = append(&stream, Expected::NoStream, vec![event_of("noted", "{}")]);
    assert!(matches!(store.append(&late).await, Err(AppendError::Conflict(_))));
    let twice =
        append(&stream, Expected::At(Revision::START.plus(2)), first.streams()[0].events.clone());
    assert!(matches!(store.append(&twice).await, Err(AppendError::Duplicate { .. })));

    let read: Vec<_> = store.read_stream(&stream, Revision::START).try_collect().await?;
    let payloads: Vec<_> = first.events().map(|event| event.payload().clone()).collect();
    assert!(read.iter().map(|event| &event.payload).eq(&payloads));
    assert!(read.iter().all(|event| event.recorded_at == recorded.recorded_at));
    let log: Vec<_> = store.read_log(Position::START, Filter::All).try_collect().await?;
    assert_eq!(log[log.len() - 2..], read);
    let filter = Filter::from_iter([EventType::parse(event_type.as_str()).unwrap()]);
    let typed: Vec<_> = store.read_log(Position::START, filter).try_collect().await?;
    assert_eq!(typed, read[..1]);

    assert_eq!(store.locate(&stream, read[1].id).await?, Some(read[1].revision));
    assert_eq!(store.wait_past(Position::START).await?, recorded.position);
    Ok(())
}

async fn keep_snapshots(store: &PostgresStore, id: &str) -> Result<(), StoreError> {
    let (key, kept) = snapshot(id);
    let snapshots = store.snapshots();
    assert_eq!(snapshots.load(&key).await?, None);
    for _ in 0..2 {
        snapshots.save(&key, kept.clone()).await?;
        assert_eq!(snapshots.load(&key).await?, Some(kept.clone()));
    }
    Ok(())
}

async fn advance_checkpoints(store: &PostgresStore, id: &str) -> Result<(), StoreError> {
    let checkpoints = store.checkpoints();
    let mut from = checkpoints.load(id).await?;
    assert_eq!(from, Checkpoint::default());
    for event in one(&stream(id)).events().chain(one(&stream(id)).events()) {
        let to = Checkpoint { position: from.position.plus(1), last: Some(event.id()) };
        let tx = checkpoints.begin().await?;
        checkpoints.advance(tx, id, from, to).await.map_err(|error| match error {
            AdvanceError::Store(error) => error,
            other => panic!("{other}"),
        })?;
        from = checkpoints.load(id).await?;
        assert_eq!(from, to);
    }
    Ok(())
}

fn at_store(error: AppendError) -> StoreError {
    match error {
        AppendError::Store(error) => error,
        other => panic!("{other}, {:?}", other.source()),
    }
}
