//! What is asked of the table of a view: its statements, with its name and its columns put in.

use annals_core::{Table, TableColumn, ValueKind};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::statements::Statements;

/// Source: PostgreSQL's manual, "System Columns".
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// The statements of one table. Its names were looked at when it was made, so they need only be quoted: one
/// may be a word of SQL.
pub(crate) struct TableStatements<'t> {
    pub(crate) statements: &'t Statements,
    pub(crate) table: &'t Table,
}

impl TableStatements<'_> {
    /// The table, and an index for each column that is to have one.
    pub(crate) fn create(&self) -> Vec<SqlStr> {
        let columns = self.columns(|column, _| format!(",\n    {}", definition(column)));
        let constraint = format!("\"key_of_{}\"", self.table.name());
        let create = self.fill(
            &self.statements.create_table,
            &[(":columns", &columns), (":constraint", &constraint)],
        );
        let columns = self.table.columns().iter().zip(1..);
        let indexes = columns.filter(|(column, _)| column.is_indexed).map(|(column, number)| {
            // Not called after the column: PostgreSQL cuts long names off.
            let index = format!("\"index_{number}_of_{}\"", self.table.name());
            let parts = [(":index", index.as_str()), (":column", &quoted(column))];
            self.fill(&self.statements.create_index, &parts)
        });
        [create].into_iter().chain(indexes).collect()
    }

    pub(crate) fn load(&self) -> SqlStr {
        self.fill(&self.statements.load_rows, &[])
    }

    pub(crate) fn scan(&self) -> SqlStr {
        self.fill(&self.statements.scan_rows, &[(":columns", &self.kept_columns())])
    }

    pub(crate) fn store(&self) -> SqlStr {
        let columns = self.columns(|column, _| format!(", {}", quoted(column)));
        let arguments =
            self.columns(|column, number| format!(", ${number}::{}[]", type_of(column)));
        let change = |column: &TableColumn, _| {
            let name = quoted(column);
            format!(",\n    {name} = excluded.{name}")
        };
        let parts = [
            (":columns", columns.as_str()),
            (":arguments", &arguments),
            (":changes", &self.columns(change)),
        ];
        self.fill(&self.statements.store_rows, &parts)
    }

    pub(crate) fn remove(&self) -> SqlStr {
        self.fill(&self.statements.remove_rows, &[])
    }

    /// Rows by their keys.
    pub(crate) fn find(&self) -> SqlStr {
        self.fill(&self.statements.find_rows, &[(":columns", &self.kept_columns())])
    }

    /// All columns, after those that every table has.
    ///
    /// Their types are part of the text: when the table was made anew with others, it is another statement,
    /// and no plan is kept that answers something else.
    pub(crate) fn kept_columns(&self) -> String {
        self.columns(|column, _| {
            let name = quoted(column);
            format!(",\n    kept.{name}::{} AS {name}", type_of(column))
        })
    }

    /// A statement with the name of the table, and with these parts, each in its place.
    pub(crate) fn fill(&self, statement: &SqlStr, parts: &[(&str, &str)]) -> SqlStr {
        let text = statement.as_str().replace(":table", &table_name(self.table.name()));
        let fill = |text: String, (place, part): &(&str, &str)| text.replace(place, part);
        AssertSqlSafe(parts.iter().fold(text, fill)).into_sql_str()
    }

    /// Something for each column, and the number of the argument that it is where rows are written.
    fn columns(&self, part: impl Fn(&TableColumn, usize) -> String) -> String {
        self.table.columns().iter().zip(3..).map(|(column, number)| part(column, number)).collect()
    }
}

/// What removes the table of that name.
pub(crate) fn drop_table(statements: &Statements, name: &str) -> SqlStr {
    let text = statements.drop_table.as_str().replace(":table", &table_name(name));
    AssertSqlSafe(text).into_sql_str()
}

/// What a column is called. One that PostgreSQL has in every table has to be called otherwise, and no other
/// column can be called like that.
pub(crate) fn quoted(column: &TableColumn) -> String {
    let name = column.name.as_str();
    match SYSTEM_COLUMNS.contains(&name) {
        true => format!("\"_{name}\""),
        false => format!("\"{name}\""),
    }
}

/// The tables of views have names that no other table has. In a database nothing is called as long as one can
/// be: 63 bytes are kept.
fn table_name(name: &str) -> String {
    format!("\"view_{name}\"")
}

fn definition(column: &TableColumn) -> String {
    let collation = if column.kind == ValueKind::Text { " COLLATE \"C\"" } else { "" };
    format!("{} {}{collation}", quoted(column), type_of(column))
}

pub(crate) fn type_of(column: &TableColumn) -> &'static str {
    match column.kind {
        ValueKind::Integer => "bigint",
        ValueKind::Real => "double precision",
        ValueKind::Text => "text",
        ValueKind::Boolean => "boolean",
    }
}
