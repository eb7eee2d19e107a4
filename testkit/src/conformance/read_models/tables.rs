//! Tables are made and removed with what they hold, as part of a transaction.

use annals_core::{Select, Table, TableRow, Value, ValueKind};

use super::{
    FENCE, ReadModelsFixture, begin, commit, committed, put, row, scan, select, set_up, statement,
    store, table,
};

/// Catches a table that keeps what it held, or the columns that it had.
pub async fn a_table_that_is_made_again_is_empty_and_has_its_new_columns(
    fixture: impl ReadModelsFixture,
) {
    set_up(&fixture, &statement(), &[row("ada", 1)]).await;
    let columns = [
        [("owner", ValueKind::Integer), ("colour", ValueKind::Text)].as_slice(),
        &[("colour", ValueKind::Real)],
        &[],
    ];
    for columns in columns {
        let again = table("statement", columns);
        let mut tx = begin(&fixture).await;
        tx.create_table(&again).await.expect("a table can be made again");
        assert_eq!(scan(&mut *tx, &again).await, []);
        let values = columns.iter().map(|(_, kind)| value_of(*kind)).collect();
        let row = TableRow { values, ..row("bob", 2) };
        store(&mut *tx, &again, std::slice::from_ref(&row)).await;
        commit(tx).await;
        assert_eq!(committed(&fixture, &again).await, Some(vec![row]));
    }
}

/// Catches a store that makes an empty table of a missing one, or fails for it.
pub async fn there_are_no_rows_of_a_table_that_is_missing(fixture: impl ReadModelsFixture) {
    let other = table("balance", &[]);
    set_up(&fixture, &other, &[]).await;
    assert_eq!(committed(&fixture, &statement()).await, None);
    let by_keys = Select::Keys(vec!["ada".into()]);
    assert_eq!(select(&fixture, &statement(), &by_keys).await, None);
    assert_eq!(committed(&fixture, &other).await, Some(Vec::new()));
}

/// Catches a table that stays, and a removal that fails where nothing is.
pub async fn a_table_that_is_dropped_is_gone(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &[row("ada", 1)]).await;
    for _ in 0..2 {
        let mut tx = begin(&fixture).await;
        tx.drop_table("statement").await.expect("a table can be dropped, if it is there");
        commit(tx).await;
        assert_eq!(committed(&fixture, &statement()).await, None);
    }
    set_up(&fixture, &statement(), &[row("bob", 2)]).await;
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("bob", 2)]));
}

/// Catches tables that come and go on their own.
pub async fn a_dropped_transaction_leaves_tables_as_they_were(fixture: impl ReadModelsFixture) {
    let mut tx = begin(&fixture).await;
    put(&mut *tx, FENCE.key, FENCE.content).await;
    commit(tx).await;
    let mut tx = begin(&fixture).await;
    tx.create_table(&statement()).await.expect("a table can be made");
    store(&mut *tx, &statement(), &[row("lost", 1)]).await;
    drop(tx);
    assert_eq!(committed(&fixture, &statement()).await, None);

    set_up(&fixture, &statement(), &[row("ada", 1)]).await;
    let mut tx = begin(&fixture).await;
    tx.drop_table("statement").await.expect("a table can be dropped");
    drop(tx);
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("ada", 1)]));
    let mut tx = begin(&fixture).await;
    tx.create_table(&table("statement", &[])).await.expect("a table can be made again");
    drop(tx);
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("ada", 1)]));
}

/// Catches names that are cut, put together, or taken for patterns.
pub async fn tables_with_names_that_look_alike_are_kept_apart(fixture: impl ReadModelsFixture) {
    let [long, longer] = ["x", "y"].map(|last| format!("{}{last}", "a".repeat(47)));
    let text = ValueKind::Text;
    let tables = [
        table("a", &[("b_c", text), ("b", text), ("c", text)]),
        table("a_b", &[("c", text), ("b", text), ("b_c", text)]),
        table("axb", &[("c", text)]),
        table("a_b_c", &[]),
        table(&long, &[(&long, text), ("a", text), (&longer, text)]),
        table(&longer, &[(&long, text), ("a", text), (&longer, text)]),
    ];
    assert_kept_apart(&fixture, &tables).await;
}

/// Catches names that are put into statements as they are, or into a place that is not their own.
pub async fn names_that_databases_reserve_are_taken(fixture: impl ReadModelsFixture) {
    let columns = [
        "order", "group", "rowid", "oid", "ctid", "xmin", "tableoid", "area", "content", "select",
        "number", "table", "user", "position",
    ];
    let columns = columns.map(|name| (name, ValueKind::Text));
    let tables =
        ["select", "table", "event", "record", "user", "sqlite_master", "pg_class", "annals"];
    assert_kept_apart(&fixture, &tables.map(|name| table(name, &columns))).await;
}

/// Asserts that each of these tables has its own rows, whatever becomes of the others.
async fn assert_kept_apart(fixture: &impl ReadModelsFixture, tables: &[Table]) {
    let row = |table: &Table| {
        let mut row = row("ada", 1);
        row.state = format!("{:?}", table.name());
        let value = |column: usize| Value::Text(format!("{} {column}", table.name()));
        row.values = (0..table.columns().len()).map(value).collect();
        row
    };
    for table in tables {
        set_up(fixture, table, &[row(table)]).await;
    }
    for (index, table) in tables.iter().enumerate() {
        for other in &tables[index..] {
            assert_eq!(committed(fixture, other).await, Some(vec![row(other)]));
        }
        let mut tx = begin(fixture).await;
        tx.drop_table(table.name()).await.expect("a table can be dropped");
        commit(tx).await;
        assert_eq!(committed(fixture, table).await, None, "{}", table.name());
    }
}

fn value_of(kind: ValueKind) -> Value {
    match kind {
        ValueKind::Integer => Value::Integer(7),
        ValueKind::Real => Value::Real(0.1),
        ValueKind::Text => Value::Text("seven".into()),
        ValueKind::Boolean => Value::Boolean(true),
    }
}
