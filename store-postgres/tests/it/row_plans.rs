//! Each statement about read models finds what it is asked for by an index, however many rows there are: also
//! where others share the transaction, and for a table that nobody has analyzed.

use annals_core::{
    Comparison, Condition, ModelTx, Place, ReadModels, Record, RecordIn, Select, Table, TableRow,
    Value, ValueKind,
};
use annals_postgres::{PostgresSettings, PostgresStore};

use crate::{
    database::{connect, connection_of, fresh_settings, open},
    plans::touched,
    sql::Sql,
    words::{AREA, eventually, table},
};

const FILL: &str = include_str!("fill_rows.sql");

const FENCE: RecordIn<'_> = RecordIn { area: AREA, key: "statement", content: "1" };

/// Statements about records, what they are asked, and how many blocks are looked at, at most.
const ABOUT_RECORDS: [(&str, &str, u64); 9] = [
    (include_str!("../../sql/find_record.sql"), "'parked', 'view-7/1/000007'", 6),
    (include_str!("../../sql/find_records.sql"), "'parked', 'view-7/', 'view-70', '', 1000", 130),
    (include_str!("../../sql/find_records.sql"), "'parked', '', 'w', 'view-7/1/000007', 10", 20),
    (include_str!("../../sql/count_records.sql"), "'parked', 'view-7/', 'view-70'", 130),
    (include_str!("../../sql/change_record.sql"), "'checkpoint', 'view-7/1/0000', '{}', '{1}'", 12),
    (include_str!("../../sql/remove_record.sql"), "'checkpoint', 'view-7/1/0000', '{}'", 12),
    (include_str!("../../sql/make_record.sql"), "'checkpoint', 'new', '{}'", 40),
    (include_str!("../../sql/put_records.sql"), "'checkpoint', '{new,view-7/1/0000}', '{1,2}'", 60),
    (include_str!("../../sql/remove_records.sql"), "'checkpoint', '{new,view-7/1/0000}'", 30),
];

fn statement() -> Table {
    let columns = [
        ("i_number", ValueKind::Integer),
        ("i_owner", ValueKind::Text),
        ("plain", ValueKind::Integer),
    ];
    table("statement", &columns)
}

fn row(key: &str) -> TableRow {
    let values = vec![Value::Integer(7), Value::Text("owner-7".into()), Value::Null];
    TableRow { key: key.into(), state: "{}".into(), values }
}

/// Every hundredth key.
fn thousand() -> Vec<String> {
    (0..1_000).map(|n| format!("{:06}", n * 100 + 1)).collect()
}

async fn create(store: &PostgresStore) {
    let mut tx = store.read_models().begin().await.unwrap();
    tx.create_table(&statement()).await.unwrap();
    let content = FENCE.content.into();
    tx.put(AREA, &[Record { key: FENCE.key.into(), content }]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_find_records_by_their_keys() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    create(&store).await;
    let mut sql = connect(&settings).await;
    sql.run(FILL).await;
    sql.run("SET enable_seqscan = off; SET enable_bitmapscan = off").await;
    for analyze in ["SELECT 'nobody has analyzed'", "VACUUM ANALYZE record"] {
        sql.run(analyze).await;
        for about in &ABOUT_RECORDS {
            for kind in ["force_custom_plan", "force_generic_plan"] {
                assert_planned(&mut sql, &settings.schema, about, kind).await;
            }
        }
    }
    // As behind a pooler: without settings of ours, and with plans that are not kept.
    sql.run("RESET enable_seqscan; RESET enable_bitmapscan").await;
    for about in &ABOUT_RECORDS {
        assert_planned(&mut sql, &settings.schema, about, "force_custom_plan").await;
    }
}

async fn assert_planned(
    sql: &mut Sql,
    schema: &str,
    (text, arguments, blocks): &(&str, &str, u64),
    kind: &str,
) {
    let text = text.replace("annals", schema);
    sql.run(&format!("BEGIN; SET LOCAL plan_cache_mode = {kind}; PREPARE it AS {text}")).await;
    let explain =
        format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF) EXECUTE it({arguments})");
    sql.run("SAVEPOINT here").await;
    sql.column::<String>(&explain).await; // The first time, the catalogs are read, too.
    sql.run("ROLLBACK TO here").await;
    let plan = sql.column::<String>(&explain).await.join("\n");
    sql.run("ROLLBACK; DEALLOCATE it").await;
    let about = format!("{text}\n{arguments}\n{kind}\n{plan}");
    assert!(plan.contains("record_key") || plan.starts_with("Insert"), "{about}");
    assert!(!plan.contains("Seq Scan"), "{about}");
    let touched = touched(&plan);
    assert!((1..=*blocks).contains(&touched), "{touched} blocks: {about}");
}

/// How often the table was read as a whole, and how many blocks of it and of its indexes were looked at.
async fn cost_here(tx: &mut dyn ModelTx, schema: &str) -> (i64, i64) {
    let cost = format!(
        "SELECT pg_stat_get_xact_numscans('{schema}.view_statement'::regclass),
            sum(pg_stat_get_xact_blocks_fetched(it))::bigint
        FROM (
            SELECT '{schema}.view_statement'::regclass::oid AS it UNION ALL
            SELECT indexrelid FROM pg_index WHERE indrelid = '{schema}.view_statement'::regclass
        ) AS all_of_it"
    );
    let cost = sqlx::query_as(sqlx::AssertSqlSafe(cost)).persistent(false);
    cost.fetch_one(connection_of(tx)).await.unwrap()
}

/// Everything that a transaction is asked about a table.
async fn ask_everything(tx: &mut dyn ModelTx, keys: &[String]) {
    let statement = statement();
    tx.load(&statement, keys).await.unwrap();
    tx.scan(&statement, "050000", 100).await.unwrap();
    let rows: Vec<_> = keys.iter().map(|key| row(key)).collect();
    tx.store(&statement, &rows[..10]).await.unwrap();
    tx.unstore(&statement, &keys[..10]).await.unwrap();
}

/// Statements are prepared, and their plans kept, while there is nothing yet.
#[tokio::test(flavor = "multi_thread")]
async fn plans_made_for_an_empty_table_are_good_for_a_large_one() {
    let settings = PostgresSettings { connections: 1, ..fresh_settings() };
    let store = open(&settings).await;
    create(&store).await;
    let models = store.read_models();
    for _ in 0..10 {
        let mut tx = models.begin().await.unwrap();
        tx.lend().await.unwrap();
        tx.give_back().await.unwrap();
        ask_everything(&mut *tx, &thousand()).await;
        tx.commit().await.unwrap();
    }
    let mut sql = connect(&settings).await;
    sql.run(FILL).await;
    for analyze in ["SELECT 'nobody has analyzed'", "VACUUM ANALYZE view_statement"] {
        sql.run(analyze).await;
        let mut tx = models.begin().await.unwrap();
        tx.lend().await.unwrap();
        tx.give_back().await.unwrap();
        let (scans, before) = cost_here(&mut *tx, &settings.schema).await;
        ask_everything(&mut *tx, &thousand()).await;
        let (scans_after, after) = cost_here(&mut *tx, &settings.schema).await;
        assert_eq!(scans_after, scans, "the whole table was read");
        // Of a thousand rows, each in a block of its own, and found by three blocks of the index.
        assert!((1_000..6_000).contains(&(after - before)), "{} blocks", after - before);
    }
}

/// A page of rows, which index finds them, and how many blocks are looked at, at most.
type Question = (Select, &'static str, i64);

fn page(
    conditions: Vec<Condition>,
    order: Option<usize>,
    is_descending: bool,
    after: Option<Place>,
) -> Select {
    Select::Page { conditions, order, is_descending, after, limit: 50 }
}

fn questions() -> Vec<Question> {
    let place = |value: Value, key: &str| Some(Place { value, key: key.into() });
    let number = |number| Value::Integer(number);
    let is = |column, comparison, value| vec![Condition { column, comparison, value }];
    let owner = || is(1, Comparison::Equal, Value::Text("owner-7".into()));
    let (keys, numbers, owners) =
        ("key_of_statement", "index_1_of_statement", "index_2_of_statement");
    vec![
        (Select::Keys(thousand()), keys, 5_000),
        (page(vec![], None, false, None), keys, 60),
        (page(vec![], None, true, place(Value::Null, "050000")), keys, 60),
        (page(vec![], Some(0), false, None), numbers, 60),
        (page(vec![], Some(0), true, None), numbers, 60),
        (page(vec![], Some(0), false, place(number(50_001), "050001")), numbers, 70),
        (page(vec![], Some(0), true, place(number(50_001), "050001")), numbers, 130),
        (page(vec![], Some(0), false, place(Value::Null, "050000")), numbers, 130),
        (page(vec![], Some(0), true, place(Value::Null, "050000")), numbers, 70),
        (page(is(0, Comparison::Above, number(90_000)), Some(0), false, None), numbers, 70),
        (page(is(0, Comparison::Equal, number(90_001)), None, false, None), numbers, 20),
        (page(owner(), None, false, place(Value::Null, "050000")), owners, 70),
        (page(owner(), Some(1), true, None), owners, 70),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_rows_are_found_by_the_index_of_the_column_they_are_ordered_by() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    create(&store).await;
    let mut sql = connect(&settings).await;
    sql.run(FILL).await;
    for analyze in ["SELECT 'nobody has analyzed'", "VACUUM ANALYZE view_statement"] {
        sql.run(analyze).await;
        for question in questions() {
            assert_found(&settings, &mut sql, &question).await;
        }
    }
}

/// What the server has counted of a table or an index.
async fn counted(sql: &mut Sql, count: &str, of: &str) -> i64 {
    sql.ask(&format!("SELECT pg_stat_get_{count}('{of}'::regclass)")).await
}

/// How many blocks of the table and its indexes were looked at, by anybody.
async fn blocks(sql: &mut Sql) -> i64 {
    let blocks = "SELECT sum(pg_stat_get_blocks_fetched(it))::bigint FROM (
                      SELECT 'view_statement'::regclass::oid AS it UNION ALL
                      SELECT indexrelid FROM pg_index WHERE indrelid = 'view_statement'::regclass
                  ) AS all_of_it";
    sql.ask(blocks).await
}

/// How a question is answered that is asked six times: often enough for its plan to be kept.
async fn assert_found(
    settings: &PostgresSettings,
    sql: &mut Sql,
    (select, index, most): &Question,
) {
    let times = 6;
    let store = open(&PostgresSettings { connections: 1, ..settings.clone() }).await;
    sql.run("SELECT pg_stat_force_next_flush()").await;
    let scans = counted(sql, "numscans", "view_statement").await;
    let (searches, before) = (counted(sql, "numscans", index).await, blocks(sql).await);
    for _ in 0..times {
        let rows = store.read_models().rows(&statement(), select, &FENCE).await.unwrap().unwrap();
        assert!(!rows.is_empty(), "{select:?}");
    }
    drop(store); // With its connections, it leaves behind what is counted of them.
    eventually(async || counted(sql, "numscans", index).await >= searches + times).await;
    assert_eq!(counted(sql, "numscans", "view_statement").await, scans, "{select:?}");
    let blocks = (blocks(sql).await - before) / times;
    assert!((1..=*most).contains(&blocks), "{blocks} blocks: {select:?}");
}
