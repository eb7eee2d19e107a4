//! By hand on SQLite: on one connection to the same file, which is set up as that of the store.

use std::{collections::HashMap, path::Path, time::Instant};

use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{BATCH, Logged, Sum, Work, fold, keys, read_state, write_state};
use crate::{
    account::read_by_hand,
    figure,
    projections::statement::{Statement, moved, text},
    sqlite::connect,
};

const CREATE: &str = include_str!("../../../sql/sqlite/projections/create.sql");
const RESET: &str = include_str!("../../../sql/sqlite/projections/reset.sql");
const READ_BATCH: &str = include_str!("../../../sql/sqlite/projections/read_batch.sql");
const LOAD_ROWS: &str = include_str!("../../../sql/sqlite/projections/load_rows.sql");
const STORE_ROWS: &str = include_str!("../../../sql/sqlite/projections/store_rows.sql");
const STORE_ROW: &str = include_str!("../../../sql/sqlite/projections/store_row.sql");
const COUNT_MOVEMENT: &str = include_str!("../../../sql/sqlite/projections/count_movement.sql");
const MOVE_CHECKPOINT: &str = include_str!("../../../sql/sqlite/projections/move_checkpoint.sql");
const SUM_OURS: &str = include_str!("../../../sql/sqlite/projections/sum_ours.sql");
const SUM_RAW: &str = include_str!("../../../sql/sqlite/projections/sum_raw.sql");
const SUM_MOVEMENTS: &str = include_str!("../../../sql/sqlite/projections/sum_movements.sql");

const BEGIN: &str = "BEGIN IMMEDIATE";

/// Makes the tables.
pub(crate) async fn create(log: &Path) {
    run(log, CREATE).await;
    reset(log).await;
}

pub(crate) async fn reset(log: &Path) {
    run(log, RESET).await;
}

async fn run(log: &Path, statements: &'static str) {
    let run = sqlx::raw_sql(statements).execute(&mut connect(log).await).await;
    run.expect("SQLite does what it is told");
}

pub(crate) async fn sum(log: &Path, sum: Sum) -> i64 {
    let statement = match sum {
        Sum::Ours => SUM_OURS,
        Sum::Raw => SUM_RAW,
        Sum::Movements => SUM_MOVEMENTS,
    };
    let summed = sqlx::query_scalar(statement).fetch_one(&mut connect(log).await).await;
    summed.expect("there is such a table")
}

/// Works through the log from position 0: how many events a second.
pub(crate) async fn build(log: &Path, work: Work) -> f64 {
    let mut connection = connect(log).await;
    let start = Instant::now();
    let (mut after, mut events) = (0_i64, 0);
    loop {
        let mut tx = connection.begin_with(BEGIN).await.expect("nothing is in the way");
        let read = sqlx::query(READ_BATCH).bind(after).bind(BATCH).fetch_all(&mut *tx).await;
        let rows = read.expect("it can be read");
        let Some(last) = rows.last() else { break };
        let through = last.get(0);
        let batch: Vec<_> = rows.iter().map(logged).collect();
        match work {
            Work::View | Work::ViewByRow => write_rows(&mut tx, &batch, work).await,
            Work::Statements => write_each(&mut tx, &batch).await,
        }
        let moved = sqlx::query(MOVE_CHECKPOINT).bind(after).bind(through).execute(&mut *tx).await;
        assert_eq!(moved.expect("nothing is in the way").rows_affected(), 1, "nobody else does");
        tx.commit().await.expect("nothing is in the way");
        (after, events) = (through, events + batch.len());
    }
    figure(u64::try_from(events).unwrap_or_default()) / start.elapsed().as_secs_f64()
}

fn logged(row: &SqliteRow) -> Logged<'_> {
    Logged { stream: row.get(1), event_type: row.get(2), payload: row.get(3) }
}

async fn write_rows(connection: &mut SqliteConnection, batch: &[Logged<'_>], work: Work) {
    let keys = keys(batch);
    let load = sqlx::query(LOAD_ROWS).bind(json(&keys)).fetch_all(&mut *connection).await;
    let stored = load.expect("nothing is in the way");
    let stored = stored.iter().map(|row| (row.get(0), read_state(row.get(1))));
    let mut states: HashMap<&str, Statement> = stored.collect();
    fold(batch, &mut states);
    if work == Work::View {
        let row = |key| {
            let state: &Statement = &states[key];
            (key, write_state(state), state.total, state.last.as_str())
        };
        let rows: Vec<_> = keys.iter().map(|key| row(*key)).collect();
        let store = sqlx::query(STORE_ROWS).bind(json(&rows)).execute(connection).await;
        store.expect("nothing is in the way");
        return;
    }
    for key in keys {
        let state = &states[key];
        let store = sqlx::query(STORE_ROW).bind(key).bind(write_state(state));
        let store = store.bind(state.total).bind(state.last.as_str());
        store.execute(&mut *connection).await.expect("nothing is in the way");
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("it is made of numbers and texts")
}

async fn write_each(connection: &mut SqliteConnection, batch: &[Logged<'_>]) {
    for logged in batch {
        let event = read_by_hand(logged.event_type, logged.payload);
        let count = sqlx::query(COUNT_MOVEMENT).bind(logged.stream);
        let count = count.bind(moved(&event)).bind(text(&event));
        count.execute(&mut *connection).await.expect("nothing is in the way");
    }
}
