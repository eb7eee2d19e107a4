//! Records and rows, where SQLite could keep others than were given, or find others than were asked for.

use annals_core::{
    Comparison, Condition, ModelTx, Place, ReadModels, Record, RecordIn, Select, StoreError, Table,
    TableColumn, TableRow, Value, ValueKind,
};
use annals_sqlite::SqliteStore;

use crate::{
    database::{Directory, open},
    sql::Sql,
    words::{assert_invalid, soon},
};

const FENCE: RecordIn<'static> = RecordIn { area: "checkpoint", key: "statement", content: "1" };

fn table(columns: &[(&str, ValueKind)]) -> Table {
    let column = |&(name, kind): &(&str, ValueKind)| TableColumn {
        name: name.into(),
        kind,
        is_indexed: true,
    };
    Table::new("statement", columns.iter().map(column).collect()).unwrap()
}

fn row(key: impl Into<String>, values: Vec<Value>) -> TableRow {
    TableRow { key: key.into(), state: "{}".into(), values }
}

fn page(order: Option<usize>, is_descending: bool, after: Option<Place>, limit: usize) -> Select {
    Select::Page { conditions: Vec::new(), order, is_descending, after, limit }
}

/// A log with that view in it, and the record that goes with it.
async fn with(table: &Table, rows: &[TableRow]) -> (SqliteStore, Directory) {
    let directory = Directory::new();
    let store = open(&directory.join("log.db")).await;
    let mut tx = store.read_models().begin().await.unwrap();
    tx.create_table(table).await.unwrap();
    tx.store(table, rows).await.unwrap();
    tx.put(FENCE.area, &[Record { key: FENCE.key.into(), content: FENCE.content.into() }])
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (store, directory)
}

async fn rows(store: &SqliteStore, table: &Table, select: &Select) -> Option<Vec<TableRow>> {
    store.read_models().rows(table, select, &FENCE).await.unwrap()
}

/// The same numbers every time, of all sizes.
fn any_reals(count: usize) -> Vec<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bits = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut reals = Vec::new();
    while reals.len() < count {
        let bits = bits();
        // Also those that are next to nothing, in which SQLite's decimals have the fewest digits.
        for bits in [bits, bits & 0x800f_ffff_ffff_ffff] {
            let real = f64::from_bits(bits);
            reals.extend(real.is_finite().then_some(real));
        }
    }
    reals
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_is_kept_to_its_last_bit() {
    let table = table(&[("amount", ValueKind::Real), ("number", ValueKind::Integer)]);
    let mut reals = any_reals(100_000);
    reals.extend([f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e23, 0.1, 1e22, 9e15, 1.0]);
    let rows_of = |(n, real): (usize, &f64)| {
        let number = real.to_bits().cast_signed();
        row(format!("{n:06}"), vec![Value::Real(*real), Value::Integer(number)])
    };
    let given: Vec<_> = reals.iter().enumerate().map(rows_of).collect();
    let (store, directory) = with(&table, &given).await;
    let kept = rows(&store, &table, &page(None, false, None, usize::MAX)).await.unwrap();
    assert_eq!(kept.len(), given.len());
    for (kept, given) in kept.iter().zip(&given) {
        let [Value::Real(kept_real), number] = &kept.values[..] else { panic!("{kept:?}") };
        let [Value::Real(given_real), given_number] = &given.values[..] else { unreachable!() };
        assert_eq!(
            kept_real.to_bits(),
            given_real.to_bits(),
            "{kept_real:e} is not {given_real:e}"
        );
        assert_eq!(number, given_number);
    }
    // Without that they were compared, some would be others: else there is no need to.
    let mut sql = Sql::connect(&directory.join("log.db")).await;
    let decimals = serde_json::to_string(&reals).unwrap();
    let read = sqlx::query("SELECT value FROM json_each($1)").bind(decimals);
    let read = read.fetch_all(sql.connection()).await.unwrap();
    let read = read.iter().map(|row| sqlx::Row::get::<f64, _>(row, 0));
    let others = read.zip(&reals).filter(|(read, real)| read.to_bits() != real.to_bits()).count();
    assert!(others > 0, "SQLite reads decimals as they are: `mend_row.sql` can go");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_from_values_to_nulls_and_from_nulls_to_values() {
    let table = table(&[("number", ValueKind::Integer)]);
    let value = |n: i64| if n % 3 == 0 { Value::Null } else { Value::Integer(n / 4) };
    let given: Vec<_> =
        (0..40).map(|n| row(format!("{:02}", n * 7 % 40), vec![value(n)])).collect();
    let (store, _directory) = with(&table, &given).await;
    for is_descending in [false, true] {
        let mut expected = given.clone();
        expected.sort_by(|a, b| (&a.values, &a.key).partial_cmp(&(&b.values, &b.key)).unwrap());
        if is_descending {
            expected.reverse();
        }
        for limit in [1, 2, 7, 13, 14, 39, 40, 41] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let asked = page(Some(0), is_descending, after.take(), limit);
                let page = rows(&store, &table, &asked).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(Place { value: last.values[0].clone(), key: last.key.clone() });
                found.extend(page);
            }
            assert_eq!(found, expected, "{limit} at a time");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_shape_is_an_error_only_while_the_record_is_the_same() {
    let (old, new) =
        (table(&[("owner", ValueKind::Text)]), table(&[("number", ValueKind::Integer)]));
    let (store, _directory) = with(&new, &[row("ada", vec![Value::Integer(1)])]).await;
    let read_models = store.read_models();
    let after = Some(Place { value: Value::Null, key: "a".into() });
    for select in [
        page(None, false, None, 10),
        page(Some(0), false, after, 10),
        Select::Keys(vec!["ada".into()]),
    ] {
        let error = read_models.rows(&old, &select, &FENCE).await.unwrap_err();
        assert_invalid(&error, &[]);
        let other = RecordIn { content: "2", ..FENCE };
        assert_eq!(read_models.rows(&old, &select, &other).await.unwrap(), None);
        let missing = Table::new("missing", vec![old.columns()[0].clone()]).unwrap();
        assert_eq!(read_models.rows(&missing, &select, &FENCE).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_can_be_made_anew_while_it_is_read() {
    let table = table(&[("number", ValueKind::Integer)]);
    let given: Vec<_> =
        (0..1000).map(|n| row(format!("{n:04}"), vec![Value::Integer(n)])).collect();
    let (store, _directory) = with(&table, &given).await;
    let read = async |n: usize| {
        for _ in 0..100 {
            let order = n.is_multiple_of(2).then_some(0);
            let found = rows(&store, &table, &page(order, false, None, 1000)).await;
            assert_eq!(found.as_ref(), Some(&given));
        }
    };
    let write = async {
        for _ in 0..30 {
            let mut tx = store.read_models().begin().await.unwrap();
            tx.create_table(&table).await.unwrap();
            tx.store(&table, &given).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    soon(async { tokio::join!(read(0), read(1), read(2), write) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_record_and_no_row_is_refused() {
    let table = table(&[("number", ValueKind::Integer), ("amount", ValueKind::Real)]);
    let (store, _directory) = with(&table, &[]).await;
    let read_models = store.read_models();
    let values = || vec![Value::Integer(1), Value::Real(1.0)];

    for area in ["", "a\nb", "a\0", &"ä".repeat(128)] {
        let mut tx = read_models.begin().await.unwrap();
        refused(read_models.record(area, "key").await);
        refused(read_models.records(area, "", "", 1).await);
        refused(tx.record(area, "key").await);
        refused(tx.count(area, "").await);
        refused(tx.swap(area, "key", None, Some("1")).await);
        refused(tx.put(area, &[]).await);
        refused(tx.remove(area, &[]).await);
    }
    for key in ["", "a\nb", "a\0", &"x".repeat(1501)] {
        let mut tx = read_models.begin().await.unwrap();
        let record = Record { key: key.into(), content: String::new() };
        refused(read_models.record("area", key).await);
        refused(tx.put("area", &[record]).await);
        refused(tx.swap("area", key, None, None).await);
        refused(tx.remove("area", &[key.into()]).await);
        refused(tx.store(&table, &[row(key, values())]).await);
        refused(tx.load(&table, &[key.into()]).await);
        refused(tx.unstore(&table, &[key.into()]).await);
        let unchanged = RecordIn { key, ..FENCE };
        refused(read_models.rows(&table, &page(None, false, None, 1), &unchanged).await);
    }
    let mut tx = read_models.begin().await.unwrap();
    refused(tx.put("area", &[Record { key: "a".into(), content: "a\0b".into() }]).await);
    refused(tx.swap("area", "key", None, Some("\0")).await);
    refused(tx.store(&table, &[row("x".repeat(256), values())]).await);
    for values in [
        vec![],
        vec![Value::Integer(1)],
        vec![Value::Integer(1), Value::Real(f64::NAN)],
        vec![Value::Integer(1), Value::Real(f64::INFINITY)],
        vec![Value::Real(1.0), Value::Real(1.0)],
        vec![Value::Boolean(true), Value::Null],
        vec![Value::Text("1".into()), Value::Null],
    ] {
        refused(tx.store(&table, &[row("ada", values)]).await);
    }
    let condition = |column, value| {
        let conditions = vec![Condition { column, comparison: Comparison::Equal, value }];
        Select::Page { conditions, order: None, is_descending: false, after: None, limit: 1 }
    };
    let place = Place { value: Value::Boolean(true), key: "a".into() };
    for select in [
        condition(2, Value::Null),
        condition(0, Value::Real(1.0)),
        page(Some(2), false, None, 1),
        page(Some(0), false, Some(place), 1),
    ] {
        refused(read_models.rows(&table, &select, &FENCE).await);
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, StoreError>) {
    assert_invalid(&answer.unwrap_err(), &[]);
}

/// What is written by the transaction's own methods is no longer seen once that was dropped, by a cached
/// statement neither.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_taken_back_is_not_there() {
    let table = table(&[("number", ValueKind::Integer)]);
    let (store, _directory) = with(&table, &[row("ada", vec![Value::Integer(1)])]).await;
    let all = page(Some(0), false, None, 10);
    let before = rows(&store, &table, &all).await;
    assert_eq!(before.as_ref().map(Vec::len), Some(1));
    let mut tx = store.read_models().begin().await.unwrap();
    tx.drop_table("statement").await.unwrap();
    tx.drop_table("no table is called so").await.unwrap();
    assert_eq!(rows(&store, &table, &all).await, before);
    drop(tx);
    assert_eq!(rows(&store, &table, &all).await, before);
    let mut tx: Box<dyn ModelTx> = store.read_models().begin().await.unwrap();
    tx.drop_table("statement").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows(&store, &table, &all).await, None);
}
