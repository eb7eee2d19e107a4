//! Each statement finds what it is asked for by an index, however many events there are.

use sqlx::{AssertSqlSafe, Row};

use crate::{
    database::{Directory, open},
    sql::Sql,
};

const FILL: &str = include_str!("fill_log.sql");

/// A statement that looks at events or records, how each table in it is found, and whether it may sort.
struct Question {
    name: &'static str,
    text: &'static str,
    found: &'static [&'static str],
    may_sort: bool,
}

macro_rules! question {
    ($name:literal, $found:expr, $may_sort:expr) => {
        Question {
            name: $name,
            text: include_str!(concat!("../../sql/", $name, ".sql")),
            found: &$found,
            may_sort: $may_sort,
        }
    };
}

const QUESTIONS: [Question; 15] = [
    question!("read_log", ["USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"], false),
    question!(
        "read_stream",
        [
            "USING INDEX annals_event_stream_revision (stream=? AND revision>? AND revision<?)",
            "USING COVERING INDEX annals_event_stream_revision (stream=?)",
        ],
        false
    ),
    question!(
        "read_types",
        [
            "USING COVERING INDEX annals_event_type (type=? AND rowid>? AND rowid<?)",
            "USING INTEGER PRIMARY KEY (rowid=?)",
        ],
        false
    ),
    question!("read_payload", ["USING INTEGER PRIMARY KEY (rowid=?)"], false),
    question!("read_head", [], false),
    question!("locate_event", ["USING INDEX annals_event_id (id=?)"], false),
    question!("find_events", ["USING INDEX annals_event_id (id=?)"], true),
    question!(
        "find_ends",
        [
            "USING INTEGER PRIMARY KEY (rowid=?)",
            "USING COVERING INDEX annals_event_stream_revision (stream=? AND revision<?)",
        ],
        false
    ),
    question!(
        "look",
        [
            "USING COVERING INDEX annals_event_id (id=?)",
            "USING INTEGER PRIMARY KEY (rowid=?)",
            "USING COVERING INDEX annals_event_stream_revision (stream=?)",
        ],
        false
    ),
    question!("load_record", ["USING PRIMARY KEY (area=? AND key=?)"], false),
    question!("list_records", ["USING PRIMARY KEY (area=? AND key>? AND key<?)"], false),
    question!("count_records", ["USING PRIMARY KEY (area=? AND key>? AND key<?)"], false),
    question!("change_record", ["USING PRIMARY KEY (area=? AND key=?)"], false),
    question!("delete_record", ["USING PRIMARY KEY (area=? AND key=?)"], false),
    question!("remove_records", ["USING PRIMARY KEY (area=? AND key=?)"], false),
];

impl Question {
    async fn assert_planned(&self, sql: &mut Sql, about: &str) {
        let explain = format!("EXPLAIN QUERY PLAN {}", self.text);
        let rows = sqlx::query(AssertSqlSafe(explain)).persistent(false);
        let rows = rows.fetch_all(sql.connection()).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        let about = format!("{} {about}:\n{}", self.name, plan.join("\n"));
        for found in self.found {
            assert!(plan.iter().any(|line| line.ends_with(found)), "no {found} in {about}");
        }
        let tables = ["annals_event", "event", "last", "annals_record"];
        for line in &plan {
            let scans = tables.iter().any(|table| {
                *line == format!("SCAN {table}") || line.starts_with(&format!("SCAN {table} "))
            });
            assert!(!scans, "{line} in {about}");
            assert!(self.may_sort || !line.contains("TEMP B-TREE"), "{line} in {about}");
        }
        let searches =
            plan.iter().filter(|line| line.starts_with("SEARCH") && !line.contains("VIRTUAL"));
        for line in searches {
            let is_known = self.found.iter().any(|found| line.ends_with(found));
            assert!(
                is_known || self.name == "read_head" || line.ends_with("SEARCH annals_event"),
                "{line} in {about}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_find_what_they_are_asked_for_by_their_index() {
    let directory = Directory::new();
    let path = directory.join("log.db");
    let _store = open(&path).await;
    let mut sql = Sql::connect(&path).await;
    for (fill, about) in [
        ("SELECT 1", "of an empty log"),
        ("ANALYZE", "of an empty log that was analyzed"),
        (FILL, "of a long log that was analyzed when it was empty"),
        ("ANALYZE", "of a long log that was analyzed"),
        ("DELETE FROM sqlite_stat1", "of a long log that was not analyzed"),
    ] {
        sql.run(fill).await;
        // What was counted is read anew.
        let mut sql = Sql::connect(&path).await;
        for question in &QUESTIONS {
            question.assert_planned(&mut sql, about).await;
        }
    }
    assert_eq!(sql.ask::<i64>("SELECT max(position) FROM annals_event").await, 100_000);
}

/// By how much SQLite does: a whole log takes more than a hundred times as long, and is a multiple of what
/// is allowed here.
#[tokio::test(flavor = "multi_thread")]
async fn a_rare_type_is_found_without_reading_the_rest() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    let directory = Directory::new();
    let path = directory.join("log.db");
    let _store = open(&path).await;
    let mut sql = Sql::connect(&path).await;
    sql.run(FILL).await;
    let steps = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&steps);
    sql.connection().lock_handle().await.unwrap().set_progress_handler(1, move || {
        counter.fetch_add(1, Ordering::Relaxed);
        true
    });
    let read_types = include_str!("../../sql/read_types.sql");
    for (types, page, rows, most) in [
        (r#"["rare"]"#, 1024, 20, 2_000),
        (r#"["nowhere"]"#, 1024, 0, 500),
        (r#"["rare", "common-3"]"#, 64, 64, 6_000),
        (r#"["rare", "common-3", "nowhere"]"#, 64, 64, 6_000),
    ] {
        steps.store(0, Ordering::Relaxed);
        let query = sqlx::query(read_types).bind(0).bind(100_000).bind(page - 1).bind(types);
        let read = query.fetch_all(sql.connection()).await.unwrap().len();
        let steps = steps.load(Ordering::Relaxed);
        assert!(read >= rows && read <= rows + 20, "{read} of {types}");
        assert!((1..most).contains(&steps), "{steps} steps for {types}");
    }
}
