//! The log by plain SQL: not by the code that is looked at.

use annals_core::{Envelope, EventId, SchemaVersion};
use futures::TryStreamExt;
use sqlx::{PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use crate::{
    Result,
    auditor::Entry,
    key::{Key, stream_number},
};

const READ_EVENTS: &str = include_str!("../../sql/read_events.sql");
const READ_RECEIPTS: &str = include_str!("../../sql/read_receipts.sql");

/// Every event as it lies in its table. What is not what its id says goes to `garbled`.
pub(crate) async fn read_events(
    connection: &mut PgConnection,
    garbled: &mut Vec<String>,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rows = sqlx::query(READ_EVENTS).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        entries.push(entry(&row, garbled)?);
    }
    Ok(entries)
}

fn entry(row: &PgRow, garbled: &mut Vec<String>) -> Result<Entry> {
    let (position, revision) = (row.try_get("position")?, row.try_get("revision")?);
    let id: Uuid = row.try_get("id")?;
    let (stream, event_type): (&str, &str) = (row.try_get("stream")?, row.try_get("type")?);
    let (version, payload): (i32, &[u8]) = (row.try_get("version")?, row.try_get("payload")?);

    let (key, index) = Key::of(EventId(id));
    let is_intact = event_type == key.event_type(index).as_str()
        && version == 1
        && payload == key.payload(index).as_bytes()
        && stream_number(stream).is_some();
    if !is_intact {
        garbled.push(format!("event {id} at position {position}"));
    }
    let stream = stream_number(stream).unwrap_or(u32::MAX);
    Ok(Entry { position, revision, key, index, stream, at: row.try_get("at")?, is_intact })
}

/// The same event as the store reads it.
pub(crate) fn entry_of(envelope: &Envelope) -> Entry {
    let (key, index) = Key::of(envelope.id);
    let stream = stream_number(envelope.stream.as_str());
    let is_intact = envelope.event_type == key.event_type(index)
        && envelope.schema_version == SchemaVersion::FIRST
        && envelope.payload == key.payload(index)
        && stream.is_some();
    Entry {
        position: envelope.position.get(),
        revision: envelope.revision.get(),
        key,
        index,
        stream: stream.unwrap_or(u32::MAX),
        at: envelope.recorded_at.as_micros(),
        is_intact,
    }
}

/// The appends that have a row in the application's table.
pub(crate) async fn read_receipts(connection: &mut PgConnection) -> Result<Vec<Key>> {
    let rows = sqlx::query(READ_RECEIPTS).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(Key::from_number(row.try_get("key")?))).collect()
}
