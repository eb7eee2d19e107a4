//! One of everything that a log is asked for, to see that it works where it runs.

use std::error::Error;

use annals_core::{
    AppendError, EventStore, EventType, Expected, Filter, Place, Position, ReadModels, Record,
    RecordIn, Revision, Select, Snapshots, StoreError, TableRow, Value, ValueKind,
};
use annals_postgres::PostgresStore;
use futures::TryStreamExt;

use crate::words::{AREA, append, event_of, one, record_in, snapshot, stream, swap_alone, table};

/// Asks a log for one of everything, twice, and looks at each answer.
///
/// # Errors
///
/// What failed at the store.
pub(crate) async fn short_run(store: &PostgresStore) -> Result<(), StoreError> {
    run_without_tables(store).await?;
    for round in 0..2 {
        keep_rows(store, &format!("short-run-{round}")).await?;
    }
    Ok(())
}

/// The same, but for what needs the right to make tables.
pub(crate) async fn run_without_tables(store: &PostgresStore) -> Result<(), StoreError> {
    run_without_read_models(store).await?;
    for round in 0..2 {
        keep_records(store, &format!("short-run-{round}")).await?;
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

/// Records as runners keep them.
async fn keep_records(store: &PostgresStore, id: &str) -> Result<(), StoreError> {
    let models = store.read_models();
    assert_eq!(record_in(&models, id).await?, None);
    for (from, to) in [(None, Some("1")), (Some("1"), Some("2")), (Some("2"), Some("3"))] {
        assert!(swap_alone(&models, id, from, to).await?);
        assert!(!swap_alone(&models, id, from, to).await?);
        assert_eq!(record_in(&models, id).await?.as_deref(), to);
    }
    let record = |key: &str| Record { key: format!("{id}/{key}"), content: "{}".into() };
    let mut tx = models.begin().await?;
    tx.now().await?;
    tx.put("short-run", &[record("a"), record("b")]).await?;
    assert_eq!(tx.count("short-run", id).await?, 2);
    tx.remove("short-run", &[record("a").key]).await?;
    tx.lend().await?;
    tx.give_back().await?;
    tx.append(&one(&stream(id))).await.map_err(at_store)?;
    tx.commit().await?;
    assert_eq!(models.records("short-run", id, "", 10).await?, [record("b")]);
    assert!(swap_alone(&models, id, Some("3"), None).await?);
    Ok(())
}

/// A table of a view, and rows in it, while a record is unchanged.
pub(crate) async fn keep_rows(store: &PostgresStore, id: &str) -> Result<(), StoreError> {
    let kinds = [ValueKind::Integer, ValueKind::Real, ValueKind::Text, ValueKind::Boolean];
    let columns: Vec<_> =
        ["i_integer", "real", "i_text", "boolean"].into_iter().zip(kinds).collect();
    let table = table(&id.replace('-', "_"), &columns);
    let row = |number: i64| TableRow {
        key: number.to_string(),
        state: format!(r#"{{ "number":{number}, "a": "\u0000" }}"#),
        values: vec![
            Value::Integer(number),
            Value::Real(-0.1),
            Value::Text("\\".into()),
            Value::Boolean(true),
        ],
    };
    let rows: Vec<_> = (1..=9).map(row).collect();
    let unchanged = RecordIn { area: AREA, key: "rows", content: "1" };
    let content = unchanged.content.into();
    let models = store.read_models();
    let mut tx = models.begin().await?;
    tx.put(AREA, &[Record { key: unchanged.key.into(), content }]).await?;
    tx.create_table(&table).await?;
    tx.store(&table, &rows).await?;
    tx.store(&table, &rows).await?;
    tx.unstore(&table, &["9".into()]).await?;
    assert_eq!(tx.load(&table, &["9".into(), "1".into()]).await?.len(), 1);
    assert_eq!(tx.scan(&table, "", 100).await?, rows[..8]);
    tx.commit().await?;

    let select = |is_descending, after| Select::Page {
        conditions: vec![],
        order: Some(0),
        is_descending,
        after,
        limit: 2,
    };
    let place = Some(Place { value: Value::Integer(4), key: "4".into() });
    let found = models.rows(&table, &select(false, place.clone()), &unchanged).await?;
    assert_eq!(found.as_deref(), Some(&rows[4..6]));
    let found = models.rows(&table, &select(true, place), &unchanged).await?;
    assert_eq!(found, Some(vec![row(3), row(2)]));

    let mut tx = models.begin().await?;
    tx.drop_table(table.name()).await?;
    tx.commit().await?;
    assert_eq!(models.rows(&table, &select(false, None), &unchanged).await?, None);
    Ok(())
}

fn at_store(error: AppendError) -> StoreError {
    match error {
        AppendError::Store(error) => error,
        other => panic!("{other}, {:?}", other.source()),
    }
}
