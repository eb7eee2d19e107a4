//! Rows as the database gives them, made into envelopes.

use std::{sync::Arc, vec};

use annals_core::{Envelope, EventId, Position, Revision, SchemaVersion, StoreError};
use annals_sql::{Names, Rows, unreadable, valid};
use bytes::Bytes;
use sqlx::{Row, ValueRef, postgres::PgRow};
use uuid::Uuid;

use crate::{copied::CopiedRow, error::store_error, timestamptz::from_micros};

/// How many columns an envelope is made of. Every statement that reads has them first, in one order.
pub(crate) const COLUMNS: usize = 9;

/// Rows that came together.
pub(crate) enum RowsRead {
    Selected(vec::IntoIter<PgRow>),
    Copied { rows: Vec<u8>, taken: usize },
}

impl RowsRead {
    pub(crate) fn selected(rows: Vec<PgRow>) -> Self {
        Self::Selected(rows.into_iter())
    }

    pub(crate) fn copied(rows: Vec<u8>) -> Self {
        Self::Copied { rows, taken: 0 }
    }
}

impl Rows for RowsRead {
    fn next(&mut self, names: &mut Names) -> Option<Result<Arc<Envelope>, StoreError>> {
        match self {
            Self::Selected(rows) => rows.next().map(|row| envelope(&row, names)),
            Self::Copied { rows, taken } => {
                let mut rest = rows.get(*taken..).filter(|rest| !rest.is_empty())?;
                let event = CopiedRow::take(&mut rest).and_then(|row| envelope(&row, names));
                *taken = rows.len() - rest.len();
                Some(event)
            }
        }
    }
}

/// The columns of a row as they came: in PostgreSQL's binary format, and of the types that our own
/// statements give them. The driver would look at each type for each value, which takes as long as all
/// else.
pub(crate) trait Columns {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;

    fn get(&self, column: usize) -> Result<&[u8], StoreError> {
        valid(self.optional(column)?)
    }

    fn i64(&self, column: usize) -> Result<i64, StoreError> {
        Ok(i64::from_be_bytes(self.get(column)?.try_into().map_err(unreadable)?))
    }

    fn i32(&self, column: usize) -> Result<i32, StoreError> {
        Ok(i32::from_be_bytes(self.get(column)?.try_into().map_err(unreadable)?))
    }
}

/// Of a prepared statement, and so binary.
impl Columns for PgRow {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        let value = self.try_get_raw(column).map_err(store_error)?;
        if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(unreadable) }
    }
}

impl Columns for CopiedRow<'_, COLUMNS> {
    fn optional(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.columns[column])
    }
}

/// A row as an envelope.
fn envelope(row: &impl Columns, names: &mut Names) -> Result<Arc<Envelope>, StoreError> {
    let version = u16::try_from(row.i32(4)?).unwrap_or(0);
    Ok(Arc::new(Envelope {
        position: valid(Position::new(row.i64(0)?))?,
        revision: valid(Revision::new(row.i64(1)?))?,
        recorded_at: valid(from_micros(row.i64(2)?))?,
        id: EventId(Uuid::from_slice(row.get(3)?).map_err(unreadable)?),
        schema_version: valid(SchemaVersion::new(version))?,
        stream: names.stream(row.get(5)?)?,
        event_type: names.event_type(row.get(6)?)?,
        metadata: names.metadata(row.optional(7)?)?,
        payload: Bytes::copy_from_slice(row.get(8)?).into(),
    }))
}

/// How long the content of an event is.
pub(crate) fn payload_bytes(row: &impl Columns) -> Result<usize, StoreError> {
    Ok(row.get(8)?.len())
}
