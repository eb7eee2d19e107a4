//! Rows into a log: one command each, in their order within an application, side by side across them.

mod lane;
mod tally;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use annals::{Annals, Position, Runs};
use tokio::{sync::mpsc, task::JoinSet};

use self::lane::Lane;
pub(crate) use self::tally::{LISTED, Tally};
use super::{
    Failure,
    models::Models,
    progress,
    source::{Row, Rows, Source},
};

/// How many applications are worked on at once, at most: appends that come together are recorded together.
const LANES: usize = 512;

/// How many rows may wait for a lane. More are not read.
const WAITING: usize = 64;

/// How an import is done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// Stop at the first row that is bad or refused.
    pub(crate) is_strict: bool,
    /// Write what applications are now in the transactions that append.
    pub(crate) is_inline: bool,
}

/// Imports all rows of `source`.
pub(crate) async fn import(annals: &Annals, source: &Source, how: How) -> Result<Tally, Failure> {
    import_rows(annals, source.open()?, how).await
}

/// Imports rows, while the read models follow; waits until they have caught up.
pub(crate) async fn import_rows(annals: &Annals, rows: Rows, how: How) -> Result<Tally, Failure> {
    let models = Models::new(annals);
    let annals = match how.is_inline {
        true => annals.inline([models.present.runner()]).await?,
        false => annals.clone(),
    };
    let running = models.follow(&annals, how.is_inline).await?;
    let began = Instant::now();
    let mut tally = send(&annals, rows, how).await?;
    tally.took = began.elapsed();
    let began = Instant::now();
    catch_up(&running, tally.position).await?;
    tally.caught_up = began.elapsed();
    running.stop().await?;
    Ok(tally)
}

/// Waits until everything up to there is in the read models.
pub(crate) async fn catch_up(running: &Runs, position: Position) -> Result<(), Failure> {
    if position > Position::START {
        running.wait_for(position, Duration::from_secs(600)).await?;
    }
    Ok(())
}

async fn send(annals: &Annals, rows: Rows, how: How) -> Result<Tally, Failure> {
    let (mut lanes, mut senders) = (JoinSet::new(), Vec::with_capacity(LANES));
    let stop = Arc::new(AtomicBool::new(false));
    let progress = progress::Rows::default();
    for _ in 0..LANES {
        let (sender, waiting) = mpsc::channel(WAITING);
        senders.push(sender);
        let lane = Lane {
            annals: annals.clone(),
            file: rows.source.clone(),
            stop: Arc::clone(&stop),
            is_strict: how.is_strict,
            progress: progress.clone(),
        };
        lanes.spawn(lane.run(waiting));
    }
    let (is_strict, shown) = (how.is_strict, progress.clone());
    let stopped = Arc::clone(&stop);
    let reading = tokio::task::spawn_blocking(move || {
        let mut tally = Tally::default();
        read(rows, &senders, &stopped, is_strict, &shown, &mut tally);
        tally
    });

    let mut tally = Tally::default();
    while let Some(lane) = lanes.join_next().await {
        match lane? {
            Ok(its) => tally.add(its),
            Err(error) => {
                stop.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
    }
    tally.add(reading.await?);
    progress.end();
    Ok(tally)
}

/// Reads rows and hands them to the lanes of their applications, which wait behind each other.
fn read(
    rows: Rows,
    lanes: &[mpsc::Sender<Row>],
    stop: &AtomicBool,
    is_strict: bool,
    progress: &progress::Rows,
    tally: &mut Tally,
) {
    progress.begin(&rows.read);
    for row in rows.rows {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        match row {
            Ok(row) => {
                tally.rows += 1;
                let lane = lane_of(&row.case, lanes.len());
                // A lane that is gone has failed, and says so itself.
                if lanes[lane].blocking_send(row).is_err() {
                    return;
                }
            }
            Err(bad) => {
                tally.rows += 1;
                tally.bad(bad);
                if is_strict {
                    return stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

/// FNV-1a, which is enough to spread cases evenly.
fn lane_of(case: &str, lanes: usize) -> usize {
    let hash = case.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    usize::try_from((hash ^ (hash >> 32)) % u64::try_from(lanes).unwrap_or(1)).unwrap_or(0)
}
