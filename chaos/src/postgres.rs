//! Runs on a PostgreSQL server of their own.

mod database;
mod dump;

use std::time::{Duration, Instant};

use annals_core::{EventStore, Filter, Position};
use annals_test_postgres::{Binaries, Server};
use futures::TryStreamExt;
use sqlx::{Connection, PgConnection, Row};
use tokio::time::{sleep, sleep_until, timeout};

pub(crate) use self::database::Database;
use crate::{
    Result,
    auditor::{self, Evidence},
    cast::{Cast, Reports},
    random::Random,
    scenario::{Deed, Run},
    verdict::{Disturbances, Verdict},
    worker::append_the_end,
};

const CREATE_RECEIPT: &str = include_str!("../sql/create_receipt.sql");
const FIND_BACKENDS: &str = include_str!("../sql/find_backends.sql");
const TERMINATE_BACKEND: &str = include_str!("../sql/terminate_backend.sql");
const COUNT_WRITERS: &str = include_str!("../sql/count_writers.sql");
const COUNT_SESSIONS: &str = include_str!("../sql/count_sessions.sql");

/// All else is as PostgreSQL has it; so what is committed is on the disk.
const SETTINGS: [(&str, &str); 2] = [("max_connections", "300"), ("fsync", "on")];

/// How long writers may take for their last append, and readers to catch up.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before the server is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// Makes a run on a new server, and says what came of it.
///
/// # Errors
///
/// The run could not be made. A promise that is broken is no error, but in the verdict.
pub async fn run(run: &Run) -> Result<Verdict> {
    let mut server = Server::start(&Binaries::find()?, &SETTINGS)?;
    let url = server.url("postgres");
    let database = Database::open_for(&url, "chaos-auditor").await?;
    sqlx::raw_sql(CREATE_RECEIPT).execute(&mut connect(&url).await?).await?;

    let mut cast = Cast::begin(run, &url)?;
    let mut disturbances = Disturbances::default();
    let begin = Instant::now();
    let mut random = Random::new(&[run.seed, 8]);
    for (moment, deed) in run.deeds() {
        sleep_until((begin + moment).into()).await;
        match deed {
            Deed::Read(place) => cast.add_reader(place)?,
            Deed::TerminateBackend => {
                let mut connection = connect(&url).await?;
                disturbances.terminated += terminate_backend(&mut connection, &mut random).await?;
            }
            Deed::KillServer => {
                disturbances.sessions += count_sessions(&url).await?;
                if disturbances.crashes % 2 == 0 {
                    // All at once, so that nobody writes to the disk what others have acknowledged. In
                    // between, the way in which a server ends whose first process was killed.
                    server.pause()?;
                }
                server.kill()?;
                server.start_again()?;
                disturbances.crashes += 1;
            }
            Deed::KillWriter => {
                cast.replace_writer(random.next())?;
                disturbances.killed += 1;
            }
        }
    }
    sleep_until((begin + run.length).into()).await;
    cast.stop_writers(Instant::now() + PATIENCE);
    let length = begin.elapsed();
    disturbances.sessions += count_sessions(&url).await?;
    timeout(PATIENCE, all_writers_gone(&url)).await??;
    let last = append_the_end(&*database.log()).await?;
    let mut reports = cast.end(Instant::now() + PATIENCE);
    reports.records.extend(last);

    let evidence = gather(&url, &*database.log(), reports).await?;
    let (findings, figures) = auditor::audit(&evidence);
    let Run { scenario, seed, .. } = *run;
    Ok(Verdict { scenario, seed, length, disturbances, findings, figures }.with_doubts())
}

/// What there is to hold against each other.
async fn gather(url: &str, log: &dyn EventStore, reports: Reports) -> Result<Evidence> {
    let mut connection = connect(url).await?;
    let mut evidence = Evidence { reports, ..Evidence::default() };
    evidence.log = dump::read_events(&mut connection, &mut evidence.garbled).await?;
    evidence.receipts = dump::read_receipts(&mut connection).await?;

    let envelopes = log.read_log(Position::START, Filter::All);
    let entries = envelopes.map_ok(|envelope| dump::entry_of(&envelope));
    evidence.read = entries.try_collect().await?;
    Ok(evidence)
}

/// A connection of our own, as soon as there is one: the server may be on its way up.
async fn connect(url: &str) -> Result<PgConnection> {
    let begin = Instant::now();
    loop {
        match PgConnection::connect(url).await {
            Err(_) if begin.elapsed() < PATIENCE => sleep(PAUSE).await,
            connected => return Ok(connected?),
        }
    }
}

/// Terminates one that serves a writer or a reader, half of the time one that is at work. How many
/// were terminated.
async fn terminate_backend(connection: &mut PgConnection, random: &mut Random) -> Result<u64> {
    let mut backends = Vec::new();
    for row in sqlx::query(FIND_BACKENDS).fetch_all(&mut *connection).await? {
        backends.push((row.try_get::<i32, _>("pid")?, row.try_get::<bool, _>("is_busy")?));
    }
    let busy: Vec<_> = backends.iter().copied().filter(|(_, is_busy)| *is_busy).collect();
    let among = if random.below(2) == 0 && !busy.is_empty() { busy } else { backends };
    let Some((pid, _)) = random.one_of(&among) else { return Ok(0) };
    let row = sqlx::query(TERMINATE_BACKEND).bind(pid).fetch_one(connection).await?;
    Ok(row.try_get::<bool, _>("was_there")?.into())
}

async fn count_sessions(url: &str) -> Result<u64> {
    let row = sqlx::query(COUNT_SESSIONS).fetch_one(&mut connect(url).await?).await?;
    let sessions: Option<i64> = row.try_get("sessions")?;
    Ok(sessions.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Waits until nothing works for a writer any more: what a killed one began may still be recorded.
async fn all_writers_gone(url: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    loop {
        let row = sqlx::query(COUNT_WRITERS).fetch_one(&mut connection).await?;
        if row.try_get::<i64, _>("writers")? == 0 {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
}
