//! Pages of rows: what is asked for as SQL.

use annals_core::{Comparison, Condition, Place, StoreError, Table, TableColumn, Value};
use sqlx::SqlStr;

use crate::{
    connections::Query,
    names::{check_text, invalid},
    rows::check_value,
    tables::{TableStatements, quoted, type_of},
};

/// The first argument that is the page's own; those before it are the record's and how many rows at most.
const FIRST: usize = 5;

/// A statement that finds a page of rows, and what it compares them with.
pub(crate) struct Page<'a> {
    pub(crate) sql: SqlStr,
    arguments: Vec<Argument<'a>>,
}

/// Which rows of a table, in which order.
pub(crate) struct Asked<'a> {
    pub(crate) conditions: &'a [Condition],
    pub(crate) order: Option<usize>,
    pub(crate) is_descending: bool,
    pub(crate) after: Option<&'a Place>,
}

enum Argument<'a> {
    Key(&'a str),
    Value(&'a Value),
}

impl<'a> Page<'a> {
    pub(crate) fn of(of: &TableStatements<'_>, asked: &Asked<'a>) -> Result<Self, StoreError> {
        let mut arguments = Arguments(Vec::new());
        let mut conditions = String::new();
        for condition in asked.conditions {
            let column = column(of.table, condition.column)?;
            conditions += &holds(column, condition, &mut arguments)?;
            conditions += " AND ";
        }
        let order = asked.order.map(|order| column(of.table, order)).transpose()?;
        let parts = parts(order, asked, &mut arguments)?;
        let order = order_by(order, asked.is_descending);
        let columns = of.kept_columns();
        let pages: Vec<_> = parts
            .iter()
            .map(|part| {
                let conditions = format!("{conditions}{part}");
                let filled = [
                    (":columns", columns.as_str()),
                    (":conditions", &conditions),
                    (":order", &order),
                ];
                of.fill(&of.statements.page, &filled)
            })
            .collect();
        let page = match &pages[..] {
            [first, second] => {
                let parts =
                    [(":first", first.as_str()), (":second", second.as_str()), (":order", &order)];
                of.fill(&of.statements.page_of_two, &parts)
            }
            pages => pages.first().cloned().expect("a page has a part"),
        };
        let parts = [(":page", page.as_str()), (":order", &order)];
        Ok(Self { sql: of.fill(&of.statements.find_page, &parts), arguments: arguments.0 })
    }

    pub(crate) fn bind(&self, query: Query<'a>) -> Query<'a> {
        self.arguments.iter().fold(query, |query, argument| match argument {
            Argument::Key(key) => query.bind(*key),
            Argument::Value(Value::Text(text)) => query.bind(text.as_str()),
            Argument::Value(Value::Integer(number)) => query.bind(*number),
            Argument::Value(Value::Real(number)) => query.bind(*number),
            Argument::Value(Value::Boolean(is_so)) => query.bind(*is_so),
            Argument::Value(Value::Null) => query, // It is not compared with.
        })
    }
}

struct Arguments<'a>(Vec<Argument<'a>>);

impl<'a> Arguments<'a> {
    /// How an argument is called in the statement.
    fn add(&mut self, argument: Argument<'a>) -> String {
        self.0.push(argument);
        format!("${}", self.0.len() + FIRST - 1)
    }
}

fn column(table: &Table, number: usize) -> Result<&TableColumn, StoreError> {
    let message = "a row is looked for by a column that its table does not have";
    table.columns().get(number).ok_or_else(|| invalid(message))
}

/// Whether a condition holds, as [`Condition::holds_for`] has it.
fn holds<'a>(
    column: &TableColumn,
    condition: &'a Condition,
    arguments: &mut Arguments<'a>,
) -> Result<String, StoreError> {
    let Condition { comparison, value, .. } = condition;
    check_value(column.kind, value)?;
    let name = quoted(column);
    let sign = match comparison {
        Comparison::Equal => "=",
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
        Comparison::Above => ">",
        Comparison::AtLeast => ">=",
    };
    Ok(match (value, comparison) {
        (Value::Null, Comparison::Equal) => format!("kept.{name} IS NULL"),
        (Value::Null, _) => "false".into(),
        _ => {
            let argument = arguments.add(Argument::Value(value));
            format!("kept.{name} {sign} {argument}::{}", type_of(column))
        }
    })
}

/// What holds for the rows behind the place; two parts, if that goes over from something to nothing, which
/// comes first of all.
fn parts<'a>(
    order: Option<&TableColumn>,
    asked: &Asked<'a>,
    arguments: &mut Arguments<'a>,
) -> Result<Vec<String>, StoreError> {
    let Some(Place { value, key }) = asked.after else {
        return Ok(vec!["true".into()]);
    };
    check_text(key)?;
    let sign = if asked.is_descending { "<" } else { ">" };
    let Some(column) = order else {
        return Ok(vec![format!("kept.key {sign} {}", arguments.add(Argument::Key(key)))]);
    };
    check_value(column.kind, value)?;
    let name = quoted(column);
    if *value == Value::Null {
        let key = arguments.add(Argument::Key(key));
        let nulls = format!("kept.{name} IS NULL AND kept.key {sign} {key}");
        let others = (!asked.is_descending).then(|| format!("kept.{name} IS NOT NULL"));
        return Ok([nulls].into_iter().chain(others).collect());
    }
    let (value, key) = (arguments.add(Argument::Value(value)), arguments.add(Argument::Key(key)));
    let others = format!("(kept.{name}, kept.key) {sign} ({value}::{}, {key})", type_of(column));
    let nulls = asked.is_descending.then(|| format!("kept.{name} IS NULL"));
    Ok([others].into_iter().chain(nulls).collect())
}

fn order_by(column: Option<&TableColumn>, is_descending: bool) -> String {
    let (way, nulls) = if is_descending { (" DESC", "LAST") } else { ("", "FIRST") };
    let column = column.map(|column| format!("kept.{}{way} NULLS {nulls}, ", quoted(column)));
    format!("{}kept.key{way}", column.unwrap_or_default())
}
