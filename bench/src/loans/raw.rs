//! The same rows by hand: into one table, in batches of which each is a transaction.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    time::{Duration, Instant},
};

use csv::{Reader, StringRecord};
use flate2::bufread::MultiGzDecoder;

use crate::{postgres, sqlite};

const CREATE: &str = include_str!("../../sql/loans/create.sql");
const DROP: &str = include_str!("../../sql/loans/drop.sql");
const INSERT: &str = include_str!("../../sql/loans/insert.sql");
const INSERT_SQLITE: &str = include_str!("../../sql/sqlite/loans/insert.sql");

/// How many rows go together.
const BATCH: usize = 1_000;

/// The columns that are written, in this order.
const COLUMNS: [&str; 8] = [
    "timestamp",
    "case_id",
    "event_in_case",
    "amount_requested",
    "registered_at",
    "activity",
    "lifecycle",
    "resource",
];

/// How many rows there are.
pub(super) fn count(log: &Path) -> u64 {
    Batches::of(log).map(|rows| u64::try_from(rows.len()).unwrap_or_default()).sum()
}

pub(super) async fn into_postgres(log: &Path, url: &str) -> Duration {
    let mut connection = postgres::connect(url).await;
    for statement in [DROP, CREATE] {
        let done = sqlx::raw_sql(statement).execute(&mut connection).await;
        done.expect("the server does what it is told");
    }
    let start = Instant::now();
    for rows in Batches::of(log) {
        let mut query = sqlx::query(INSERT);
        for column in 0..COLUMNS.len() {
            query = query.bind(rows.iter().map(|row| row[column].clone()).collect::<Vec<_>>());
        }
        query.execute(&mut connection).await.expect("each row is there once");
    }
    start.elapsed()
}

pub(super) async fn into_sqlite(log: &Path, file: &Path) -> Duration {
    let mut connection = sqlite::connect(file).await;
    let created = sqlx::raw_sql(CREATE).execute(&mut connection).await;
    created.expect("SQLite does what it is told");
    let start = Instant::now();
    for rows in Batches::of(log) {
        let rows = serde_json::to_string(&rows).expect("they are texts");
        let inserted = sqlx::query(INSERT_SQLITE).bind(rows).execute(&mut connection).await;
        inserted.expect("each row is there once");
    }
    start.elapsed()
}

/// The rows of a log, so many at a time.
struct Batches {
    input: Reader<Box<dyn Read + Send>>,
    columns: [usize; 8],
}

impl Batches {
    fn of(log: &Path) -> Self {
        let file = BufReader::new(File::open(log).expect("the log can be read"));
        let is_packed = log.extension().is_some_and(|extension| extension == "gz");
        let input: Box<dyn Read + Send> =
            if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let mut input = Reader::from_reader(input);
        let header = input.headers().expect("it has a header");
        let place = |name: &str| header.iter().position(|its| its == name);
        let columns = COLUMNS.map(|name| place(name).expect("it has all columns"));
        Self { input, columns }
    }
}

impl Iterator for Batches {
    type Item = Vec<[String; 8]>;

    fn next(&mut self) -> Option<Vec<[String; 8]>> {
        let (mut rows, mut record) = (Vec::with_capacity(BATCH), StringRecord::new());
        while rows.len() < BATCH && self.input.read_record(&mut record).expect("it can be read") {
            rows.push(self.columns.map(|column| record[column].to_owned()));
        }
        (!rows.is_empty()).then_some(rows)
    }
}
