//! Rows are kept under their keys, as they were given.

use annals_core::{TableRow, Value};

use super::{
    ReadModelsFixture, begin, commit, committed, keys_of, load, meanwhile, record_of, row, scan,
    set_up, statement, store, table,
};

/// Catches a state that is looked into: numbers that are rounded, spaces that are lost, keys in another order.
pub async fn the_state_of_a_row_is_kept_byte_for_byte(fixture: impl ReadModelsFixture) {
    let long = format!("\"{}\"", "ä\u{10ffff}".repeat((1 << 20) / 6));
    let states = [
        "null",
        "{}",
        " { } ",
        "1e-7",
        "0.1",
        "1E+2",
        "-0.0",
        "1.0",
        "123456789012345678901234567890",
        "9007199254740993",
        r#"{"b":1,  "a":2}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":"\u0000\u00e4\ud83d"}"#,
        "\"äöüß a\u{308} 👩‍👩‍👧 \u{10ffff}\"",
        "[\n1,\t2\r\n]",
        r#"{"'":"'; --","\\":"\"$1 ?1 %s"}"#,
        &long,
    ];
    let number = |number: usize| i64::try_from(number).expect("it is small");
    let row = |(index, state): (usize, &&str)| TableRow {
        state: (*state).to_owned(),
        ..row(&format!("{index:02}"), number(index))
    };
    let rows: Vec<_> = states.iter().enumerate().map(row).collect();
    set_up(&fixture, &statement(), &rows).await;

    assert_same(&committed(&fixture, &statement()).await.expect("the table is there"), &rows);
    let mut tx = begin(&fixture).await;
    assert_same(&scan(&mut *tx, &statement()).await, &rows);
    for row in &rows {
        let loaded = load(&mut *tx, &statement(), &[&row.key]).await;
        assert!(loaded == [record_of(&row.key, &row.state)], "{:.40}", row.state);
    }
}

/// Catches a column that is narrower than its kind, or cannot be empty.
pub async fn every_value_of_every_kind_is_kept(fixture: impl ReadModelsFixture) {
    let integers = [0, 1, -1, 1 << 53, (1 << 53) + 1, i64::MIN, i64::MAX].map(Value::Integer);
    let reals = [
        0.0,
        -0.0,
        1.0,
        0.1,
        1e-7,
        -1e300,
        5e-324,
        f64::MIN,
        f64::MAX,
        f64::EPSILON,
        f64::MIN_POSITIVE,
        9_007_199_254_740_993.0,
    ];
    let long = "ä".repeat(2000);
    let texts =
        ["", " ", "1", "null", "NULL", "ä", "a\u{308}", "\u{1}\n", "\u{10ffff}", "'\"\\", &long];
    let texts = texts.map(|text| Value::Text(text.into()));
    let columns = [
        integers.into(),
        reals.map(Value::Real).into(),
        texts.into(),
        vec![Value::Boolean(false), Value::Boolean(true)],
    ];

    let mut rows = Vec::new();
    for (column, values) in columns.into_iter().enumerate() {
        for value in values.into_iter().chain([Value::Null]) {
            let mut row = TableRow { values: vec![Value::Null; 4], ..row(&key(rows.len()), 0) };
            row.values[column] = value;
            rows.push(row);
        }
    }
    set_up(&fixture, &statement(), &rows).await;
    assert_same(&committed(&fixture, &statement()).await.expect("the table is there"), &rows);
    assert_same(&scan(&mut *begin(&fixture).await, &statement()).await, &rows);
}

/// Catches a row that fails, or keeps something of the old one, where one is.
pub async fn a_row_that_is_stored_again_is_replaced(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &[row("ada", 1), row("bob", 1)]).await;
    let bare = TableRow { values: vec![Value::Null; 4], ..row("ada", 2) };
    for again in [row("ada", 3), bare, row("ada", 3)] {
        let mut tx = begin(&fixture).await;
        store(&mut *tx, &statement(), &[row("ada", 4)]).await;
        store(&mut *tx, &statement(), std::slice::from_ref(&again)).await;
        commit(tx).await;
        assert_eq!(committed(&fixture, &statement()).await, Some(vec![again, row("bob", 1)]));
    }
}

/// Catches a row that stays, and a removal that fails where nothing is.
pub async fn a_row_that_is_taken_out_is_gone(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &["ada", "bob", "cleo"].map(|key| row(key, 1))).await;
    let mut tx = begin(&fixture).await;
    let keys = ["ada", "nobody", "bob"].map(String::from);
    tx.unstore(&statement(), &keys).await.expect("rows can be taken out");
    assert_eq!(load(&mut *tx, &statement(), &["ada", "bob"]).await, []);
    assert_eq!(scan(&mut *tx, &statement()).await, [row("cleo", 1)]);
    store(&mut *tx, &statement(), &[row("bob", 2)]).await;
    commit(tx).await;
    let left = vec![row("bob", 2), row("cleo", 1)];
    assert_eq!(committed(&fixture, &statement()).await, Some(left));
}

/// Catches a transaction that does not see what it stored, or whose rows others see.
pub async fn rows_are_seen_by_others_once_they_are_committed(fixture: impl ReadModelsFixture) {
    let before = vec![row("ada", 1), row("cleo", 1)];
    set_up(&fixture, &statement(), &before).await;
    let mut tx = begin(&fixture).await;
    store(&mut *tx, &statement(), &[row("ada", 2), row("bob", 2)]).await;
    tx.unstore(&statement(), &["cleo".into()]).await.expect("rows can be taken out");
    let after = vec![row("ada", 2), row("bob", 2)];
    assert_eq!(scan(&mut *tx, &statement()).await, after);
    let loaded = load(&mut *tx, &statement(), &["ada", "bob", "cleo", "nobody"]).await;
    assert_eq!(keys_of(&loaded), ["ada", "bob"]);
    meanwhile(&fixture, async {
        assert_eq!(committed(&fixture, &statement()).await, Some(before));
    })
    .await;
    commit(tx).await;
    assert_eq!(committed(&fixture, &statement()).await, Some(after));
}

/// Catches a store that fails where there is nothing to do.
pub async fn no_rows_can_be_stored_loaded_and_taken_out(fixture: impl ReadModelsFixture) {
    set_up(&fixture, &statement(), &[row("ada", 1)]).await;
    let mut tx = begin(&fixture).await;
    store(&mut *tx, &statement(), &[]).await;
    tx.unstore(&statement(), &[]).await.expect("no rows can be taken out");
    assert_eq!(load(&mut *tx, &statement(), &[]).await, []);
    commit(tx).await;
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("ada", 1)]));
}

/// Catches statements that take no more than so many.
pub async fn many_rows_are_stored_at_once(fixture: impl ReadModelsFixture) {
    let rows: Vec<_> = (0..5000).map(|number| row(&format!("{number:05}"), number)).collect();
    set_up(&fixture, &statement(), &rows).await;
    assert_same(&committed(&fixture, &statement()).await.expect("the table is there"), &rows);

    let mut tx = begin(&fixture).await;
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys_of(&load(&mut *tx, &statement(), &keys).await), keys);
    let again: Vec<_> = rows.iter().map(|old| row(&old.key, -1)).collect();
    store(&mut *tx, &statement(), &again).await;
    let keys: Vec<_> = keys[1..].iter().map(|key| (*key).to_owned()).collect();
    tx.unstore(&statement(), &keys).await.expect("many rows can be taken out");
    commit(tx).await;
    assert_eq!(committed(&fixture, &statement()).await, Some(vec![row("00000", -1)]));
}

/// Catches a bound that is inclusive, a limit that is not kept, and any order but that of the bytes.
pub async fn a_scan_in_pages_gives_every_row_once_in_the_order_of_its_bytes(
    fixture: impl ReadModelsFixture,
) {
    let long = "ä".repeat(127);
    let keys = [
        "Z",
        "a",
        "a/",
        "a/b",
        "ab",
        "a\u{10ffff}",
        "A",
        "a b",
        "a'",
        "%",
        "_",
        "\\",
        "ä",
        "a\u{308}",
        "ß",
        "\u{d7ff}",
        "\u{ffff}",
        "\u{10000}",
        "0",
        "10",
        "9",
        "-1",
        &long,
    ];
    let mut expected: Vec<_> = keys.map(|key| row(key, 1)).into();
    set_up(&fixture, &statement(), &expected).await;
    expected.sort_by(|a, b| a.key.cmp(&b.key));

    let mut tx = begin(&fixture).await;
    for limit in [1, 2, 5, 22, 23, 24] {
        let (mut scanned, mut after) = (Vec::<TableRow>::new(), String::new());
        loop {
            let page = tx.scan(&statement(), &after, limit).await.expect("a table can be scanned");
            let Some(last) = page.last() else { break };
            assert!(
                page.len() <= limit && scanned.len() < expected.len(),
                "more than was asked for"
            );
            after.clone_from(&last.key);
            scanned.extend(page);
        }
        assert_same(&scanned, &expected);
    }
    let none = tx.scan(&statement(), "", 0).await.expect("a table can be scanned");
    assert_eq!(none, []);
}

/// Catches a store that needs something to find rows by.
pub async fn a_table_without_columns_keeps_rows(fixture: impl ReadModelsFixture) {
    let plain = table("plain", &[]);
    let rows = ["ada", "bob"].map(|key| TableRow { values: Vec::new(), ..row(key, 1) });
    set_up(&fixture, &plain, &rows).await;
    assert_eq!(committed(&fixture, &plain).await.as_deref(), Some(rows.as_slice()));
    assert_eq!(scan(&mut *begin(&fixture).await, &plain).await, rows);
}

fn key(number: usize) -> String {
    format!("{number:05}")
}

/// Asserts that rows are the same, and names the first that is not.
fn assert_same(rows: &[TableRow], expected: &[TableRow]) {
    for (row, expected) in rows.iter().zip(expected) {
        assert!(row == expected, "{row:.200?} is not {expected:.200?}");
    }
    assert_eq!(rows.len(), expected.len());
}
