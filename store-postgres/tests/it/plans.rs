//! Each statement finds what it is asked for by an index, however many events there are.

use annals_core::{
    Append, EventStore,
    Expected::{Any, At},
    Revision, StreamAppend,
};
use annals_postgres::{PostgresSettings, PostgresStore};
use futures::{StreamExt, TryStreamExt, future::ready};

use crate::{
    database::{connect, fresh_settings, open_at, url},
    sql::Sql,
    words::{append, events, eventually, of_type, one, revision, stream, whole_stream},
};

const FILL: &str = include_str!("fill_log.sql");

/// What the server has counted of the table.
const INSERTED: &str = "SELECT n_tup_ins FROM pg_stat_user_tables
                        WHERE relid = 'event'::regclass";
const SCANNED: &str = "SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'event'::regclass";
const TOUCHED: &str = "SELECT heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit
                       FROM pg_statio_user_tables WHERE relid = 'event'::regclass";

/// How many blocks of the table and its indexes this transaction has looked at.
const TOUCHED_HERE: &str = "SELECT sum(pg_stat_get_xact_blocks_fetched(it))::bigint FROM (
                                SELECT 'event'::regclass::oid AS it UNION ALL
                                SELECT indexrelid FROM pg_index WHERE indrelid = 'event'::regclass
                            ) AS all_of_it";

/// A statement, with what it is asked here.
struct Question {
    text: &'static str,
    arguments: &'static str,
    /// The index that finds the answer.
    index: &'static str,
    /// How many blocks of the table and its indexes are looked at, at most.
    blocks: u64,
}

/// The second argument of what reads is where the log ends, as a reading has it that goes on.
const QUESTIONS: [Question; 22] = [
    Question {
        text: include_str!("../../sql/read_stream.sql"),
        arguments: "'test:7', 0, 9223372036854775807, 8192",
        index: "event_stream_revision",
        blocks: 60, // For 20 events, each in a block of its own.
    },
    Question {
        text: include_str!("../../sql/read_stream.sql"),
        arguments: "'test:long', 50000, 9223372036854775807, 100",
        index: "event_stream_revision",
        blocks: 130,
    },
    Question {
        text: include_str!("../../sql/read_stream.sql"),
        arguments: "'test:long', 99990, 9223372036854775807, 8192",
        index: "event_stream_revision",
        blocks: 30,
    },
    Question {
        text: include_str!("../../sql/read_stream.sql"),
        arguments: "'test:7', 15, 18, 8192",
        index: "event_stream_revision",
        blocks: 20,
    },
    Question {
        text: include_str!("../../sql/read_stream_page.sql"),
        arguments: "'test:long', 50000, 100000, 100",
        index: "event_stream_revision",
        blocks: 130,
    },
    Question {
        text: include_str!("../../sql/read_stream_page.sql"),
        arguments: "'test:7', 15, 18, 8192",
        index: "event_stream_revision",
        blocks: 20,
    },
    Question {
        text: include_str!("../../sql/read_log.sql"),
        arguments: "150000, 9223372036854775807, 100",
        index: "event_position",
        blocks: 30,
    },
    Question {
        text: include_str!("../../sql/read_log.sql"),
        arguments: "200000, 9223372036854775807, 8192",
        index: "event_position",
        blocks: 20,
    },
    Question {
        text: include_str!("../../sql/read_log_page.sql"),
        arguments: "150000, 200000, 100",
        index: "event_position",
        blocks: 30,
    },
    Question {
        text: include_str!("../../sql/read_log_page.sql"),
        arguments: "199999, 200001, 8192", // The log does not go as far as that.
        index: "event_position",
        blocks: 8,
    },
    Question {
        text: include_str!("../../sql/read_types.sql"),
        arguments: "0, 9223372036854775807, 8192, '{rare}'",
        index: "event_type_position",
        blocks: 60, // For 20 events.
    },
    Question {
        text: include_str!("../../sql/read_types.sql"),
        arguments: "100000, 200000, 64, '{common-3,rare,nowhere}'",
        index: "event_type_position",
        blocks: 150, // For 64 and 10 events.
    },
    Question {
        text: include_str!("../../sql/read_types.sql"),
        arguments: "0, 200000, 8192, '{rare,common-3}'",
        index: "event_type_position",
        blocks: 10_000, // For 20 and 8,192 events.
    },
    Question {
        text: include_str!("../../sql/read_types.sql"),
        arguments: "199998, 9223372036854775807, 819,
            '{common-0,common-1,common-2,common-3,common-4,common-5,common-6,common-7,common-8,rare}'",
        index: "event_type_position",
        blocks: 60,
    },
    Question {
        text: include_str!("../../sql/locate_event.sql"),
        arguments: "md5('777')::uuid, 'test:777'",
        index: "event_id",
        blocks: 8,
    },
    Question {
        text: include_str!("../../sql/find_events.sql"),
        arguments: "ARRAY[md5('1'), md5('100000'), md5('200000'), md5('none')]::uuid[]",
        index: "event_id",
        blocks: 30,
    },
    Question {
        text: include_str!("../../sql/find_ends.sql"),
        arguments: "'{test:1,test:long,nobody}', '{9223372036854775807,7,7}'",
        index: "event_stream_revision",
        blocks: 25,
    },
    Question {
        text: include_str!("../../sql/read_head.sql"),
        arguments: "",
        index: "event_position",
        blocks: 8,
    },
    Question {
        text: include_str!("../../sql/append_one.sql"),
        arguments: "'test:long', 100000, NULL, NULL, gen_random_uuid(), 'noted', 1, NULL, '{}', 0",
        index: "event_stream_revision",
        blocks: 60,
    },
    Question {
        text: include_str!("../../sql/append_one.sql"),
        arguments: "'test:7', -1, NULL, NULL, gen_random_uuid(), 'noted', 1, NULL, '{}', 200000",
        index: "event_id",
        blocks: 60,
    },
    Question {
        text: include_str!("../../sql/append_one.sql"),
        arguments: "'test:nobody', -1, NULL, NULL, gen_random_uuid(), 'noted', 1, NULL, '{}', 0",
        index: "event_position",
        blocks: 60,
    },
    Question {
        text: include_str!("../../sql/load_snapshot.sql"),
        arguments: "'test:7', 'shape', 1",
        index: "snapshot_key",
        blocks: 4,
    },
];

/// The settings with which the store asks. There, as here, plans are kept: for any arguments, and made for
/// the first few.
async fn connect_as_store(settings: &PostgresSettings) -> Sql {
    let mut sql = connect(settings).await;
    sql.run("SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off").await;
    sql
}

impl Question {
    /// How the statement is answered, with as few blocks as it should, by a plan of this kind.
    async fn assert_planned(&self, sql: &mut Sql, schema: &str, kind: &str) {
        let Self { text, arguments, index, blocks } = self;
        let text = text.replace("annals", schema);
        let execute = if arguments.is_empty() { "it".into() } else { format!("it({arguments})") };
        sql.run(&format!("BEGIN; SET LOCAL plan_cache_mode = {kind}; PREPARE it AS {text}")).await;
        let explain =
            format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF) EXECUTE {execute}");
        sql.column::<String>(&explain).await; // The first time, the catalogs are read, too.
        let plan = sql.column::<String>(&explain).await.join("\n");
        sql.run("ROLLBACK; DEALLOCATE it").await;

        let about = format!("{text}\n{arguments}\n{kind}\n{plan}");
        assert!(plan.contains(index), "not by {index}: {about}");
        assert!(!plan.contains("Seq Scan") && !plan.contains("Bitmap"), "{about}");
        let touched = touched(&plan);
        assert!((1..=*blocks).contains(&touched), "{touched} blocks: {about}");
    }
}

/// How many blocks were looked at: what the first node says counts all others.
pub(crate) fn touched(plan: &str) -> u64 {
    let buffers = plan.lines().find_map(|line| line.trim().strip_prefix("Buffers: shared "));
    let counts = buffers.unwrap_or_default().split(' ').filter_map(|it| it.split_once('='));
    let counts = counts.filter(|(name, _)| ["hit", "read"].contains(name));
    counts.map(|(_, count)| count.parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_find_what_they_are_asked_for_by_their_index() {
    let settings = fresh_settings();
    let store = open_at(&url(), &settings).await;
    let mut sql = connect_as_store(&settings).await;
    sql.run(FILL).await;
    for analyze in ["SELECT 'nobody has analyzed'", "VACUUM ANALYZE event"] {
        sql.run(analyze).await;
        for question in &QUESTIONS {
            for kind in ["force_custom_plan", "force_generic_plan"] {
                question.assert_planned(&mut sql, &settings.schema, kind).await;
            }
        }
        assert_appends_are_cheap(&store, &settings).await;
    }
}

/// On a connection as an application has it: an append brings its own settings.
async fn assert_appends_are_cheap(store: &PostgresStore, settings: &PostgresSettings) {
    let mut sql = connect(settings).await;
    let part = |id: &str| StreamAppend { stream: stream(id), expected: Any, events: events(1) };
    let several = vec![part("long"), part("7"), part("nobody")];
    let several = Append::to_streams(several).unwrap();
    let at = append(&stream("long"), At(revision(100_000)), events(1));
    for (append, blocks) in [(&at, 40), (&several, 100)] {
        sql.run("BEGIN").await;
        store.append_in(sql.connection(), &one(&stream("3"))).await.unwrap();
        let before: i64 = sql.ask(TOUCHED_HERE).await;
        store.append_in(sql.connection(), append).await.unwrap();
        let touched = sql.ask::<i64>(TOUCHED_HERE).await - before;
        assert!((1..=blocks).contains(&touched), "{touched} blocks for {append:?}");
        let scans = "SELECT pg_stat_get_xact_numscans('event'::regclass)";
        assert_eq!(sql.ask::<i64>(scans).await, 0, "{append:?}");
        sql.run("ROLLBACK").await;
    }
}

/// Statements are prepared, and their plans kept, while there is nothing yet.
#[tokio::test(flavor = "multi_thread")]
async fn plans_made_for_an_empty_log_are_good_for_a_long_one() {
    let settings = PostgresSettings { connections: 1, ..fresh_settings() };
    let url = format!("{}?application_name={}", url(), settings.schema);
    let store = open_at(&url, &settings).await;
    let mut sql = connect(&settings).await;
    for _ in 0..10 {
        ask_for_everything(&store).await;
    }
    let mut filler = connect(&settings).await;
    filler.run(FILL).await;
    drop(filler);
    eventually(async || sql.ask::<i64>(INSERTED).await >= 200_000).await;
    let before: i64 = sql.ask(TOUCHED).await;

    ask_for_everything(&store).await;

    // To make an index, too, the table is read.
    let indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'event'::regclass";
    let indexes: i64 = sql.ask(indexes).await;
    drop(store); // With its connections, it leaves behind what is counted of them.
    let inserted = 200_000 + 11;
    eventually(async || sql.ask::<i64>(INSERTED).await >= inserted).await;
    assert_eq!(sql.ask::<i64>(SCANNED).await, indexes, "the whole table was read");
    let touched = sql.ask::<i64>(TOUCHED).await - before;
    assert!(touched < 2_000, "{touched} blocks");
}

async fn ask_for_everything(store: &PostgresStore) {
    let ada = stream("ada");
    let next = one(&ada);
    store.append(&next).await.unwrap();
    let id = next.events().next().unwrap().id();
    assert!(store.locate(&ada, id).await.unwrap().is_some());
    assert!(store.append(&next).await.unwrap().repeated);
    whole_stream(store, "ada").await;
    whole_stream(store, "7").await;
    of_type(store, "rare").await;
    // A page or two, of which there are many.
    let first = store.read_stream(&stream("long"), Revision::START).take(1_000);
    first.try_for_each(|_| ready(Ok(()))).await.unwrap();
}
