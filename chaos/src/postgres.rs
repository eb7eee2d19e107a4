//! Runs on a PostgreSQL server of their own.

mod database;

use std::time::{Duration, Instant};

use annals_test_postgres::{Binaries, Server};
use sqlx::{Connection, PgConnection, Row};
use tokio::time::{sleep, timeout};

pub(crate) use self::database::PostgresDatabase;
use crate::{
    Result,
    auditor::Evidence,
    cast::{Cast, Crew},
    dump::{CREATE_RECEIPT, READ_RECEIPTS, entries, keys},
    random::Random,
    scenario::{Deed, Run},
    stage::{PATIENCE, Stage, play},
    verdict::{Disturbances, Verdict},
};

const READ_EVENTS: &str = include_str!("../sql/read_events_postgres.sql");
const FIND_BACKENDS: &str = include_str!("../sql/find_backends.sql");
const TERMINATE_BACKEND: &str = include_str!("../sql/terminate_backend.sql");
const COUNT_WRITERS: &str = include_str!("../sql/count_writers.sql");
const COUNT_SESSIONS: &str = include_str!("../sql/count_sessions.sql");

/// All else is as PostgreSQL has it; so what is committed is on the disk.
const SETTINGS: [(&str, &str); 2] = [("max_connections", "300"), ("fsync", "on")];

const CREW: Crew = Crew { writers: 4, tasks: 16 };

/// How long to wait before the server is asked again.
const PAUSE: Duration = Duration::from_millis(50);

/// A server, and what was done to it and to those whom it serves.
struct Postgres {
    server: Server,
    url: String,
    disturbances: Disturbances,
}

/// Makes a run on a new server.
pub(crate) async fn run(run: &Run) -> Result<Verdict> {
    let server = Server::start(&Binaries::find()?, &SETTINGS)?;
    let url = server.url("postgres");
    let disturbances = Disturbances::default();
    play(run, &url.clone(), CREW, &mut Postgres { server, url, disturbances }).await
}

impl Stage for Postgres {
    async fn prepare(&mut self) -> Result<()> {
        sqlx::raw_sql(CREATE_RECEIPT).execute(&mut connect(&self.url).await?).await?;
        Ok(())
    }

    async fn disturb(
        &mut self,
        deed: Deed,
        cast: &mut Cast<'_>,
        random: &mut Random,
    ) -> Result<()> {
        let Self { server, url, disturbances } = self;
        match deed {
            Deed::Read(place) => cast.add_reader(place)?,
            Deed::TerminateBackend => {
                let mut connection = connect(url).await?;
                disturbances.terminated += terminate_backend(&mut connection, random).await?;
            }
            Deed::KillServer => {
                disturbances.sessions += count_sessions(url).await?;
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
                cast.kill_writer(random.next())?;
                cast.add_writer()?;
                disturbances.killed += 1;
            }
        }
        Ok(())
    }

    async fn settle(&mut self) -> Result<Disturbances> {
        self.disturbances.sessions += count_sessions(&self.url).await?;
        timeout(PATIENCE, all_writers_gone(&self.url)).await??;
        Ok(self.disturbances)
    }

    async fn dump(&mut self, evidence: &mut Evidence) -> Result<()> {
        let mut connection = connect(&self.url).await?;
        let rows = sqlx::query_as(READ_EVENTS).fetch(&mut connection);
        evidence.log = entries(rows, &mut evidence.garbled).await?;
        evidence.receipts =
            keys(sqlx::query_scalar(READ_RECEIPTS).fetch_all(&mut connection).await?);
        Ok(())
    }
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
