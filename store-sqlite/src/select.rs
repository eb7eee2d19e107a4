//! Rows of a view as they are asked for, together with a look at a record.

use annals_core::{
    Comparison, Condition, Place, RecordIn, Select, StoreError, Table, TableColumn, TableRow,
    Value, ValueKind,
};
use sqlx::{
    AssertSqlSafe, Row, Sqlite, SqliteConnection, ValueRef, query::Query, sqlite::SqliteArguments,
};

use crate::{
    append::json,
    error::{is_refusal, store_error},
    limits::{check_kind, check_place, check_row_key},
    rows::table_row,
    settings::invalid,
    view::{column_of, table_name, text_of},
};

const SELECT_KEYS: &str = include_str!("../sql/select_keys.sql");
const SELECT_PAGE: &str = include_str!("../sql/select_page.sql");
const FIND_VIEW: &str = include_str!("../sql/find_view.sql");
const BEGIN_READING: &str = include_str!("../sql/begin_reading.sql");
const COMMIT: &str = include_str!("../sql/commit.sql");

const TRUE: &str = "true";
const FALSE: &str = "false";

type Asked<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The rows that are asked for, if the record is as expected and there is such a table.
pub(crate) async fn select_rows(
    connection: &mut SqliteConnection,
    table: &Table,
    select: &Select,
    unchanged: &RecordIn<'_>,
) -> Result<Option<Vec<TableRow>>, StoreError> {
    check_place(unchanged.area, unchanged.key)?;
    let question = Question::new(table, select)?;
    let (first, rest) = question.parts.split_at(1);
    match question.ask(connection, first, unchanged).await {
        // Perhaps there is no such table.
        Err(Failed::Driver(error)) if is_refusal(&error) => {}
        // The rest would be of another moment.
        Ok(Some(found)) if found.len() < question.limit && !rest.is_empty() => {}
        found => return found.map_err(StoreError::from),
    }
    sqlx::query(BEGIN_READING).execute(&mut *connection).await.map_err(store_error)?;
    let found = match is_there(connection, table, unchanged).await? {
        true => question.ask(connection, &question.parts, unchanged).await?,
        false => None,
    };
    sqlx::query(COMMIT).execute(connection).await.map_err(store_error)?;
    Ok(found)
}

/// A failure before it is known what it means.
enum Failed {
    Driver(sqlx::Error),
    Store(StoreError),
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Driver(error) => store_error(error),
            Failed::Store(error) => error,
        }
    }
}

async fn is_there(
    connection: &mut SqliteConnection,
    table: &Table,
    RecordIn { area, key, content }: &RecordIn<'_>,
) -> Result<bool, StoreError> {
    let name = table_name(table.name());
    let query = sqlx::query(FIND_VIEW).bind(*area).bind(*key).bind(*content).bind(name);
    let row = query.fetch_one(connection).await.map_err(store_error)?;
    row.try_get_unchecked(0).map_err(store_error)
}

/// What is asked for: statements, of which each goes on where the one before it found no more.
struct Question<'a> {
    table: &'a Table,
    limit: usize,
    parts: Vec<Part>,
}

/// A statement, and what it is asked with from $4 on.
struct Part {
    text: String,
    values: Vec<Value>,
}

impl<'a> Question<'a> {
    fn new(table: &'a Table, select: &Select) -> Result<Self, StoreError> {
        let (limit, parts) = match select {
            Select::Keys(keys) => {
                keys.iter().try_for_each(|key| check_row_key(key))?;
                let text = text_of(SELECT_KEYS, table);
                (usize::MAX, vec![Part { text, values: vec![Value::Text(json(keys))] }])
            }
            Select::Page { conditions, order, is_descending, after, limit } => {
                let order = order.map(|order| column(table, order)).transpose()?;
                let order = Order { column: order, is_descending: *is_descending };
                (*limit, parts(table, conditions, &order, after.as_ref(), *limit)?)
            }
        };
        Ok(Self { table, limit, parts })
    }

    /// What these parts of it find; `None` if the record is another one.
    async fn ask(
        &self,
        connection: &mut SqliteConnection,
        parts: &[Part],
        RecordIn { area, key, content }: &RecordIn<'_>,
    ) -> Result<Option<Vec<TableRow>>, Failed> {
        let mut found = Vec::new();
        for Part { text, values } in parts {
            let query = sqlx::query(AssertSqlSafe(text.as_str()));
            let query = query.bind(*area).bind(*key).bind(*content);
            let query = values.iter().fold(query, bind);
            let rows = query.fetch_all(&mut *connection).await.map_err(Failed::Driver)?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in rows {
                let is_none = row.try_get_raw(0).map_err(Failed::Driver)?.is_null();
                if !is_none && found.len() < self.limit {
                    found.push(table_row(&row, self.table).map_err(Failed::Store)?);
                }
            }
            if found.len() >= self.limit {
                break;
            }
        }
        Ok(Some(found))
    }
}

fn bind<'q>(query: Asked<'q>, value: &Value) -> Asked<'q> {
    match value {
        Value::Null => query.bind(None::<i64>),
        Value::Integer(number) => query.bind(*number),
        Value::Real(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.as_str()),
        Value::Boolean(is_so) => query.bind(*is_so),
    }
}

/// By what the rows of a page are ordered: a column and their keys, or their keys alone.
struct Order<'a> {
    column: Option<&'a TableColumn>,
    is_descending: bool,
}

/// The statements for a page. There are two where nulls end or begin: a comparison is with values or with
/// nulls, and one that is with both finds nothing by an index.
fn parts(
    table: &Table,
    conditions: &[Condition],
    order: &Order<'_>,
    after: Option<&Place>,
    limit: usize,
) -> Result<Vec<Part>, StoreError> {
    // Without any there would be no word of the record.
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).max(1);
    let mut values = vec![Value::Integer(limit)];
    let holding: Vec<_> = conditions
        .iter()
        .map(|condition| holds(table, condition, &mut values))
        .collect::<Result<_, _>>()?;
    let ranges =
        after.map_or_else(|| Ok(vec![TRUE.into()]), |after| order.behind(after, &mut values))?;
    let template = text_of(SELECT_PAGE, table).replace("{order}", &order.text());
    let part = |range: String| {
        let conditions: Vec<_> = holding.iter().map(String::as_str).chain([&*range]).collect();
        let text = template.replace("{conditions}", &conditions.join(" AND "));
        Part { text, values: values.clone() }
    };
    Ok(ranges.into_iter().map(part).collect())
}

impl Order<'_> {
    fn text(&self) -> String {
        let direction = if self.is_descending { "DESC" } else { "ASC" };
        let column = self.column.map(|column| format!("{} {direction}, ", column_of(column)));
        format!("{}kept.key {direction}", column.unwrap_or_default())
    }

    /// What holds for rows behind a place, one range after the other. Nulls come first; the other way round,
    /// last.
    fn behind(&self, after: &Place, values: &mut Vec<Value>) -> Result<Vec<String>, StoreError> {
        let than = if self.is_descending { "<" } else { ">" };
        let key = next(values, Value::Text(after.key.clone()));
        let Some(column) = self.column else {
            return Ok(vec![format!("kept.key {than} {key}")]);
        };
        check_kind(&column.name, column.kind, &after.value)?;
        let name = column_of(column);
        let nulls_behind = format!("{name} IS NULL AND kept.key {than} {key}");
        Ok(match (&after.value, self.is_descending) {
            (Value::Null, false) => {
                let least = next(values, least(column.kind));
                vec![nulls_behind, format!("{name} >= {least}")]
            }
            (Value::Null, true) => vec![nulls_behind],
            (value, is_descending) => {
                let value = next(values, value.clone());
                let mut ranges = vec![format!("({name}, kept.key) {than} ({value}, {key})")];
                ranges.extend(is_descending.then(|| format!("{name} IS NULL")));
                ranges
            }
        })
    }
}

/// What no value of that kind is less than. By that the first of them is found, where by its not being null
/// all nulls were read over.
fn least(kind: ValueKind) -> Value {
    match kind {
        ValueKind::Integer => Value::Integer(i64::MIN),
        ValueKind::Real => Value::Real(f64::NEG_INFINITY),
        ValueKind::Text => Value::Text(String::new()),
        ValueKind::Boolean => Value::Boolean(false),
    }
}

/// What says that a condition holds.
fn holds(
    table: &Table,
    condition: &Condition,
    values: &mut Vec<Value>,
) -> Result<String, StoreError> {
    let column = column(table, condition.column)?;
    check_kind(&column.name, column.kind, &condition.value)?;
    let name = column_of(column);
    let than = match condition.comparison {
        Comparison::Equal => "=",
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
        Comparison::Above => ">",
        Comparison::AtLeast => ">=",
    };
    Ok(match (&condition.value, condition.comparison) {
        (Value::Null, Comparison::Equal) => format!("{name} IS NULL"),
        (Value::Null, _) => FALSE.into(),
        (value, _) => format!("{name} {than} {}", next(values, value.clone())),
    })
}

/// Adds a value to those that are asked with; what the statement calls it.
fn next(values: &mut Vec<Value>, value: Value) -> String {
    values.push(value);
    format!("${}", values.len() + 3)
}

fn column(table: &Table, n: usize) -> Result<&TableColumn, StoreError> {
    let message = || invalid(format!("there is no column {n}, counted from 0"));
    table.columns().get(n).ok_or_else(message)
}

/// The statements that a selection is asked with.
#[cfg(test)]
pub(crate) fn texts(table: &Table, select: &Select) -> Result<Vec<String>, StoreError> {
    let question = Question::new(table, select)?;
    Ok(question.parts.into_iter().map(|part| part.text).collect())
}
