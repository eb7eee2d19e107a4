//! From a row to an envelope.

use std::{sync::Arc, vec};

use annals_core::{Envelope, EventId, Position, Revision, SchemaVersion, StoreError, Timestamp};
use annals_sql::{Names, Rows, unreadable, valid};
use bytes::Bytes;
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::error::store_error;

/// Rows that came together.
pub(crate) struct RowsRead(pub(crate) vec::IntoIter<SqliteRow>);

impl Rows for RowsRead {
    fn next(&mut self, names: &mut Names) -> Option<Result<Arc<Envelope>, StoreError>> {
        self.0.next().map(|row| envelope(&row, names).map(Arc::new))
    }
}

/// A row as an envelope. The columns are in the order in which every statement that reads has them.
fn envelope(row: &SqliteRow, names: &mut Names) -> Result<Envelope, StoreError> {
    let version = u16::try_from(integer(row, 4)?).unwrap_or(0);
    let metadata: Option<&[u8]> = row.try_get_unchecked(7).map_err(store_error)?;
    Ok(Envelope {
        position: valid(Position::new(integer(row, 0)?))?,
        revision: valid(Revision::new(integer(row, 1)?))?,
        recorded_at: valid(Timestamp::from_micros(integer(row, 2)?))?,
        id: EventId(Uuid::from_slice(bytes(row, 3)?).map_err(unreadable)?),
        schema_version: valid(SchemaVersion::new(version))?,
        stream: names.stream(bytes(row, 5)?)?,
        event_type: names.event_type(bytes(row, 6)?)?,
        metadata: names.metadata(metadata)?,
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
