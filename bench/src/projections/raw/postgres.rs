//! By hand on PostgreSQL: on one connection, with prepared statements.

use std::{collections::HashMap, time::Instant};

use sqlx::{Acquire as _, PgConnection, Row as _, postgres::PgRow};

use super::{BATCH, Logged, Sum, Work, fold, keys, read_state, write_state};
use crate::{
    account::read_by_hand,
    figure,
    postgres::connect,
    projections::statement::{moved, text},
};

const CREATE: &str = include_str!("../../../sql/projections/create.sql");
const RESET: &str = include_str!("../../../sql/projections/reset.sql");
const READ_BATCH: &str = include_str!("../../../sql/projections/read_batch.sql");
const LOAD_ROWS: &str = include_str!("../../../sql/projections/load_rows.sql");
const STORE_ROWS: &str = include_str!("../../../sql/projections/store_rows.sql");
const COUNT_MOVEMENT: &str = include_str!("../../../sql/projections/count_movement.sql");
const MOVE_CHECKPOINT: &str = include_str!("../../../sql/projections/move_checkpoint.sql");
const SUM_OURS: &str = include_str!("../../../sql/projections/sum_ours.sql");
const SUM_RAW: &str = include_str!("../../../sql/projections/sum_raw.sql");
const SUM_MOVEMENTS: &str = include_str!("../../../sql/projections/sum_movements.sql");

/// Makes the tables.
pub(crate) async fn create(url: &str) {
    run(url, CREATE).await;
    reset(url).await;
}

pub(crate) async fn reset(url: &str) {
    run(url, RESET).await;
}

async fn run(url: &str, statements: &'static str) {
    let run = sqlx::raw_sql(statements).execute(&mut connect(url).await).await;
    run.expect("the server does what it is told");
}

pub(crate) async fn sum(url: &str, sum: Sum) -> i64 {
    let statement = match sum {
        Sum::Ours => SUM_OURS,
        Sum::Raw => SUM_RAW,
        Sum::Movements => SUM_MOVEMENTS,
    };
    let summed = sqlx::query_scalar(statement).fetch_one(&mut connect(url).await).await;
    summed.expect("there is such a table")
}

/// Works through the log from position 0: how many events a second.
pub(crate) async fn build(url: &str, work: Work) -> f64 {
    let mut connection = connect(url).await;
    let start = Instant::now();
    let (mut after, mut events) = (0_i64, 0);
    loop {
        let mut tx = connection.begin().await.expect("nothing is in the way");
        let read = sqlx::query(READ_BATCH).bind(after).bind(BATCH).fetch_all(&mut *tx).await;
        let rows = read.expect("it can be read");
        let Some(last) = rows.last() else { break };
        let through = last.get(0);
        let batch: Vec<_> = rows.iter().map(logged).collect();
        match work {
            // Over a network nobody would write row by row.
            Work::View | Work::ViewByRow => write_rows(&mut tx, &batch).await,
            Work::Statements => write_each(&mut tx, &batch).await,
        }
        let moved = sqlx::query(MOVE_CHECKPOINT).bind(after).bind(through).execute(&mut *tx).await;
        assert_eq!(moved.expect("nothing is in the way").rows_affected(), 1, "nobody else does");
        tx.commit().await.expect("nothing is in the way");
        (after, events) = (through, events + batch.len());
    }
    figure(u64::try_from(events).unwrap_or_default()) / start.elapsed().as_secs_f64()
}

fn logged(row: &PgRow) -> Logged<'_> {
    Logged { stream: row.get(1), event_type: row.get(2), payload: row.get(3) }
}

async fn write_rows(connection: &mut PgConnection, batch: &[Logged<'_>]) {
    let keys = keys(batch);
    let load = sqlx::query(LOAD_ROWS).bind(&keys).fetch_all(&mut *connection).await;
    let stored = load.expect("nothing is in the way");
    let stored = stored.iter().map(|row| (row.get(0), read_state(row.get(1))));
    let mut states: HashMap<&str, _> = stored.collect();
    fold(batch, &mut states);
    let states: Vec<_> = keys.iter().map(|key| &states[key]).collect();
    let store = sqlx::query(STORE_ROWS)
        .bind(&keys)
        .bind(states.iter().map(|state| write_state(state)).collect::<Vec<_>>())
        .bind(states.iter().map(|state| state.total).collect::<Vec<_>>())
        .bind(states.iter().map(|state| state.last.as_str()).collect::<Vec<_>>());
    store.execute(connection).await.expect("nothing is in the way");
}

async fn write_each(connection: &mut PgConnection, batch: &[Logged<'_>]) {
    for logged in batch {
        let event = read_by_hand(logged.event_type, logged.payload);
        let count = sqlx::query(COUNT_MOVEMENT).bind(logged.stream);
        let count = count.bind(moved(&event)).bind(text(&event));
        count.execute(&mut *connection).await.expect("nothing is in the way");
    }
}
