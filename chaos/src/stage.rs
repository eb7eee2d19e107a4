//! A run from its beginning to the verdict, whatever it is made on.

use std::time::Duration;

use annals_core::{EventStore, Filter, Position};
use futures::TryStreamExt;
use tokio::time::{Instant, sleep_until};

use crate::{
    Result,
    auditor::{self, Entry, Evidence},
    cast::{Cast, Crew},
    database::open_for,
    dump,
    random::Random,
    scenario::{Deed, Run},
    verdict::{Disturbances, Verdict},
    worker::append_the_end,
};

/// How long writers may take for their last append, and readers to catch up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What only the database knows on which a run is made.
pub(crate) trait Stage {
    /// Makes the application's table beside the log.
    async fn prepare(&mut self) -> Result<()>;

    /// Does what is to be done.
    async fn disturb(&mut self, deed: Deed, cast: &mut Cast<'_>, random: &mut Random)
    -> Result<()>;

    /// Waits until nothing works for a writer any more, all of which have been stopped. What was done
    /// to them.
    async fn settle(&mut self) -> Result<Disturbances>;

    /// Adds what lies in the tables, and whatever else was found.
    async fn dump(&mut self, evidence: &mut Evidence) -> Result<()>;
}

/// Makes a run with a cast for the database at `url`, and says what came of it.
pub(crate) async fn play(
    run: &Run,
    url: &str,
    crew: Crew,
    stage: &mut impl Stage,
) -> Result<Verdict> {
    // Not kept open meanwhile: the cast is to be alone with the database.
    drop(open_for(url, "chaos-auditor").await?);
    stage.prepare().await?;

    let mut cast = Cast::begin(run, url, crew)?;
    let begin = Instant::now();
    let mut random = Random::new(&[run.seed, 8]);
    for (moment, deed) in run.deeds() {
        sleep_until(begin + moment).await;
        match deed {
            Deed::Read(place) => cast.add_reader(place)?,
            deed => stage.disturb(deed, &mut cast, &mut random).await?,
        }
    }
    sleep_until(begin + run.length).await;
    cast.stop_writers((Instant::now() + PATIENCE).into_std());
    let length = begin.elapsed();
    let disturbances = stage.settle().await?;
    let database = open_for(url, "chaos-auditor").await?;
    let last = append_the_end(&*database.log()).await?;
    let mut reports = cast.end((Instant::now() + PATIENCE).into_std());
    reports.records.extend(last);

    let mut evidence = Evidence { reports, ..Evidence::default() };
    stage.dump(&mut evidence).await?;
    evidence.read = read(&*database.log()).await?;
    let (findings, figures) = auditor::audit(&evidence);
    let Run { store, scenario, seed, .. } = *run;
    Ok(Verdict { store, scenario, seed, length, disturbances, findings, figures }.with_doubts())
}

/// The log as the store reads it.
async fn read(log: &dyn EventStore) -> Result<Vec<Entry>> {
    let envelopes = log.read_log(Position::START, Filter::All);
    Ok(envelopes.map_ok(|envelope| dump::entry_of(&envelope)).try_collect().await?)
}
