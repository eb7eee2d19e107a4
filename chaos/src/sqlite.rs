//! Runs on an SQLite database in a file of their own.

mod database;
mod house;

use annals_core::EventId;
use futures::TryStreamExt;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

pub(crate) use self::{
    database::{SqliteDatabase, options, path},
    house::House,
};
use crate::{
    Result,
    auditor::{Evidence, Look},
    cast::{Cast, Crew},
    dump::{CREATE_RECEIPT, READ_RECEIPTS, entries, keys},
    key::Key,
    random::Random,
    record::{Answer, Record},
    scenario::{Deed, Run, Scenario},
    stage::{Stage, play},
    verdict::{Disturbances, Verdict},
};

const READ_EVENTS: &str = include_str!("../sql/read_events_sqlite.sql");
const READ_IDS: &str = include_str!("../sql/read_ids.sql");
const CHECK_INTEGRITY: &str = include_str!("../sql/check_integrity.sql");

/// After how many kills the whole file is checked. It takes longer, the more there is in it.
const KILLS_BETWEEN_CHECKS: usize = 10;

/// A file, and what was found in it so far.
struct Sqlite {
    url: String,
    looks: Vec<Look>,
    /// The last position that anybody looked at.
    seen: i64,
    integrity: Vec<Vec<String>>,
}

/// Makes a run on a new file.
pub(crate) async fn run(run: &Run) -> Result<Verdict> {
    let house = House::new()?;
    let url = house.url("log.db")?;
    let crew = match run.scenario {
        // Of those who write, one at a time is killed, and nobody is left who has the file open.
        Scenario::Killed => Crew { writers: 1, tasks: 16 },
        _ => Crew { writers: 2, tasks: 32 },
    };
    let mut stage = Sqlite { url: url.clone(), looks: Vec::new(), seen: 0, integrity: Vec::new() };
    play(run, &url, crew, &mut stage).await
}

impl Stage for Sqlite {
    async fn prepare(&mut self) -> Result<()> {
        let mut connection = self.connect().await?;
        sqlx::raw_sql(CREATE_RECEIPT).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    async fn disturb(
        &mut self,
        deed: Deed,
        cast: &mut Cast<'_>,
        random: &mut Random,
    ) -> Result<()> {
        if deed != Deed::KillWriter {
            return Err("there is no server of SQLite to do anything to".into());
        }
        let acknowledged = acknowledged(cast.kill_writer(random.next())?);
        // In turn: whoever opens the file first has to recover it, the one who looks or the store.
        if self.looks.len().is_multiple_of(2) {
            self.look(acknowledged).await?;
            cast.add_writer()
        } else {
            cast.add_writer()?;
            self.look(acknowledged).await
        }
    }

    async fn settle(&mut self) -> Result<Disturbances> {
        let killed = u64::try_from(self.looks.len())?;
        Ok(Disturbances { killed, ..Disturbances::default() })
    }

    async fn dump(&mut self, evidence: &mut Evidence) -> Result<()> {
        let mut connection = self.connect().await?;
        self.check_integrity(&mut connection).await?;
        let rows = sqlx::query_as(READ_EVENTS).fetch(&mut connection);
        evidence.log = entries(rows, &mut evidence.garbled).await?;
        evidence.receipts =
            keys(sqlx::query_scalar(READ_RECEIPTS).fetch_all(&mut connection).await?);
        evidence.looks.append(&mut self.looks);
        evidence.integrity.append(&mut self.integrity);
        Ok(())
    }
}

impl Sqlite {
    async fn connect(&self) -> Result<SqliteConnection> {
        Ok(SqliteConnection::connect_with(&options(&self.url)).await?)
    }

    /// Notes what is there after a kill, beside what the one that was killed knew to be there.
    async fn look(&mut self, acknowledged: Vec<(Key, i64)>) -> Result<()> {
        let mut connection = self.connect().await?;
        let mut new = Vec::new();
        let mut rows =
            sqlx::query_as::<_, (i64, Uuid)>(READ_IDS).bind(self.seen).fetch(&mut connection);
        while let Some((position, id)) = rows.try_next().await? {
            let (key, index) = Key::of(EventId(id));
            new.push((position, key, index));
            self.seen = position;
        }
        drop(rows);
        self.looks.push(Look { new, acknowledged });
        if self.looks.len().is_multiple_of(KILLS_BETWEEN_CHECKS) {
            self.check_integrity(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    async fn check_integrity(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        self.integrity.push(sqlx::query_scalar(CHECK_INTEGRITY).fetch_all(connection).await?);
        Ok(())
    }
}

/// What a writer has reported to be recorded, and where the last event of each is.
fn acknowledged(records: &[Record]) -> Vec<(Key, i64)> {
    let appended = records.iter().filter_map(|record| match record {
        Record::Answered { key, answer: Answer::Appended { position, .. } } => {
            Some((*key, *position))
        }
        _ => None,
    });
    appended.collect()
}
