//! Each append is waited for and read in another process than the one that runs the read model.

use std::time::Duration;

use crate::{
    Result,
    projections::{
        deposit::fill, hand::Orders, outcome::Outcome, report::Report, scenario::Play,
        wait::WaitOrders, work::Model,
    },
};

const MODELS: [Model; 2] = [Model::Whole, Model::Sliced];

const WRITERS: u64 = 16;

/// How long all trials may take.
const PATIENCE: Duration = Duration::from_secs(600);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let trials = play.run.sized(500, 10_000);
    let end = fill(&*play.place.log, 1_000, 500, &mut play.random).await?;
    let orders = play.work(&MODELS);
    let hands = vec![play.begin_work(&orders)?, play.begin_work(&orders)?];
    play.catch_up(&MODELS, end).await?;
    let (url, seed, tasks) = (play.url.clone(), play.run.seed, WRITERS);
    let mut waiter = play.begin(&Orders::Wait(WaitOrders { url, seed, tasks, trials }))?;
    waiter.await_report(|report| matches!(report, Report::Waited { .. }), PATIENCE)?;
    let waited = waiter.reports.iter().find_map(|report| match report {
        Report::Waited { trials, longest_millis } => Some((*trials, *longest_millis)),
        _ => None,
    });
    let (done, longest) = waited.unwrap_or_default();
    play.outcome.figures.push(format!("{done} trials, the longest wait {longest} ms"));
    play.outcome.must(done >= trials, "there were too few trials");
    play.end(waiter);
    play.finish(hands, &MODELS).await
}
