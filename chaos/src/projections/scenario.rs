//! The scenarios, and what all of them need.

mod crowd;
mod killed;
mod poisoned;
mod rebuilt;
mod restarted;
mod skewed;
mod stopped;
mod waited;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use annals_core::{Filter, Position};
use annals_projections::View;
use futures::TryStreamExt;
use tokio::time::sleep;

use crate::{
    Result,
    projections::{
        append::AppendOrders,
        asked::{ProjectionsRun, ProjectionsScenario},
        audit, chain,
        hand::Orders,
        hands::Hand,
        models::{Calm, Sliced, Statement, Tender, Whole, folded},
        outcome::Outcome,
        place::Place,
        report::Report,
        stage::Stage,
        work::{Model, WorkOrders},
    },
    random::Random,
    record::chain as described,
};

/// How long read models may take to be where the log is, when nobody disturbs them any more.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long to wait before something is looked at again.
const PAUSE: Duration = Duration::from_millis(5);

/// Makes a run, and says what came of it.
///
/// # Errors
///
/// The run could not be made. A promise that is broken is no error, but in the outcome.
pub async fn run(run: &ProjectionsRun) -> Result<Outcome> {
    let play = Play::set(run).await?;
    match run.scenario {
        ProjectionsScenario::Killed => killed::run(play).await,
        ProjectionsScenario::Stopped => stopped::run(play).await,
        ProjectionsScenario::Crowd => crowd::run(play).await,
        ProjectionsScenario::Restarted => restarted::run(play).await,
        ProjectionsScenario::Waited => waited::run(play).await,
        ProjectionsScenario::Rebuilt => rebuilt::run(play).await,
        ProjectionsScenario::Poisoned => poisoned::run(play).await,
        ProjectionsScenario::Skewed => skewed::run(play).await,
    }
}

/// A run on its way.
struct Play<'r> {
    run: &'r ProjectionsRun,
    /// What has ended, and what it had reported.
    over: Vec<Vec<Report>>,
    /// Whether nobody was killed: then nothing is missing in what was reported.
    is_complete: bool,
    outcome: Outcome,
    random: Random,
    url: String,
    /// Closed before that in which it is is gone.
    place: Place,
    stage: Stage,
}

impl<'r> Play<'r> {
    async fn set(run: &'r ProjectionsRun) -> Result<Self> {
        let stage = Stage::set(run.store)?;
        let url = stage.url()?;
        let place = Place::open(&url).await?;
        place.create_tally().await?;
        Ok(Self {
            run,
            over: vec![],
            is_complete: true,
            outcome: Outcome::new(run),
            random: Random::new(&[run.seed, 30]),
            url,
            place,
            stage,
        })
    }

    /// What a hand is told that runs these.
    fn work(&self, models: &[Model]) -> WorkOrders {
        WorkOrders::new(&self.url, models)
    }

    /// What a hand is told that appends by so many tasks.
    fn append(&self, tasks: u64, accounts: u64, pause: Duration) -> Orders {
        let (url, seed, poisoned) = (self.url.clone(), self.run.seed, None);
        Orders::Append(AppendOrders { url, seed, tasks, accounts, pause, poisoned })
    }

    fn begin(&self, orders: &Orders) -> Result<Hand> {
        Hand::begin(&self.run.program, orders)
    }

    fn begin_work(&self, orders: &WorkOrders) -> Result<Hand> {
        self.begin(&Orders::Work(orders.clone()))
    }

    /// Kills a hand.
    fn kill(&mut self, hand: Hand) {
        self.is_complete = false;
        let (reports, complaint) = hand.kill();
        self.note(reports, complaint);
    }

    /// Tells a hand to stop, and waits until it has.
    fn stop(&mut self, mut hand: Hand) {
        hand.tell_to_stop();
        self.end(hand);
    }

    /// Waits until a hand has ended, which was told to.
    fn end(&mut self, hand: Hand) {
        let (reports, complaint) = hand.end();
        self.note(reports, complaint);
    }

    fn note(&mut self, reports: Vec<Report>, complaint: Option<String>) {
        self.outcome.findings.extend(complaint);
        for report in &reports {
            match report {
                Report::Wrong { why } => self.outcome.findings.push(why.clone()),
                Report::Appended { events } => {
                    self.outcome.figures.push(format!("{events} events appended meanwhile"));
                }
                _ => {}
            }
        }
        self.over.push(reports);
    }

    /// How far the log is, when nobody appends any more.
    async fn head(&self) -> Result<Position> {
        let mut head = Position::START;
        // What the store says first may be what was last heard of in this process.
        while self.place.log.read_log(head, Filter::All).try_next().await?.is_some() {
            head = self.place.log.wait_past(head).await?;
        }
        Ok(head)
    }

    /// Waits until these are at that position.
    async fn catch_up(&self, models: &[Model], end: Position) -> Result<()> {
        for model in models {
            match model {
                Model::Whole => self.await_view::<Statement<Whole>>(end).await?,
                Model::Sliced | Model::SlicedAnew => {
                    self.await_view::<Statement<Sliced>>(end).await?;
                }
                Model::Calm => self.await_view::<Statement<Calm>>(end).await?,
                Model::Tender => self.await_view::<Statement<Tender>>(end).await?,
                Model::Tally => self.await_tally(end).await?,
            }
        }
        Ok(())
    }

    async fn await_view<V: View>(&self, end: Position) -> Result<()> {
        let rows = self.place.rows::<V>();
        let begin = Instant::now();
        loop {
            // Where nobody works for the moment, somebody will soon.
            match rows.wait_for(end, PATIENCE).await {
                Ok(()) => return Ok(()),
                Err(_) if begin.elapsed() < PATIENCE => sleep(PAUSE).await,
                Err(error) => {
                    let shown = self.place.operator().show(V::NAME).await?;
                    return Err(format!("{}; {shown:?}", described(&error)).into());
                }
            }
        }
    }

    async fn await_tally(&self, end: Position) -> Result<()> {
        let operator = self.place.operator();
        let begin = Instant::now();
        loop {
            let shown = operator.show("tally").await;
            match shown {
                Ok(Some(shown)) if shown.position >= end => return Ok(()),
                _ if begin.elapsed() < PATIENCE => sleep(PAUSE).await,
                _ => return Err("the tally does not come to its end".into()),
            }
        }
    }

    /// Waits until everything is in these read models, ends all who work on them, and holds the read models
    /// against a fold of the log, and the reports against each other.
    async fn finish(mut self, hands: Vec<Hand>, models: &[Model]) -> Result<Outcome> {
        let (begin, end) = (Instant::now(), self.head().await?);
        self.catch_up(models, end).await?;
        let took = begin.elapsed();
        for hand in hands {
            self.stop(hand);
        }
        let accounts = folded(&*self.place.log).await?;
        for model in models {
            let findings = match model {
                Model::Whole => audit::check_view(&self.place, "whole", &accounts).await?,
                Model::Sliced | Model::SlicedAnew => {
                    audit::check_view(&self.place, "sliced", &accounts).await?
                }
                Model::Calm => audit::check_view(&self.place, "calm", &accounts).await?,
                Model::Tender => audit::check_view(&self.place, "tender", &accounts).await?,
                Model::Tally => audit::check_tally(&self.place, &accounts).await?,
            };
            self.outcome.findings.extend(findings);
        }
        let events: i64 = accounts.values().map(|account| account.deposits).sum();
        let links = chain::check(&self.over, self.is_complete);
        let Self { mut outcome, is_complete, .. } = self;
        outcome.figures.push(format!(
            "{events} events on {} accounts, in all read models {took:?} after the last",
            accounts.len()
        ));
        outcome.figures.push(format!(
            "{} commits, {} takeovers, {} of unknown outcome{}",
            links.moves,
            links.takes,
            links.doubtful,
            if is_complete { ", all of them reported" } else { "" }
        ));
        outcome.must(links.moves > 1, "hardly anything was committed");
        outcome.findings.extend(links.findings);
        Ok(outcome)
    }
}

/// How far the shares are, as those who work on them have reported.
#[derive(Debug, Default)]
struct Progress(BTreeMap<String, i64>);

impl Progress {
    /// Takes what a hand has reported since.
    fn take(&mut self, hand: &mut Hand) {
        for report in hand.news() {
            let Report::Committed(moves) = report else { continue };
            for to in moves {
                if let Some(mark) = to.to.as_deref().and_then(chain::mark) {
                    let position = self.0.entry(to.key.clone()).or_default();
                    *position = mark.position.max(*position);
                }
            }
        }
    }

    /// How far all of them are together: each read model counts the same, and so does each of its shares.
    fn sum(&self) -> i64 {
        let mut models = BTreeMap::<&str, (i64, i64)>::new();
        for (key, position) in &self.0 {
            let name = key.split('/').next().unwrap_or(key);
            let (sum, shares) = models.entry(name).or_default();
            (*sum, *shares) = (*sum + position, *shares + 1);
        }
        models.values().map(|(sum, shares)| sum / shares).sum()
    }
}
