//! From a row to an envelope.

use std::str;

use annals_core::{Envelope, EventId, Position, Revision, SchemaVersion, StoreError, Timestamp};
use annals_sql::{Names, unreadable, valid};
use bytes::Bytes;
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::error::store_error;

/// A row as an envelope. The columns are in the order in which every statement that reads has them.
pub(crate) fn envelope(row: &SqliteRow, names: &mut Names) -> Result<Envelope, StoreError> {
    let version = u16::try_from(integer(row, 4)?).unwrap_or(0);
    let metadata: Option<&[u8]> = row.try_get_unchecked(7).map_err(store_error)?;
    Ok(Envelope {
        position: valid(Position::new(integer(row, 0)?))?,
        revision: valid(Revision::new(integer(row, 1)?))?,
        recorded_at: valid(Timestamp::from_micros(integer(row, 2)?))?,
        id: EventId(Uuid::from_slice(bytes(row, 3)?).map_err(unreadable)?),
        schema_version: valid(SchemaVersion::new(version))?,
        stream: names.stream(text(row, 5)?)?,
        event_type: names.event_type(text(row, 6)?)?,
        metadata: names.metadata(metadata.map(as_text).transpose()?)?,
        payload: Bytes::copy_from_slice(bytes(row, 8)?).into(),
    })
}

/// How many bytes it has that are its payload's.
pub(crate) fn payload_bytes(row: &SqliteRow) -> Result<usize, StoreError> {
    Ok(bytes(row, 8)?.len())
}

// The types are those of the columns, which are STRICT: they need not be looked at for each value.

pub(crate) fn integer(row: &SqliteRow, column: usize) -> Result<i64, StoreError> {
    row.try_get_unchecked(column).map_err(store_error)
}

pub(crate) fn bytes(row: &SqliteRow, column: usize) -> Result<&[u8], StoreError> {
    row.try_get_unchecked(column).map_err(store_error)
}

fn text(row: &SqliteRow, column: usize) -> Result<&str, StoreError> {
    as_text(bytes(row, column)?)
}

fn as_text(bytes: &[u8]) -> Result<&str, StoreError> {
    str::from_utf8(bytes).map_err(unreadable)
}
