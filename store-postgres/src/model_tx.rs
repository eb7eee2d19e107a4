//! A transaction for read models, and for whatever the application writes with them.

use std::{any::Any, sync::Arc};

use annals_core::{
    Append, AppendError, Appended, ModelTx, Position, Record, StoreError, StoreErrorKind, Table,
    TableRow, Timestamp,
};
use annals_sql::too_late;
use async_trait::async_trait;
use sqlx::{PgConnection, Row, SqlSafeStr};
use tokio::time::timeout;

use crate::{
    append::append_on,
    connections::{Lent, Query},
    error::store_error,
    names::{check_area, check_record, check_record_key, check_text, invalid},
    records::{find_record, find_records, past_prefix},
    rows::{bind_rows, row, state},
    slow_writer::warn_of_whoever_holds_the_lock,
    store::Shared,
    tables::{TableStatements, drop_table},
    timestamptz::Timestamptz,
};

const LIMIT_IDLE: &str = include_str!("../sql/limit_idle.sql");

/// Before the application's own statements. It is one round trip for both.
const LEND: &str =
    concat!(include_str!("../sql/begin_lending.sql"), ";", include_str!("../sql/allow_scans.sql"));

/// After them.
const GIVE_BACK: &str =
    concat!(include_str!("../sql/end_lending.sql"), ";", include_str!("../sql/avoid_scans.sql"));

/// A transaction for read models.
///
/// It is READ COMMITTED, whatever the database's default is. Dropping it takes everything back, and
/// closes its connection.
pub struct PgTx {
    shared: Arc<Shared>,
    lent: Lent,
    /// Whether it is lent to the application, and was not given back.
    is_away: bool,
    /// How far the log is if this is committed, and has appended anything.
    appended: Option<Position>,
}

impl PgTx {
    pub(crate) async fn begin(shared: &Arc<Shared>) -> Result<Self, StoreError> {
        let mut lent = shared.read_models.begin().await?;
        if !lent.keeps_statements() {
            // Behind a pooler a session has no settings of ours.
            let limit = shared.settings.timeout.as_millis().to_string();
            let query = sqlx::query(LIMIT_IDLE).persistent(false).bind(limit);
            shared.read_models.within(query.execute(lent.connection())).await?;
        }
        Ok(Self { shared: Arc::clone(shared), lent, is_away: false, appended: None })
    }

    /// The connection, for whatever a read model is written with.
    ///
    /// `COMMIT` and `ROLLBACK` are not for it, and so is not sqlx's `begin`, which would send them: what
    /// was written before would part from what follows. That is noticed when the transaction is
    /// [given back](ModelTx::give_back), and is an error then. For a part that may be taken back there is
    /// `SAVEPOINT`.
    pub fn connection(&mut self) -> &mut PgConnection {
        self.lent.connection()
    }

    /// The schema that the log is in: for tables of one's own that are to stand beside it, so that two logs in one
    /// database have each their own. In a statement it goes in quotes, since it may be a word of SQL.
    ///
    /// A table that is named without a schema is in the first one of the connection's `search_path`, for all logs of
    /// the database the same.
    pub fn schema(&self) -> &str {
        &self.shared.settings.schema
    }

    fn of<'t>(&'t self, table: &'t Table) -> TableStatements<'t> {
        TableStatements { statements: &self.shared.statements, table }
    }
}

#[async_trait]
impl ModelTx for PgTx {
    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let rows =
            self.lent.fetch_all(sqlx::query(self.shared.statements.tell_time.clone())).await?;
        let row = rows.first().expect("this statement answers one row");
        let Timestamptz(now) = row.try_get(0).map_err(store_error)?;
        Ok(now)
    }

    async fn record(&mut self, area: &str, key: &str) -> Result<Option<String>, StoreError> {
        find_record(&mut self.lent, &self.shared.statements, area, key).await
    }

    async fn records(
        &mut self,
        area: &str,
        prefix: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let statements = &self.shared.statements;
        find_records(&mut self.lent, statements, area, prefix, after, limit).await
    }

    async fn count(&mut self, area: &str, prefix: &str) -> Result<u64, StoreError> {
        check_area(area)?;
        check_text(prefix)?;
        let query = sqlx::query(self.shared.statements.count_records.clone());
        let query = query.bind(area).bind(prefix).bind(past_prefix(prefix));
        let rows = self.lent.fetch_all(query).await?;
        let row = rows.first().expect("this statement answers one row");
        let count: i64 = row.try_get(0).map_err(store_error)?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    async fn swap(
        &mut self,
        area: &str,
        key: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<bool, StoreError> {
        check_record(area, key)?;
        from.into_iter().chain(to).try_for_each(check_text)?;
        let statements = &self.shared.statements;
        let statement = match (from, to) {
            (None, None) => return Ok(self.record(area, key).await?.is_none()),
            (None, Some(_)) => &statements.make_record,
            (Some(_), Some(_)) => &statements.change_record,
            (Some(_), None) => &statements.remove_record,
        };
        let query = sqlx::query(statement.clone()).bind(area).bind(key);
        let query = from.into_iter().chain(to).fold(query, Query::bind);
        Ok(self.lent.execute(query).await? > 0)
    }

    async fn put(&mut self, area: &str, records: &[Record]) -> Result<(), StoreError> {
        check_area(area)?;
        for Record { key, content } in records {
            check_record_key(key)?;
            check_text(content)?;
        }
        if records.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = records.iter().map(|record| record.key.as_str()).collect();
        let contents: Vec<_> = records.iter().map(|record| record.content.as_str()).collect();
        let query = sqlx::query(self.shared.statements.put_records.clone());
        self.lent.execute(query.bind(area).bind(keys).bind(contents)).await?;
        Ok(())
    }

    async fn remove(&mut self, area: &str, keys: &[String]) -> Result<(), StoreError> {
        check_area(area)?;
        keys.iter().try_for_each(|key| check_record_key(key))?;
        if keys.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(self.shared.statements.remove_records.clone());
        self.lent.execute(query.bind(area).bind(keys)).await?;
        Ok(())
    }

    async fn create_table(&mut self, table: &Table) -> Result<(), StoreError> {
        self.drop_table(table.name()).await?;
        for statement in self.of(table).create() {
            self.lent.run(statement).await?;
        }
        Ok(())
    }

    async fn drop_table(&mut self, name: &str) -> Result<(), StoreError> {
        // What no table can be called, none is called.
        let Some(table) = Table::new(name, Vec::new()) else {
            return Ok(());
        };
        self.lent.run(drop_table(&self.shared.statements, table.name())).await
    }

    async fn load(&mut self, table: &Table, keys: &[String]) -> Result<Vec<Record>, StoreError> {
        keys.iter().try_for_each(|key| check_text(key))?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let query = sqlx::query(self.of(table).load()).bind(keys);
        self.lent.fetch_all(query).await?.iter().map(state).collect()
    }

    async fn scan(
        &mut self,
        table: &Table,
        after: &str,
        limit: usize,
    ) -> Result<Vec<TableRow>, StoreError> {
        check_text(after)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let query = sqlx::query(self.of(table).scan()).bind(after).bind(limit);
        let rows = self.lent.fetch_all(query).await?;
        rows.iter().filter_map(|found| row(table, found).transpose()).collect()
    }

    async fn store(&mut self, table: &Table, rows: &[TableRow]) -> Result<(), StoreError> {
        let query = bind_rows(sqlx::query(self.of(table).store()), table, rows)?;
        if !rows.is_empty() {
            self.lent.execute(query).await?;
        }
        Ok(())
    }

    async fn unstore(&mut self, table: &Table, keys: &[String]) -> Result<(), StoreError> {
        keys.iter().try_for_each(|key| check_text(key))?;
        if !keys.is_empty() {
            self.lent.execute(sqlx::query(self.of(table).remove()).bind(keys)).await?;
        }
        Ok(())
    }

    async fn lend(&mut self) -> Result<(), StoreError> {
        self.lent.run(LEND.into_sql_str()).await?;
        self.is_away = true;
        Ok(())
    }

    async fn give_back(&mut self) -> Result<(), StoreError> {
        match self.lent.run(GIVE_BACK.into_sql_str()).await {
            Err(error) if error.kind() != StoreErrorKind::Unavailable => {
                let message = "the transaction was ended, or broken, while it was lent";
                Err(StoreError::because(StoreErrorKind::Invalid, message, error))
            }
            given_back => {
                self.is_away = false;
                given_back
            }
        }
    }

    async fn append(&mut self, append: &Append) -> Result<Appended, AppendError> {
        let Self { shared, lent, appended, .. } = self;
        let (patience, is_kept) = (shared.settings.timeout, lent.keeps_statements());
        let appending = async {
            let one = std::slice::from_ref(append);
            let answers = append_on(lent.part(), &shared.statements, one, is_kept).await?;
            lent.done();
            Ok::<_, StoreError>(answers)
        };
        let recorded = timeout(patience, warn_of_whoever_holds_the_lock(shared, appending)).await;
        let mut answers = recorded.unwrap_or_else(|_| Err(too_late("an append", patience)))?;
        let answer = answers.pop().expect("each append is answered")?;
        *appended = (*appended).max(Some(answer.position));
        Ok(answer)
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if self.is_away {
            return Err(invalid("the transaction is lent, and was not given back"));
        }
        let Self { shared, lent, appended, .. } = *self;
        lent.give_back().await?;
        if let Some(head) = appended {
            shared.grown(head);
        }
        Ok(())
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
