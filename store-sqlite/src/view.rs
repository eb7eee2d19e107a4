//! The table of a view, and what statements about it are made of.

use annals_core::{Table, TableColumn, ValueKind};
use sqlx::AssertSqlSafe;

/// A statement about one view. Its names are plain, as [`Table::new`] sees to, and it has no values in it.
pub(crate) type Text = AssertSqlSafe<String>;

/// What the table is called in the database.
pub(crate) fn table_name(name: &str) -> String {
    format!("annals_view_{name}")
}

/// A statement from a template, for the table of that name.
pub(crate) fn text_for(template: &str, name: &str) -> String {
    template.replace("{table}", &quoted(&table_name(name)))
}

/// A statement from a template that names columns.
pub(crate) fn text_of(template: &str, table: &Table) -> String {
    let columns = table.columns();
    let list = |part: fn((usize, &TableColumn)) -> String| -> String {
        columns.iter().enumerate().map(part).collect()
    };
    text_for(template, table.name())
        .replace("{definitions}", &list(|(_, column)| definition(column)))
        .replace("{columns}", &list(|(_, column)| format!(", {}", column_of(column))))
        .replace("{names}", &list(|(_, column)| format!(", {}", quoted(&column.name))))
        .replace("{values}", &list(|(n, _)| format!(",\n    given.value ->> {}", n + 3)))
        .replace("{changes}", &list(|(_, column)| change(column)))
        .replace("{returning}", &returning(table))
}

/// A statement that makes an index.
pub(crate) fn text_of_index(template: &str, table: &Table, column: &TableColumn) -> String {
    // What stands between the two names is in no name: else the index of one could be that of another.
    let index = format!("{}:{}", table_name(table.name()), column.name);
    text_for(template, table.name())
        .replace("{index}", &quoted(&index))
        .replace("{column}", &quoted(&column.name))
}

/// A column of a row that was kept. With the table it is of: SQLite takes another name in quotes for a text,
/// if there is no such column.
pub(crate) fn column_of(column: &TableColumn) -> String {
    format!("kept.{}", quoted(&column.name))
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn definition(column: &TableColumn) -> String {
    let name = quoted(&column.name);
    match column.kind {
        ValueKind::Integer => format!(",\n    {name} INTEGER"),
        ValueKind::Real => format!(",\n    {name} REAL"),
        ValueKind::Text => format!(",\n    {name} TEXT"),
        ValueKind::Boolean => format!(",\n    {name} INTEGER CHECK ({name} IN (0, 1))"),
    }
}

fn change(column: &TableColumn) -> String {
    let name = quoted(&column.name);
    format!(", {name} = excluded.{name}")
}

/// Asks for the key and for each number with decimals, if there are any.
fn returning(table: &Table) -> String {
    let reals = table.columns().iter().filter(|column| column.kind == ValueKind::Real);
    let reals: String = reals.map(|column| format!(", {}", quoted(&column.name))).collect();
    if reals.is_empty() { reals } else { format!("\nRETURNING key{reals}") }
}
