//! What is of this store alone, of read models: how they are kept in tables, and what is refused.

use annals_core::{
    EventStore, ModelTx, Place, Position, ReadModels, Record, RecordIn, Select, Table, TableRow,
    Value, ValueKind,
};
use annals_postgres::PgTx;
use sqlx::AssertSqlSafe;

use crate::{
    database::{connect, connection_of, fresh_settings, open},
    words::{AREA, assert_invalid, one, position, soon, stream, swap_alone, table},
};

const FENCE: RecordIn<'_> = RecordIn { area: AREA, key: "statement", content: "1" };

fn statement() -> Table {
    table("statement", &[("i_owner", ValueKind::Text), ("amount", ValueKind::Real)])
}

fn row(key: &str, owner: &str) -> TableRow {
    let values = vec![Value::Text(owner.into()), Value::Real(0.5)];
    TableRow { key: key.into(), state: r#"{"n": 1}"#.into(), values }
}

fn record(content: &str) -> Record {
    Record { key: FENCE.key.into(), content: content.into() }
}

fn everything(order: Option<usize>) -> Select {
    Select::Page { conditions: vec![], order, is_descending: false, after: None, limit: 100 }
}

/// A version to make it anew, with these rows.
async fn make(models: &dyn ReadModels, table: &Table, content: &str, rows: &[TableRow]) {
    let mut tx = models.begin().await.unwrap();
    tx.create_table(table).await.unwrap();
    tx.store(table, rows).await.unwrap();
    tx.put(AREA, &[record(content)]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_often_stays_in_its_page() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    make(&models, &statement(), "1", &[row("ada", "ada")]).await;
    let mut tx = models.begin().await.unwrap();
    for n in 0..20 {
        assert!(
            tx.swap(AREA, FENCE.key, Some(&n.max(1).to_string()), Some(&(n + 1).to_string()))
                .await
                .unwrap()
        );
        let state = format!("{n}");
        tx.store(&statement(), &[TableRow { state, ..row("ada", "ada") }]).await.unwrap();
    }
    for table in ["record", "view_statement"] {
        let counts = format!(
            "SELECT pg_stat_get_xact_tuples_updated(it), pg_stat_get_xact_tuples_hot_updated(it)
            FROM (SELECT '{}.{table}'::regclass::oid AS it) AS one",
            settings.schema
        );
        let counts = sqlx::query_as(AssertSqlSafe(counts));
        let counts: (i64, i64) = counts.fetch_one(connection_of(&mut *tx)).await.unwrap();
        assert_eq!(counts, (20, 20), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_can_be_looked_at_in_sql() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    make(&models, &statement(), "1", &[row("ada", "Ada")]).await;
    let mut sql = connect(&settings).await;
    let read = "SELECT concat_ws(' ', key, i_owner, amount, state ->> 'n') FROM view_statement";
    assert_eq!(sql.column::<String>(read).await, ["ada Ada 0.5 1"]);
}

/// Plans are kept by the text of their statements.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_anew_with_other_kinds_is_read_and_written() {
    let mut settings = fresh_settings();
    settings.connections = 1;
    let models = open(&settings).await.read_models();
    for round in 0..3 {
        for (kind, value) in [
            (ValueKind::Integer, Value::Integer(7)),
            (ValueKind::Text, Value::Text("seven".into())),
            (ValueKind::Boolean, Value::Boolean(true)),
            (ValueKind::Real, Value::Real(0.7)),
        ] {
            let table = table("statement", &[("i", kind)]);
            let rows =
                ["ada", "bob"].map(|key| TableRow { values: vec![value.clone()], ..row(key, "") });
            make(&models, &table, "1", &rows).await;
            for order in [None, Some(0)] {
                let found = models.rows(&table, &everything(order), &FENCE).await;
                assert_eq!(found.unwrap().as_deref(), Some(&rows[..]), "{round}");
            }
            let after = Some(Place { value, key: "ada".into() });
            let (conditions, is_descending) = (vec![], false);
            let page = Select::Page { conditions, order: Some(0), is_descending, after, limit: 1 };
            let found = models.rows(&table, &page, &FENCE).await;
            assert_eq!(found.unwrap().as_deref(), Some(&rows[1..]));
            let mut tx = models.begin().await.unwrap();
            assert_eq!(tx.scan(&table, "", 10).await.unwrap(), rows);
        }
    }
}

/// While a program is replaced by the next, the old one still asks for the table as it was.
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_table_as_it_was_is_told_that_the_record_has_changed() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    make(&models, &statement(), "1", &[row("ada", "ada")]).await;
    let other = table("statement", &[("i_owner", ValueKind::Integer)]);
    let unchanged = RecordIn { content: "2", ..FENCE };
    make(&models, &other, "2", &[]).await;
    for order in [None, Some(0), Some(1)] {
        assert_eq!(models.rows(&statement(), &everything(order), &FENCE).await.unwrap(), None);
        let refused = models.rows(&statement(), &everything(order), &unchanged).await.unwrap_err();
        assert_invalid(&refused, &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plans_of_the_application_are_its_own_while_the_transaction_is_lent() {
    let models = open(&fresh_settings()).await.read_models();
    for _ in 0..2 {
        let mut tx = models.begin().await.unwrap();
        for (is_lent, expected) in [(false, "off"), (true, "on"), (false, "off"), (true, "on")] {
            if is_lent {
                tx.lend().await.unwrap();
            }
            let show = sqlx::query_scalar("SHOW enable_seqscan");
            let shown: String = show.fetch_one(connection_of(&mut *tx)).await.unwrap();
            assert_eq!(shown, expected);
            if is_lent {
                tx.give_back().await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_in_a_transaction_wakes_readers_of_other_processes() {
    let settings = fresh_settings();
    let (here, there) = (open(&settings).await, open(&settings).await);
    let mut tx = here.read_models().begin().await.unwrap();
    tx.append(&one(&stream("ada"))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(soon(here.wait_past(Position::START)).await.unwrap(), position(1));
    assert_eq!(soon(there.wait_past(Position::START)).await.unwrap(), position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_before_anything_is_asked() {
    let models = open(&fresh_settings()).await.read_models();
    make(&models, &statement(), "1", &[]).await;
    let mut tx = models.begin().await.unwrap();
    let keys = |longest: usize| {
        ["".into(), "\0".into(), "a\n".into(), "a\u{85}".into(), "x".repeat(longest + 1)]
    };
    for key in keys(1_500) {
        assert_invalid(&models.record(AREA, &key).await.unwrap_err(), &["key"]);
        assert_invalid(&tx.record(AREA, &key).await.unwrap_err(), &["key"]);
        assert_invalid(&tx.swap(AREA, &key, None, Some("")).await.unwrap_err(), &["key"]);
        assert_invalid(&tx.remove(AREA, std::slice::from_ref(&key)).await.unwrap_err(), &["key"]);
        let unchanged = RecordIn { key: &key, ..FENCE };
        let refused = models.rows(&statement(), &everything(None), &unchanged).await;
        assert_invalid(&refused.unwrap_err(), &["key"]);
        let record = Record { key, content: "1".into() };
        assert_invalid(&tx.put(AREA, &[record]).await.unwrap_err(), &["key"]);
    }
    for area in keys(255) {
        assert_invalid(&models.record(&area, "it").await.unwrap_err(), &["area"]);
        assert_invalid(&models.records(&area, "", "", 1).await.unwrap_err(), &["area"]);
        assert_invalid(&tx.count(&area, "").await.unwrap_err(), &["area"]);
        assert_invalid(&tx.put(&area, &[]).await.unwrap_err(), &["area"]);
        let row = TableRow { key: area, ..row("", "") };
        assert_invalid(&tx.store(&statement(), &[row]).await.unwrap_err(), &["key of a row"]);
    }
    assert_invalid(&tx.swap(AREA, "it", None, Some("\0")).await.unwrap_err(), &["NUL"]);
    assert_invalid(&tx.put(AREA, &[record("\0")]).await.unwrap_err(), &["NUL"]);
    assert_invalid(&tx.store(&statement(), &[row("ada", "\0")]).await.unwrap_err(), &["NUL"]);
    for values in [
        vec![],
        vec![Value::Null; 3],
        vec![Value::Integer(1), Value::Null],
        vec![Value::Null, Value::Real(f64::NAN)],
        vec![Value::Null, Value::Real(f64::INFINITY)],
    ] {
        let row = TableRow { values, ..row("ada", "") };
        assert_invalid(&tx.store(&statement(), &[row]).await.unwrap_err(), &[]);
    }
    // It was not broken by any of that.
    tx.store(&statement(), &[row("ada", "ada")]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_is_invalid() {
    let settings = fresh_settings();
    let models = open(&settings).await.read_models();
    make(&models, &statement(), "1", &[]).await;
    let twice = [row("ada", "1"), row("ada", "2")];
    // Nothing that could be compressed.
    let long: String =
        (0..4_000_u32).filter_map(|n| char::from_u32(0x4e00 + n * 7919 % 20_000)).collect();
    for rows in
        [&twice[..], &[row("ada", &long)], &[TableRow { state: "{".into(), ..row("ada", "") }]]
    {
        let mut tx = models.begin().await.unwrap();
        assert_invalid(&tx.store(&statement(), rows).await.unwrap_err(), &[]);
        assert_invalid(&tx.commit().await.unwrap_err(), &["failed"]);
    }
    connect(&settings).await.run("CREATE VIEW theirs AS SELECT * FROM view_statement").await;
    let mut tx = models.begin().await.unwrap();
    assert_invalid(&tx.drop_table("statement").await.unwrap_err(), &[]);
    assert!(swap_alone(&models, "it", None, Some("1")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_has_tables_of_its_own_beside_each_log() {
    for settings in [fresh_settings(), fresh_settings()] {
        let models = open(&settings).await.read_models();
        let mut tx = models.begin().await.unwrap();
        let own: &mut PgTx = tx.as_any().downcast_mut().unwrap();
        assert_eq!(own.schema(), settings.schema);
        let create = format!("CREATE TABLE \"{}\".movement (cents BIGINT)", own.schema());
        own.lend().await.unwrap();
        sqlx::query(AssertSqlSafe(create)).execute(own.connection()).await.unwrap();
        own.give_back().await.unwrap();
        tx.commit().await.unwrap();
        open(&settings).await; // It is still a log, with one table more.
    }
}
