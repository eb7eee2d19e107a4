//! A read model is rebuilt while it is read: since somebody asks, and since its version was raised.

use std::time::{Duration, Instant};

use annals_projections::Action;
use tokio::time::sleep;

use crate::{
    Result,
    projections::{
        deposit::fill,
        hand::Orders,
        hands::Hand,
        look::LookOrders,
        outcome::Outcome,
        report::Report,
        scenario::{PATIENCE, PAUSE, Play},
        wait::WaitOrders,
        work::{Model, WorkOrders},
    },
};

/// How many append, wait for it, and read it, each time that they have.
const WAITERS: u64 = 4;

/// How long an operator waits for an answer.
const ANSWER: Duration = Duration::from_secs(20);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let (events, rebuilds) = play.run.sized((5_000, 2), (50_000, 6));
    let end = fill(&*play.place.log, events, 500, &mut play.random).await?;
    // The other view is not rebuilt: it is there since whoever waits reads it as well.
    let models = [Model::Whole, Model::Sliced];
    let mut orders = play.work(&models);
    orders.keep_replaced = Duration::from_secs(1);
    // Who waits is told that nobody works on it when all leases are over, and on a busy machine a process may be kept
    // from renewing its own for a while.
    orders.lease = Duration::from_secs(2);
    let mut hands = vec![play.begin_work(&orders)?, play.begin_work(&orders)?];
    play.catch_up(&models, end).await?;
    let writer = play.begin(&play.append(2, 500, Duration::from_millis(20)))?;
    let (url, seed, pause) = (play.url.clone(), play.run.seed, Duration::from_millis(10));
    let looks = Orders::Look(LookOrders { url, seed, accounts: 500, pause });
    let mut looker = play.begin(&looks)?;
    looker.await_begin()?;
    // Who has waited finds less than that, if the new build is behind the old one or if the old one is still read.
    let (url, tasks, trials) = (play.url.clone(), WAITERS, u64::MAX);
    let mut waiter = play.begin(&Orders::Wait(WaitOrders { url, seed, tasks, trials }))?;
    waiter.await_begin()?;

    let mut took = vec![];
    for round in 0..rebuilds {
        let begin = Instant::now();
        let number = live(&play).await?;
        let what = Action::Rebuild;
        let answer = play.place.operator().ask("sliced", what, "chaos", ANSWER).await?;
        play.outcome.must(answer.is_done, &answer.answer);
        // In every other round somebody is killed in the middle.
        if round % 2 == 1 {
            replace_one(&mut play, &mut hands, &orders).await?;
        }
        await_build(&play, number + 1).await?;
        took.push(begin.elapsed());
    }

    // The next version comes with processes of its own, while those of the one before are still there.
    let begin = Instant::now();
    let number = live(&play).await?;
    let mut anew = orders.clone();
    anew.models = vec![Model::Whole, Model::SlicedAnew];
    let mut newer = vec![play.begin_work(&anew)?, play.begin_work(&anew)?];
    replace_one(&mut play, &mut newer, &anew).await?;
    await_build(&play, number + 1).await?;
    took.push(begin.elapsed());
    for hand in hands {
        play.stop(hand);
    }
    // So that what was replaced is removed while it is looked at.
    sleep(orders.keep_replaced + Duration::from_millis(500)).await;
    play.stop(writer);
    waiter.tell_to_stop();
    waiter.await_report(|report| matches!(report, Report::Waited { .. }), ANSWER)?;
    for report in &waiter.reports {
        if let Report::Waited { trials, longest_millis } = report {
            play.outcome.must(*trials > 0, "nothing was waited for");
            let figure = format!("{trials} waited for, the longest wait {longest_millis} ms");
            play.outcome.figures.push(figure);
        }
    }
    play.end(waiter);
    looker.tell_to_stop();
    looker.await_report(|report| matches!(report, Report::Looked { .. }), ANSWER)?;
    for report in &looker.reports {
        if let Report::Looked { reads, versions } = report {
            play.outcome.figures.push(format!("{reads} reads, by version {versions:?}"));
            play.outcome.must(versions.len() == 2, "only one version was read");
        }
    }
    play.end(looker);
    play.outcome.figures.push(format!("{} rebuilds, which took {took:?}", took.len()));
    play.finish(newer, &[Model::Whole, Model::SlicedAnew]).await
}

/// Kills one at a random moment, and has another take its place.
async fn replace_one(
    play: &mut Play<'_>,
    hands: &mut Vec<Hand>,
    orders: &WorkOrders,
) -> Result<()> {
    let some = play.random.below(300);
    sleep(Duration::from_millis(some)).await;
    let hand = hands.remove(0);
    play.kill(hand);
    hands.push(play.begin_work(orders)?);
    Ok(())
}

/// Which build is read.
async fn live(play: &Play<'_>) -> Result<u32> {
    let shown = play.place.operator().show("sliced").await?;
    Ok(shown.ok_or("there is no such view")?.live.number())
}

/// Waits until that build is read.
async fn await_build(play: &Play<'_>, number: u32) -> Result<()> {
    let begin = Instant::now();
    while live(play).await? < number {
        if begin.elapsed() > PATIENCE / 5 {
            let shown = play.place.operator().show("sliced").await?;
            return Err(format!("build {number} does not come to its end: {shown:?}").into());
        }
        sleep(PAUSE).await;
    }
    Ok(())
}
