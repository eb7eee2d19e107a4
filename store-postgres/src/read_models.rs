//! Read models in the same database: what is committed of them, and transactions to write them.

use std::{fmt, sync::Arc};

use annals_core::{
    ModelTx, ReadModels, Record, RecordIn, Select, StoreError, StoreErrorKind, Table, TableRow,
};
use async_trait::async_trait;

use crate::{
    error::is_without_table,
    model_tx::PgTx,
    names::{check_record, check_text},
    records::{find_record, find_records},
    rows::{Find, row},
    store::Shared,
    tables::TableStatements,
};

/// Read models in a PostgreSQL database, beside the log. Cheap to clone.
#[derive(Clone)]
pub struct PostgresReadModels {
    shared: Arc<Shared>,
}

impl PostgresReadModels {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The rows that are found, and at least one of nulls if the record is unchanged.
    async fn find_rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let of = TableStatements { statements: &self.shared.statements, table };
        let find = Find::of(&of, select)?;
        let sql = match &find {
            Find::Keys(_) => of.find(),
            Find::Page(page, _) => page.sql.clone(),
        };
        let RecordIn { area, key, content } = *unchanged;
        let query = find.bind(sqlx::query(sql).bind(area).bind(key).bind(content));
        let mut lent = self.shared.reading.lend().await?;
        let found = lent.fetch_all(query).await;
        if found.as_ref().is_err_and(is_without_table) {
            // The connection is as good as before, unless it was in a transaction: then it is closed.
            let _ = lent.give_back().await;
            return Ok(None);
        }
        let found = found?;
        lent.give_back().await?;
        let is_unchanged = !found.is_empty();
        let rows = found.iter().filter_map(|found| row(table, found).transpose());
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(is_unchanged.then_some(rows))
    }
}

#[async_trait]
impl ReadModels for PostgresReadModels {
    async fn begin(&self) -> Result<Box<dyn ModelTx>, StoreError> {
        Ok(Box::new(PgTx::begin(&self.shared).await?))
    }

    async fn record(&self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        check_record(area, key)?;
        let mut lent = self.shared.reading.lend().await?;
        let record = find_record(&mut lent, &self.shared.statements, area, key).await?;
        lent.give_back().await?;
        Ok(record)
    }

    async fn records(
        &self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let Shared { reading, statements, .. } = &*self.shared;
        let mut lent = reading.lend().await?;
        let records = find_records(&mut lent, statements, area, prefix, after, limit).await?;
        lent.give_back().await?;
        Ok(records)
    }

    async fn rows(
        &self,
        table: &Table,
        select: &Select,
        unchanged: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let RecordIn { area, key, content } = *unchanged;
        check_record(area, key)?;
        check_text(content)?;
        match self.find_rows(table, select, unchanged).await {
            // The table may be another one by now, with other columns. If so, the record tells.
            Err(error) if error.kind() == StoreErrorKind::Invalid => {
                match self.record(area, key).await? {
                    Some(found) if found == content => Err(error),
                    _ => Ok(None),
                }
            }
            found => found,
        }
    }
}

impl fmt::Debug for PostgresReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresReadModels")
            .field("schema", &self.shared.settings.schema)
            .finish_non_exhaustive()
    }
}
