//! What lies in the tables, read by plain SQL: not by the code that is looked at.

use annals_core::{Envelope, EventId, SchemaVersion};
use futures::{Stream, TryStreamExt};
use uuid::Uuid;

use crate::{
    Result,
    auditor::Entry,
    key::{Key, stream_number},
};

/// The table of the application, on any database.
pub(crate) const CREATE_RECEIPT: &str = include_str!("../sql/create_receipt.sql");

/// The keys of the appends that have a row in it.
pub(crate) const READ_RECEIPTS: &str = include_str!("../sql/read_receipts.sql");

/// An event as it lies in its table: position, revision, id, stream, type, version, payload, and when it
/// was recorded in microseconds since 1970.
pub(crate) type Columns = (i64, i64, Uuid, String, String, i32, Vec<u8>, i64);

/// All `rows` as the auditor takes them. What is not what its id says goes to `garbled`.
pub(crate) async fn entries(
    mut rows: impl Stream<Item = sqlx::Result<Columns>> + Unpin,
    garbled: &mut Vec<String>,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while let Some(columns) = rows.try_next().await? {
        entries.push(entry(&columns, garbled));
    }
    Ok(entries)
}

fn entry(columns: &Columns, garbled: &mut Vec<String>) -> Entry {
    let &(position, revision, id, ref stream, ref event_type, version, ref payload, at) = columns;
    let (key, index) = Key::of(EventId(id));
    let stream = stream_number(stream);
    let is_intact = *event_type == key.event_type(index).as_str()
        && version == 1
        && payload == key.payload(index).as_bytes()
        && stream.is_some();
    if !is_intact {
        garbled.push(format!("event {id} at position {position}"));
    }
    let stream = stream.unwrap_or(u32::MAX);
    Entry { position, revision, key, index, stream, at, is_intact }
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
pub(crate) fn keys(numbers: Vec<i64>) -> Vec<Key> {
    numbers.into_iter().map(Key::from_number).collect()
}
