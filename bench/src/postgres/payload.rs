//! What the type of the payload's column costs, by hand: `bytea`, `json`, `jsonb`.

use std::time::Instant;

use futures::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row as _, SqlSafeStr, SqlStr};
use uuid::Uuid;

use crate::{
    account::{deposited, new_event},
    figure,
    postgres::{BENCH, server::Bed},
    rounds::{ROUND, Rounds},
    table::Row,
};

const CREATE: &str = include_str!("../../sql/create_payload.sql");
const DROP: &str = include_str!("../../sql/drop_payload.sql");
const INSERT: &str = include_str!("../../sql/insert_payloads.sql");
const SELECT: &str = include_str!("../../sql/select_payloads.sql");
const MEASURE: &str = include_str!("../../sql/measure_payload.sql");

/// How many events are inserted by one statement.
const TOGETHER: u32 = 64;

/// A type of the column, by its name.
#[derive(Clone, Copy)]
struct Column(&'static str);

const COLUMNS: [Column; 3] = [Column("bytea"), Column("json"), Column("jsonb")];

/// What came of a round of one type.
struct Round {
    inserted: f64, // events/s
    size: f64,     // bytes/event
    read: f64,     // events/s
}

pub(crate) async fn rows() -> Vec<Row> {
    let mut bed = Bed::new().await;
    let mut connection = bed.connect().await;
    let mut inserted = Rounds::new("insert into bytea, json, jsonb", "events/s");
    let mut size = Rounds::new("size of bytea, json, jsonb", "bytes/event");
    let mut read = Rounds::new("read from bytea, json, jsonb", "events/s");
    while inserted.begin() && size.begin() && read.begin() {
        let mut rounds = Vec::new();
        for column in COLUMNS {
            bed.checkpoint().await;
            rounds.push(column.round(&mut connection).await);
        }
        let figures = |of: fn(&Round) -> f64| [of(&rounds[0]), of(&rounds[1]), of(&rounds[2])];
        inserted.end(figures(|round| round.inserted));
        size.end(figures(|round| round.size));
        read.end(figures(|round| round.read));
    }
    let row = |work: &str, unit, rounds: &Rounds<3>, other: usize| {
        let work = format!("{work}: bytea, beside {}", COLUMNS[other].0);
        Row::of_pair(BENCH, &work, unit, &rounds.pair(0, other), None)
    };
    let of_other = |other| {
        [
            row("insert 64 events at once", "events/s", &inserted, other),
            row("size of the table", "bytes/event", &size, other),
            row("read by a streamed SELECT", "events/s", &read, other),
        ]
    };
    [1, 2].into_iter().flat_map(of_other).collect()
}

impl Column {
    /// Inserts for a while into an empty table, and reads all of it.
    async fn round(self, connection: &mut PgConnection) -> Round {
        run(connection, self.statement(CREATE)).await;
        let start = Instant::now();
        let mut events = 0;
        while start.elapsed() < ROUND {
            self.insert(connection, events).await;
            events += i64::from(TOGETHER);
        }
        let count = figure(events.unsigned_abs());
        let inserted = count / start.elapsed().as_secs_f64();
        let size = sqlx::query_scalar(MEASURE).bind(events).fetch_one(&mut *connection).await;
        let size = size.expect("it can be measured");

        let start = Instant::now();
        let mut read = 0;
        // Its plan may not outlive the table.
        let select = sqlx::query(SELECT).persistent(false);
        let mut rows = select.fetch(&mut *connection);
        while let Some(row) = rows.try_next().await.expect("it can be read") {
            let payload = row.try_get_raw(8).expect("there is such a column");
            std::hint::black_box(payload.as_bytes().map(<[u8]>::len).expect("it is not null"));
            read += 1;
        }
        drop(rows);
        assert_eq!(read, events, "all of it");
        let read = count / start.elapsed().as_secs_f64();
        run(connection, DROP.into_sql_str()).await;
        Round { inserted, size, read }
    }

    async fn insert(self, connection: &mut PgConnection, after: i64) {
        let events: Vec<_> = (0..TOGETHER)
            .map(|n| new_event(&deposited(after.unsigned_abs() + u64::from(n))))
            .collect();
        let ids: Vec<Uuid> = events.iter().map(|event| event.id().0).collect();
        let query = sqlx::query(self.statement(INSERT)).bind(after).bind(ids);
        let payloads = events.iter().map(annals::NewEvent::payload);
        let query = match self.0 {
            "bytea" => query.bind(payloads.map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>()),
            _ => {
                let text = |it: &annals::Payload| it.as_text().expect("JSON is text").to_owned();
                query.bind(payloads.map(text).collect::<Vec<_>>())
            }
        };
        query.execute(connection).await.expect("nothing is in the way");
    }

    /// A statement that is written for `bytea`, for this type: it is given as text.
    fn statement(self, text: &'static str) -> SqlStr {
        match self.0 {
            "bytea" => text.into_sql_str(),
            other => {
                let text = text.replace("bytea[]", "text[]").replace("bytea", other);
                AssertSqlSafe(text).into_sql_str()
            }
        }
    }
}

async fn run(connection: &mut PgConnection, statements: SqlStr) {
    sqlx::raw_sql(statements).execute(connection).await.expect("the server does what it is told");
}
