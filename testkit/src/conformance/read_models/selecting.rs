//! Rows are found by what their columns hold, in the order that is asked for.

use std::sync::Arc;

use annals_core::{Comparison, Condition, RecordIn, Select, TableRow, Value, ValueKind};
use proptest::{
    prelude::{Just, Strategy, any},
    sample::{select as one_of, subsequence},
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use tokio::spawn;

use super::{
    AREA, FENCE, ReadModelsFixture, begin, commit, everything, model, put, record, row, select,
    set_up, statement, store, table,
};

const COMPARISONS: [Comparison; 5] = [
    Comparison::Equal,
    Comparison::Below,
    Comparison::AtMost,
    Comparison::Above,
    Comparison::AtLeast,
];

/// Catches keys that are taken for patterns, and a store that fails for those that are not there.
pub async fn rows_are_selected_by_their_keys(fixture: impl ReadModelsFixture) {
    let rows = ["a", "A", "a%", "ab", "ä"].map(|key| row(key, 1));
    set_up(&fixture, &statement(), &rows).await;
    for keys in [&["a%"][..], &["a", "nobody", "ä"], &["nobody"], &[], &["ä", "ab", "a%", "a", "A"]]
    {
        let keys = Select::Keys(keys.iter().map(|key| (*key).to_owned()).collect());
        assert_selected(&fixture, &rows, &keys).await;
    }
    let many = (0..5000).map(|number| number.to_string()).chain(["ab".into()]).collect();
    assert_selected(&fixture, &rows, &Select::Keys(many)).await;
}

/// Catches a comparison that is another one, or finds nothing where nothing is looked for.
pub async fn every_comparison_of_every_kind_is_as_it_is_documented(
    fixture: impl ReadModelsFixture,
) {
    let rows = every_value();
    set_up(&fixture, &statement(), &rows).await;
    for (column, values) in values().into_iter().enumerate() {
        for value in values {
            for comparison in COMPARISONS {
                let condition = Condition { column, comparison, value: value.clone() };
                assert_selected(&fixture, &rows, &page(vec![condition], None, false)).await;
            }
        }
    }
}

/// Catches a store that is content with one condition.
pub async fn all_conditions_hold_for_what_is_selected(fixture: impl ReadModelsFixture) {
    let rows: Vec<_> = (0..10).map(|number| row(&format!("{}", 9 - number), number)).collect();
    set_up(&fixture, &statement(), &rows).await;
    let number =
        |comparison, number| Condition { column: 0, comparison, value: Value::Integer(number) };
    let nothing = |column| Condition { column, comparison: Comparison::Equal, value: Value::Null };
    let between = vec![number(Comparison::Above, 2), number(Comparison::AtMost, 6), nothing(1)];
    let page = page(between, Some(0), false);
    let selected = select(&fixture, &statement(), &page).await.expect("the table is there");
    assert_eq!(selected, rows[3..7]);
}

/// Catches a store that counts in the columns there are, and not in those that are asked for: some of them, in
/// another order.
pub async fn columns_are_those_that_are_asked_for(fixture: impl ReadModelsFixture) {
    let owned = |number: i64, owner: &str| TableRow {
        values: vec![Value::Integer(number), Value::Null, Value::Text(owner.into()), Value::Null],
        ..row(owner, number)
    };
    let rows = [owned(3, "ada"), owned(1, "bob"), owned(2, "eve")];
    set_up(&fixture, &statement(), &rows).await;
    let some = table("statement", &[("owner", ValueKind::Text), ("number", ValueKind::Integer)]);
    let least = Condition { column: 1, comparison: Comparison::AtLeast, value: Value::Integer(2) };
    let found = select(&fixture, &some, &page(vec![least], Some(1), false)).await;
    let asked = |row: &TableRow| TableRow {
        values: vec![row.values[2].clone(), row.values[0].clone()],
        ..row.clone()
    };
    assert_eq!(found.expect("the table is there"), [asked(&rows[2]), asked(&rows[0])]);
    let found = select(&fixture, &some, &Select::Keys(vec!["bob".into()])).await;
    assert_eq!(found.expect("the table is there"), [asked(&rows[1])]);
}

/// Catches an order of a language, nothing that comes last, and ties that are broken another way round.
pub async fn rows_are_ordered_by_any_column_and_then_by_their_keys(
    fixture: impl ReadModelsFixture,
) {
    let mut rows = every_value();
    let twice: Vec<_> =
        rows.iter().map(|row| TableRow { key: format!("{}'", row.key), ..row.clone() }).collect();
    rows.extend(twice);
    set_up(&fixture, &statement(), &rows).await;
    for order in [None, Some(0), Some(1), Some(2), Some(3)] {
        for is_descending in [false, true] {
            assert_selected(&fixture, &rows, &page(Vec::new(), order, is_descending)).await;
        }
    }
}

/// Catches whatever no other rule about selecting has thought of.
pub async fn any_selection_agrees_with_the_model(fixture: impl ReadModelsFixture) {
    let mut runner = runner();
    let rows = any_rows(&mut runner, 60);
    set_up(&fixture, &statement(), &rows).await;
    for _ in 0..400 {
        assert_selected(&fixture, &rows, &any_page(&mut runner, &rows)).await;
    }
}

/// Catches a page that begins with the last row of the one before, or skips its ties.
pub async fn selecting_in_pages_gives_every_row_once(fixture: impl ReadModelsFixture) {
    let rows = any_rows(&mut runner(), 50);
    set_up(&fixture, &statement(), &rows).await;
    for order in [None, Some(0), Some(1), Some(2), Some(3)] {
        for (is_descending, limit) in [(false, 1), (true, 1), (false, 7), (true, 7), (true, 50)] {
            let (mut selected, mut after) = (Vec::new(), None);
            loop {
                let (conditions, after_last) = (Vec::new(), after.clone());
                let page =
                    Select::Page { conditions, order, is_descending, after: after_last, limit };
                let page = select(&fixture, &statement(), &page).await.expect("the table is there");
                let Some(last) = page.last() else { break };
                assert!(
                    page.len() <= limit && selected.len() < rows.len(),
                    "more than was asked for"
                );
                after = Some(model::place(last, order));
                selected.extend(page);
            }
            let mut expected = rows.clone();
            model::sort(&mut expected, order, is_descending);
            assert_eq!(selected, expected, "by {order:?}, {limit} at a time");
        }
    }
}

/// Catches rows that are given out although the record is another one, or is gone.
pub async fn rows_are_selected_only_while_the_record_is_unchanged(fixture: impl ReadModelsFixture) {
    let rows = [row("ada", 1)];
    set_up(&fixture, &statement(), &rows).await;
    let others = [
        RecordIn { content: "2", ..FENCE },
        RecordIn { content: "", ..FENCE },
        RecordIn { content: "1 ", ..FENCE },
        RecordIn { key: "other", ..FENCE },
        RecordIn { area: "lease", ..FENCE },
    ];
    let selects = [everything(), Select::Keys(vec!["ada".into()]), Select::Keys(Vec::new())];
    for select in &selects {
        for unchanged in &others {
            let selected = fixture.read_models().rows(&statement(), select, unchanged).await;
            assert_eq!(selected.expect("it can be asked"), None, "{unchanged:?}");
        }
        assert_selected(&fixture, &rows, select).await;
    }

    let mut tx = begin(&fixture).await;
    super::remove(&mut *tx, FENCE.key).await;
    commit(tx).await;
    for query in &selects {
        assert_eq!(select(&fixture, &statement(), query).await, None, "the record is gone");
    }
}

/// Catches rows and a record that are read one after the other.
pub async fn rows_and_the_record_are_seen_at_one_moment(fixture: impl ReadModelsFixture) {
    let fixture = Arc::new(fixture);
    set_up(&*fixture, &statement(), &[row("ada", 1), row("bob", 1)]).await;
    let writer = spawn({
        let fixture = fixture.clone();
        async move {
            for number in 2..200 {
                let mut tx = begin(&*fixture).await;
                store(&mut *tx, &statement(), &[row("ada", number), row("bob", number)]).await;
                put(&mut *tx, FENCE.key, &number.to_string()).await;
                commit(tx).await;
            }
        }
    });
    let mut is_over = false;
    while !is_over {
        is_over = writer.is_finished();
        let content = record(&*fixture, FENCE.key).await.expect("the record is there");
        let unchanged = RecordIn { area: AREA, key: FENCE.key, content: &content };
        let rows = fixture.read_models().rows(&statement(), &everything(), &unchanged).await;
        if let Some(rows) = rows.expect("rows can be selected") {
            let number = content.parse().expect("it is a number");
            assert_eq!(rows, [row("ada", number), row("bob", number)]);
        } else {
            assert!(!is_over, "nobody writes any more");
        }
    }
    writer.await.expect("it does not panic");
}

async fn assert_selected(fixture: &impl ReadModelsFixture, rows: &[TableRow], query: &Select) {
    let selected = select(fixture, &statement(), query).await;
    let mut selected = selected.expect("the table is there, and the record unchanged");
    if let Select::Keys(_) = query {
        model::sort(&mut selected, None, false);
    }
    assert_eq!(selected, model::selected(rows, query), "{query:?}");
}

fn page(conditions: Vec<Condition>, order: Option<usize>, is_descending: bool) -> Select {
    Select::Page { conditions, order, is_descending, after: None, limit: usize::MAX }
}

/// Values of each column of [`statement`], with nothing among them.
fn values() -> [Vec<Value>; 4] {
    let integers = [0, -1, 1, 10, 9, i64::MIN, i64::MAX].map(Value::Integer);
    let reals = [0.0, -1.5, 1.5, 1e-7, 5e-324, f64::MIN, f64::MAX].map(Value::Real);
    let texts = ["", "a", "A", "Z", "b", "a b", "ä", "%", "10", "9", "\u{ffff}", "\u{10000}"];
    let texts = texts.map(|text| Value::Text(text.into()));
    let booleans = [false, true].map(Value::Boolean);
    let columns = [integers.to_vec(), reals.into(), texts.into(), booleans.into()];
    columns.map(|values| values.into_iter().chain([Value::Null]).collect())
}

/// Rows with each of [`values`], each beside nothing.
fn every_value() -> Vec<TableRow> {
    let mut rows = Vec::new();
    for (column, values) in values().into_iter().enumerate() {
        for (index, value) in values.into_iter().enumerate() {
            let mut row = TableRow { values: vec![Value::Null; 4], ..row("", 0) };
            row.key = format!("{column}/{}", 99 - index);
            row.values[column] = value;
            rows.push(row);
        }
    }
    rows
}

/// The same every time, so that a rule that fails once fails again.
fn runner() -> TestRunner {
    TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn any_of<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).expect("nothing is filtered").current()
}

fn any_rows(runner: &mut TestRunner, count: usize) -> Vec<TableRow> {
    let values = values().map(one_of).to_vec();
    let row = |number| {
        let key = format!("{}{number}", ["a", "A", "ä", "\u{10ffff}"][number % 4]);
        TableRow { values: any_of(runner, &values), ..row(&key, 0) }
    };
    (0..count).map(row).collect()
}

fn any_page(runner: &mut TestRunner, rows: &[TableRow]) -> Select {
    let condition = (0..4_usize).prop_flat_map(|column| {
        let value = one_of(values()[column].clone());
        (Just(column), one_of(COMPARISONS.to_vec()), value)
            .prop_map(|(column, comparison, value)| Condition { column, comparison, value })
    });
    let conditions = proptest::collection::vec(condition, 0..3);
    let order = one_of(vec![None, Some(0), Some(1), Some(2), Some(3)]);
    let after = subsequence(rows.to_vec(), 0..2);
    let limit = one_of(vec![0, 1, 3, 10, usize::MAX]);
    let parts = (conditions, order, any::<bool>(), after, limit);
    let (conditions, order, is_descending, after, limit) = any_of(runner, &parts);
    let after = after.first().map(|row| model::place(row, order));
    Select::Page { conditions, order, is_descending, after, limit }
}
