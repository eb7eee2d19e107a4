//! Where there is no place for read models.

use annals_core::{
    ModelTx, ReadModels, Record, RecordIn, Select, StoreError, StoreErrorKind, Table, TableRow,
};
use async_trait::async_trait;

/// What a log has that was opened over a store of one's own, and without read models.
#[derive(Debug)]
pub(crate) struct NoReadModels;

fn none<T>() -> Result<T, StoreError> {
    let message = "this log was opened without read models; say where with `with_read_models`";
    Err(StoreError::new(StoreErrorKind::Invalid, message))
}

#[async_trait]
impl ReadModels for NoReadModels {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        none()
    }

    async fn record(&self, _: &str, _: &str) -> Result<Option<String>, StoreError> {
        none()
    }

    async fn records(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: usize,
    ) -> Result<Vec<Record>, StoreError> {
        none()
    }

    async fn rows(
        &self,
        _: &Table,
        _: &Select,
        _: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        none()
    }
}
