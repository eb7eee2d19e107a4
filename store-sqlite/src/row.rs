//! From a row to an envelope.

use std::{sync::Arc, vec};

use annals_core::{Envelope, EventId, Position, Revision, SchemaVersion, StoreError, Timestamp};
use annals_sql::{Names, Rows, unreadable, valid};
use bytes::Bytes;
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use crate::error::store_error;

/// Rows that came together.
pub(crate) struct RowsRead {
    pub(crate) rows: vec::IntoIter<SqliteRow>,
    /// The payload of the last one, if that has it not itself.
    pub(crate) long: Option<Bytes>,
}

impl Rows for RowsRead {
    fn next(&mut self, names: &mut Names) -> Option<Result<Arc<Envelope>, StoreError>> {
        self.rows.next().map(|row| envelope(&row, &self.long, names).map(Arc::new))
    }
}

/// A row as an envelope, with the payload that it has not itself. The columns are in the order in which
/// every statement that reads has them.
fn envelope(
    row: &SqliteRow,
    long: &Option<Bytes>,
    names: &mut Names,
) -> Result<Envelope, StoreError> {
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
        payload: match payload(row)? {
            Some(payload) => Bytes::copy_from_slice(payload).into(),
            None => valid(long.clone())?.into(),
        },
    })
}

/// Its payload; `None` if that was left out.
pub(crate) fn payload(row: &SqliteRow) -> Result<Option<&[u8]>, StoreError> {
    row.try_get_unchecked(8).map_err(store_error)
}

// The types are those of the columns, which are STRICT: they need not be looked at for each value.

pub(crate) fn integer(row: &SqliteRow, column: usize) -> Result<i64, StoreError> {
    row.try_get_unchecked(column).map_err(store_error)
}

pub(crate) fn bytes(row: &SqliteRow, column: usize) -> Result<&[u8], StoreError> {
    row.try_get_unchecked(column).map_err(store_error)
}

pub(crate) fn text(row: &SqliteRow, column: usize) -> Result<String, StoreError> {
    row.try_get_unchecked(column).map_err(store_error)
}
