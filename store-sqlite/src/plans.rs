//! Each statement about a view finds its rows by an index, and pages through a column by that of the column.
//!
//! Those about events and records have files of their own, and are looked at in `tests/it/plans.rs`.

use annals_core::{
    Comparison, Condition, Place, Select, Table, TableColumn, TableRow, Value, ValueKind,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    rows::{create_table, store_rows},
    select::texts,
    view::text_of,
};

const RECORD: &str = "SEARCH record USING PRIMARY KEY (area=? AND key=?)";

const BY_KEY: &str = "INDEX sqlite_autoindex_annals_view_statement_1";
const BY_NUMBER: &str = "INDEX annals_view_statement:number";
const BY_OWNER: &str = "INDEX annals_view_statement:owner";

fn statement() -> Table {
    let column = |name: &str, kind| TableColumn { name: name.into(), kind, is_indexed: true };
    let columns = vec![column("number", ValueKind::Integer), column("owner", ValueKind::Text)];
    Table::new("statement", columns).unwrap()
}

/// A database with the table, and as many rows as that.
async fn database(rows: i64) -> SqliteConnection {
    let memory = SqliteConnectOptions::new().in_memory(true).disable_statement_logging();
    let mut connection = memory.connect().await.unwrap();
    let record = crate::migrations().iter().filter(|it| [3, 5].contains(&it.number));
    for migration in record {
        sqlx::raw_sql(migration.sql).execute(&mut connection).await.unwrap();
    }
    create_table(&mut connection, &statement()).await.unwrap();
    let number = |n| if n % 4 == 0 { Value::Null } else { Value::Integer(n / 3) };
    let row = |n: i64| TableRow {
        key: n.to_string(),
        state: "{}".into(),
        values: vec![number(n), Value::Text((n % 100).to_string())],
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    store_rows(&mut connection, &statement(), &rows).await.unwrap();
    connection
}

async fn plan(connection: &mut SqliteConnection, text: &str) -> Vec<String> {
    let explain = format!("EXPLAIN QUERY PLAN {text}");
    let rows = sqlx::query(AssertSqlSafe(explain)).persistent(false).fetch_all(connection).await;
    rows.unwrap().iter().map(|row| row.get("detail")).collect()
}

/// Asserts that the table is looked at by this index alone, and that nothing is sorted.
#[track_caller]
fn assert_planned(plan: &[String], found: &str, about: &str) {
    let about = format!("{about}:\n{}", plan.join("\n"));
    let looks: Vec<_> =
        plan.iter().filter(|line| line.contains("kept") || line.contains("annals_view")).collect();
    assert!(!looks.is_empty(), "{about}");
    assert!(looks.iter().all(|line| line.contains(found)), "not {found} in {about}");
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "it sorts: {about}");
}

fn page(
    conditions: Vec<Condition>,
    order: Option<usize>,
    is_descending: bool,
    after: Option<Value>,
) -> Select {
    let after = after.map(|value| Place { value, key: "5".into() });
    Select::Page { conditions, order, is_descending, after, limit: 20 }
}

#[tokio::test]
async fn pages_of_a_view_are_found_by_the_index_of_what_they_are_ordered_by() {
    let owner =
        |comparison| vec![Condition { column: 1, comparison, value: Value::Text("7".into()) }];
    let number = |comparison| vec![Condition { column: 0, comparison, value: Value::Integer(7) }];
    let nothing = Condition { column: 0, comparison: Comparison::Equal, value: Value::Null };
    let some = || Some(Value::Integer(7));
    for rows in [0, 20_000] {
        let mut connection = database(rows).await;
        for is_analyzed in [false, true] {
            if is_analyzed {
                sqlx::raw_sql("ANALYZE").execute(&mut connection).await.unwrap();
            }
            let about = format!("{rows} rows, analyzed: {is_analyzed}");
            for is_descending in [false, true] {
                let page = |conditions, order, after| page(conditions, order, is_descending, after);
                for (select, found) in [
                    (page(vec![], None, None), format!("SCAN kept USING {BY_KEY}")),
                    (page(vec![], None, Some(Value::Null)), format!("{BY_KEY} (key")),
                    (page(vec![], Some(0), None), format!("SCAN kept USING {BY_NUMBER}")),
                    (page(vec![], Some(0), some()), format!("SEARCH kept USING {BY_NUMBER}")),
                    (
                        page(vec![], Some(0), Some(Value::Null)),
                        format!("SEARCH kept USING {BY_NUMBER}"),
                    ),
                    (
                        page(number(Comparison::AtMost), Some(0), None),
                        format!("SEARCH kept USING {BY_NUMBER}"),
                    ),
                    (
                        page(number(Comparison::Above), Some(0), some()),
                        format!("SEARCH kept USING {BY_NUMBER}"),
                    ),
                    (page(vec![nothing.clone()], None, None), format!("{BY_NUMBER} (number=?)")),
                    (page(owner(Comparison::Equal), None, None), format!("{BY_OWNER} (owner=?)")),
                    (
                        page(owner(Comparison::Equal), None, Some(Value::Null)),
                        format!("{BY_OWNER} (owner=? AND key"),
                    ),
                ] {
                    for text in texts(&statement(), &select).unwrap() {
                        let plan = plan(&mut connection, &text).await;
                        assert!(plan.iter().any(|line| line == RECORD), "{plan:#?}");
                        assert_planned(&plan, &found, &format!("{select:?} of {about}"));
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn rows_of_a_view_are_found_by_their_keys() {
    for rows in [0, 20_000] {
        let mut connection = database(rows).await;
        for is_analyzed in [false, true] {
            if is_analyzed {
                sqlx::raw_sql("ANALYZE").execute(&mut connection).await.unwrap();
            }
            let template = |text| text_of(text, &statement());
            let keys = texts(&statement(), &Select::Keys(vec!["1".into()])).unwrap().remove(0);
            for (text, found) in [
                (keys, "(key=?)"),
                (template(include_str!("../sql/load_rows.sql")), "(key=?)"),
                (template(include_str!("../sql/remove_rows.sql")), "(key=?)"),
                (template(include_str!("../sql/scan_rows.sql")), "(key>?)"),
                (
                    template(include_str!("../sql/mend_row.sql")).replace("{column}", "number"),
                    "(key=?)",
                ),
            ] {
                let about = format!("{text} of {rows} rows, analyzed: {is_analyzed}");
                let found = format!("{BY_KEY} {found}");
                assert_planned(&plan(&mut connection, &text).await, &found, &about);
            }
        }
    }
}
