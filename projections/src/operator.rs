//! Looking after projections from outside, also those that run in other processes.
//!
//! It knows projections by their names alone. What it wants done it writes down as a request, which whoever
//! works on the projection does and answers; the answer is kept.

use std::{fmt, sync::Arc, time::Duration};

use annals_core::{
    Clock, EventId, EventStore, EventType, Filter, Position, ReadModels, StoreError,
    StoreErrorKind, SystemClock, Timestamp,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use crate::{
    books::{self, Action, Deed, Entry, Lease, ParkedEvent, ParkedKey, Report, Request, Standing},
    build::Build,
};

mod compare;
mod pending;

pub use compare::Difference;
pub use pending::Pending;

/// How long it is waited before something is looked at again.
const PAUSE: Duration = Duration::from_millis(50);

/// How often progress is told.
const TELLS: Duration = Duration::from_millis(500);

/// What takes longer than this is not worth an estimate: a year.
const LONGEST_ESTIMATE: Duration = Duration::from_secs(365 * 24 * 3_600);

/// Looks after all projections of a log.
pub struct Operator {
    log: Arc<dyn EventStore>,
    models: Arc<dyn ReadModels>,
    clock: Arc<dyn Clock>,
}

/// How a projection stands.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Under which name it is known.
    pub name: String,
    /// Which build is read.
    pub live: Build,
    /// Which one is built beside it.
    pub building: Option<Build>,
    /// Whether somebody wanted it to pause.
    pub is_paused: bool,
    /// Everything up to here is in what is read.
    pub position: Position,
    /// How many events of the log are after that, of which perhaps none concerns it.
    pub lag: i64,
    /// For how long the first of those that concern it has been in the log. Nothing, if there is none.
    pub lag_time: Duration,
    /// How many events are set aside.
    pub parked: u64,
    /// The shares of what is read.
    pub shares: Vec<ShareOverview>,
    /// The shares of what is built beside it.
    pub building_shares: Vec<ShareOverview>,
}

/// How a share of a projection stands.
#[derive(Debug, Clone)]
pub struct ShareOverview {
    /// From which slice on.
    pub first: u16,
    /// Before which slice it ends.
    pub end: u16,
    /// Everything up to here is in what is read.
    pub position: Position,
    /// Which event stood there, so that a log of another history is noticed; `None` at the start.
    pub last: Option<EventId>,
    /// Everything up to here was read, as whoever works on it said last: what came after `position` does not
    /// concern it.
    pub seen: Position,
    /// How many events of the log are after that, of which perhaps none concerns it.
    pub lag: i64,
    /// For how long the first event after that which concerns the projection has been in the log.
    pub lag_time: Duration,
    /// Who works on it, if anybody does.
    pub worker: Option<Uuid>,
    /// What it said last that it does, and when.
    pub said: Option<(String, Timestamp)>,
    /// Why it does not go on, if it does not.
    pub why: Option<String>,
    /// How many events are set aside.
    pub parked: u64,
}

/// A key of which events are set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedInfo {
    /// The key.
    pub key: String,
    /// What its first event failed with, last.
    pub error: String,
    /// Where that event stands.
    pub position: Position,
    /// Since when.
    pub since: Timestamp,
    /// For how long, by the store's clock.
    pub age: Duration,
    /// How many events of it are set aside.
    pub events: u64,
}

/// What was done for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked for.
    pub what: Action,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it was done.
    pub done_at: Timestamp,
    /// Whether it was done, or refused, or done in part.
    pub is_done: bool,
    /// What came of it.
    pub answer: String,
    /// Who took it back before it was done, if somebody did.
    pub withdrawn_by: Option<String>,
}

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BuildProgress {
    /// Which one.
    pub build: Build,
    /// How many events of the log it has behind it.
    pub events: i64,
    /// How many there are.
    pub total: i64,
    /// How many a second, lately.
    pub rate: f64,
    /// How long it will take at that rate; `None` if it does not move, or hardly: if it would take years.
    pub remaining: Option<Duration>,
}

impl BuildProgress {
    /// How much is done, of 100.
    pub fn percent(&self) -> f64 {
        if self.total == 0 { 100.0 } else { 100.0 * ratio(self.events, self.total) }
    }
}

/// Why something that was asked for was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is none of that name.
    #[error("there is no projection {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },

    /// Nobody did it in time. It is still asked for: whoever runs the projection next does it.
    #[error("nobody has answered within {patience:?}; does anything run {name:?}?")]
    Unanswered {
        /// The projection.
        name: String,
        /// How long it was waited for.
        patience: Duration,
    },

    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operator {
    /// Looks after what is built from `log` and kept in `models`.
    pub fn new(log: Arc<dyn EventStore>, models: Arc<dyn ReadModels>) -> Self {
        Self { log, models, clock: Arc::new(SystemClock) }
    }

    /// All projections that there are, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed, as for everything here.
    pub async fn list(&self) -> Result<Vec<Overview>, StoreError> {
        let mut overviews = vec![];
        let mut after = String::new();
        loop {
            let records = self.models.records(Standing::AREA, "", &after, books::PAGE).await?;
            let Some(last) = records.last() else { return Ok(overviews) };
            after.clone_from(&last.key);
            for record in records {
                let name = books::unpart(&record.key);
                overviews.push(self.overview(name, books::read(&record.content)?).await?);
            }
        }
    }

    /// How the projection of that name stands, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn show(&self, name: &str) -> Result<Option<Overview>, StoreError> {
        let standing = books::committed::<Standing>(&*self.models, &books::part(name)).await?;
        match standing {
            Some(standing) => Ok(Some(self.overview(name.to_owned(), standing).await?)),
            None => Ok(None),
        }
    }

    async fn overview(&self, name: String, standing: Standing) -> Result<Overview, StoreError> {
        let below = books::of_build(&name, standing.live.number());
        let parked = books::committed_below::<ParkedKey>(&*self.models, &below).await?;
        let filter: Filter =
            standing.types.iter().filter_map(|name| EventType::parse(name.as_str()).ok()).collect();
        let head = self.head().await?;
        let building = standing.building.as_ref().map(|building| building.build);
        let shares = self.shares(&name, standing.live, head, &filter).await?;
        let building_shares = match building {
            Some(build) => self.shares(&name, build, head, &filter).await?,
            None => vec![],
        };
        let position = shares.iter().map(|share| share.position).min().unwrap_or_default();
        Ok(Overview {
            name,
            live: standing.live,
            building,
            is_paused: standing.is_paused,
            position,
            lag: (head.get() - position.get()).max(0),
            lag_time: shares.iter().map(|share| share.lag_time).max().unwrap_or_default(),
            parked: parked.iter().map(|(_, parked)| parked.events).sum(),
            shares,
            building_shares,
        })
    }

    async fn shares(
        &self,
        name: &str,
        build: Build,
        head: Position,
        filter: &Filter,
    ) -> Result<Vec<ShareOverview>, StoreError> {
        let (models, below) = (&*self.models, books::of_build(name, build.number()));
        let marks = books::committed_marks(models, name, build).await?;
        let leases = books::committed_below::<Lease>(models, &below).await?;
        let reports = books::committed_below::<Report>(models, &below).await?;
        let now = self.clock.now().as_micros();
        let mut shares = vec![];
        for (share, mark) in marks {
            let key = share.key(name);
            // Who was killed has left its lease behind.
            let held = |(its, lease): &&(String, Lease)| *its == key && lease.until > now;
            let lease = leases.iter().find(held).map(|(_, lease)| lease);
            let report = reports.iter().find(|(its, _)| *its == key).map(|(_, report)| report);
            let seen = report.filter(|report| mark.owner == Some(report.owner));
            let seen = seen.map_or(mark.position, |report| report.position.max(mark.position));
            shares.push(ShareOverview {
                first: share.first,
                end: mark.end,
                position: mark.position,
                last: mark.last,
                seen,
                lag: (head.get() - mark.position.get()).max(0),
                lag_time: self.waiting_since(mark.position, filter).await?,
                worker: lease.map(|lease| lease.owner),
                said: report.map(|report| (report.phase.clone(), books::moment(report.at))),
                why: report.and_then(|report| report.why.clone()),
                parked: report.map_or(0, |report| report.parked),
            });
        }
        Ok(shares)
    }

    /// How far the log is.
    async fn head(&self) -> Result<Position, StoreError> {
        let mut head = Position::START;
        // What a store says first may be what was last heard of in this process. Where there is more than that,
        // it asks.
        for _ in 0..2 {
            match self.log.read_log(head, Filter::All).try_next().await {
                Ok(None) => break,
                Ok(Some(_)) => {}
                // What cannot be read is there.
                Err(error) if error.kind() == StoreErrorKind::Unreadable => {}
                Err(error) => return Err(error),
            }
            head = self.log.wait_past(head).await?;
        }
        Ok(head)
    }

    /// For how long the first event after `after` has been there.
    async fn waiting_since(
        &self,
        after: Position,
        filter: &Filter,
    ) -> Result<Duration, StoreError> {
        match self.log.read_log(after, filter.clone()).try_next().await {
            Ok(Some(first)) => Ok(since(first.recorded_at, self.clock.now())),
            Ok(None) => Ok(Duration::ZERO),
            // Since when nobody can say. Whoever runs it says why it does not go on.
            Err(error) if error.kind() == StoreErrorKind::Unreadable => Ok(Duration::ZERO),
            Err(error) => Err(error),
        }
    }

    /// The keys of which events are set aside and which come after `after`, in order, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn parked(
        &self,
        name: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ParkedInfo>, StoreError> {
        let models = &*self.models;
        let Some(standing) = books::committed::<Standing>(models, &books::part(name)).await? else {
            return Ok(vec![]);
        };
        let below = books::of_build(name, standing.live.number());
        let after = if after.is_empty() { String::new() } else { ParkedKey::key(&below, after) };
        let (area, prefix) = (ParkedKey::AREA, format!("{below}/"));
        let records = models.records(area, &prefix, &after, limit).await?;
        let now = self.clock.now();
        let info = |parked: ParkedKey| {
            let ParkedKey { key, error, position, since: micros, events } = parked;
            let moment = books::moment(micros);
            ParkedInfo { key, error, position, since: moment, age: since(moment, now), events }
        };
        records.iter().map(|record| Ok(info(books::read(&record.content)?))).collect()
    }

    /// Where the events stand that are set aside of a key: those after `after`, in order, at most `limit`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn parked_events(
        &self,
        name: &str,
        key: &str,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        let models = &*self.models;
        let Some(standing) = books::committed::<Standing>(models, &books::part(name)).await? else {
            return Ok(vec![]);
        };
        let below = books::of_build(name, standing.live.number());
        let (area, prefix) = (ParkedEvent::AREA, format!("{}/", ParkedKey::key(&below, key)));
        let after = ParkedEvent::key(&below, key, after);
        let records = models.records(area, &prefix, &after, limit).await?;
        let position = |event: ParkedEvent| event.position;
        records.iter().map(|record| Ok(position(books::read(&record.content)?))).collect()
    }

    /// Has something done, and waits for the answer.
    ///
    /// `by` is who wants it, for the record.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, it may be done all the same.
    pub async fn ask(
        &self,
        name: &str,
        what: Action,
        by: &str,
        patience: Duration,
    ) -> Result<Answer, AskError> {
        let key = self.request(name, what, by).await?;
        let answered = async {
            loop {
                if let Some(deed) = books::committed::<Deed>(&*self.models, &key).await? {
                    return Ok(deed.into());
                }
                self.clock.sleep(PAUSE).await;
            }
        };
        let answered = tokio::time::timeout(patience, answered).await;
        answered.unwrap_or_else(|_| Err(AskError::Unanswered { name: name.to_owned(), patience }))
    }

    /// Writes a request down. Its answer will be under the same key.
    async fn request(&self, name: &str, what: Action, by: &str) -> Result<String, AskError> {
        let part = books::part(name);
        let mut tx = self.models.begin().await?;
        if books::find::<Standing>(&mut *tx, &part).await?.is_none() {
            return Err(AskError::Unknown { name: name.to_owned() });
        }
        let at = tx.now().await?.as_micros();
        let key = format!("{part}/{}", EventId::at(self.clock.now()).0);
        let request = Request { what, by: by.to_owned(), at, done: vec![] };
        books::put(&mut *tx, &[(key.clone(), request)]).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// What was done for operators, the oldest first, and what was [taken back](Self::withdraw).
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn history(&self, name: &str) -> Result<Vec<Answer>, StoreError> {
        let deeds = books::committed_below::<Deed>(&*self.models, &books::part(name)).await?;
        Ok(deeds.into_iter().map(|(_, deed)| deed.into()).collect())
    }

    /// How far what is built beside is, every half a second, until there is nothing that is.
    pub fn progress<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Stream<Item = Result<BuildProgress, StoreError>> + Send + Unpin + 'a {
        stream::try_unfold(None, move |before: Option<(BuildProgress, Timestamp)>| async move {
            if before.is_some() {
                self.clock.sleep(TELLS).await;
            }
            let Some(mut progress) = self.progress_now(name).await? else { return Ok(None) };
            let now = self.clock.now();
            if let Some((before, then)) = before.filter(|(it, _)| it.build == progress.build) {
                let seconds = since(then, now).as_secs_f64();
                let done = ratio(progress.events - before.events, 1) / seconds.max(0.001);
                progress.rate = if before.rate > 0.0 { (before.rate + done) / 2.0 } else { done };
                let left = ratio(progress.total - progress.events, 1);
                progress.remaining = estimate(left, progress.rate);
            }
            Ok(Some((progress, Some((progress, now)))))
        })
        .boxed()
    }

    async fn progress_now(&self, name: &str) -> Result<Option<BuildProgress>, StoreError> {
        let models = &*self.models;
        let standing = books::committed::<Standing>(models, &books::part(name)).await?;
        let Some(building) = standing.and_then(|standing| standing.building) else {
            return Ok(None);
        };
        let marks = books::committed_marks(models, name, building.build).await?;
        let reached = marks.iter().map(|(_, mark)| mark.position).min().unwrap_or_default();
        let total = self.head().await?.max(reached);
        Ok(Some(BuildProgress {
            build: building.build,
            events: reached.get(),
            total: total.get(),
            rate: 0.0,
            remaining: None,
        }))
    }
}

impl From<Deed> for Answer {
    fn from(deed: Deed) -> Self {
        let Deed { what, by, at, done_at, answer, is_done, withdrawn_by } = deed;
        let (at, done_at) = (books::moment(at), books::moment(done_at));
        Self { what, by, at, done_at, is_done, answer, withdrawn_by }
    }
}

/// How long what is left takes, at so many a second.
fn estimate(left: f64, rate: f64) -> Option<Duration> {
    // Of what stands still the rate is halved again and again, until no duration is long enough.
    let estimate = Duration::try_from_secs_f64(left / rate).ok()?;
    (rate > 0.0 && estimate <= LONGEST_ESTIMATE).then_some(estimate)
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    let micros = now.as_micros().saturating_sub(then.as_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "for people to read")]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole as f64
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::estimate;

    #[test]
    fn what_stands_still_gets_no_estimate_however_long_it_does() {
        assert_eq!(estimate(1_000.0, 100.0), Some(Duration::from_secs(10)));
        assert_eq!(estimate(0.0, 100.0), Some(Duration::ZERO));
        let mut rate = 100.0;
        let mut estimates = vec![];
        for _ in 0..2_000 {
            rate /= 2.0;
            estimates.push(estimate(1_000.0, rate));
        }
        assert!(estimates.first().is_some_and(Option::is_some));
        assert_eq!(estimates.last(), Some(&None));
        assert_eq!(estimate(0.0, 0.0), None);
    }
}
