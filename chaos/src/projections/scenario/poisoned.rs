//! One key of 10,000 cannot be projected until that is mended.

use std::time::{Duration, Instant};

use annals_core::Position;
use annals_projections::{Action, WaitError};
use tokio::time::sleep;

use crate::{
    Result,
    projections::{
        deposit::{POISON, deposit, deposits, some_cents},
        hands::Hand,
        models::{Statement, Tender},
        outcome::Outcome,
        scenario::{PATIENCE, PAUSE, Play},
        work::Model,
    },
};

const KEYS: u64 = 10_000;

/// The one.
const POISONED: &str = "4711";

/// How long an operator waits for an answer.
const ANSWER: Duration = Duration::from_secs(60);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let each = play.run.sized(1, 20);
    let end = fill(&mut play, each).await?;

    // The same work, once without anything that is too much for it, and once with.
    let mut orders = play.work(&[Model::Calm]);
    (orders.parks, orders.batch) = (true, 1_000);
    let (calm, hand) = rate(&play, end, "calm", play.begin_work(&orders)?).await?;
    play.stop(hand);
    orders.models = vec![Model::Tender];
    let (tender, hand) = rate(&play, end, "tender", play.begin_work(&orders)?).await?;
    play.outcome.figures.push(format!(
        "{calm:.0} events a second without poison, {tender:.0} with it: {:.2}",
        tender / calm
    ));

    // What comes later is set aside behind it, and whoever waits for it is told so.
    let later = play.place.log.append(&deposit(POISONED, &[7, POISON, 8])).await?.position;
    let rows = play.place.rows::<Statement<Tender>>();
    match rows.wait_for(later, ANSWER).await {
        Err(WaitError::Parked { key, .. }) if key == POISONED => {}
        other => play.outcome.findings.push(format!("who waits for poison is told {other:?}")),
    }
    let parked = play.place.operator().parked("tender", "", 10).await?;
    let keys: Vec<_> = parked.iter().map(|parked| (parked.key.as_str(), parked.events)).collect();
    play.outcome.figures.push(format!("set aside: {keys:?}"));
    if keys.len() != 1 || keys[0].0 != POISONED {
        play.outcome.findings.push(format!("set aside are {keys:?}"));
    }
    play.stop(hand);

    // The processes are restarted with what mends it; one of them is killed in the middle of the replay.
    orders.is_mended = true;
    orders.batch = 100;
    let mut hand = play.begin_work(&orders)?;
    hand.await_begin()?;
    let what = Action::Replay { keys: vec![], dry_run: false };
    let operator = play.place.operator();
    let asking = operator.ask("tender", what, "chaos", ANSWER);
    let some = play.random.below(200);
    let (answer, hand) = futures::future::join(asking, async {
        sleep(Duration::from_millis(some)).await;
        play.kill(hand);
        play.begin_work(&orders)
    })
    .await;
    let (answer, hand) = (answer?, hand?);
    play.outcome.figures.push(format!("replayed: {}", answer.answer));
    if !answer.is_done {
        play.outcome.findings.push(format!("the replay was not done: {}", answer.answer));
    }
    play.finish(vec![hand], &[Model::Tender]).await
}

/// So many events on each key; on the poisoned one as many as on a hundred others, with poison among them.
async fn fill(play: &mut Play<'_>, each: u32) -> Result<Position> {
    let mut end = Position::START;
    for _ in 0..each {
        let mut keys: Vec<_> = (0..KEYS).collect();
        for index in (1..keys.len()).rev() {
            let other = play.random.below(u64::try_from(index + 1)?);
            keys.swap(index, usize::try_from(other)?);
        }
        for some in keys.chunks(100) {
            let mut parts: Vec<_> = some
                .iter()
                .filter(|key| key.to_string() != POISONED)
                .map(|key| (key.to_string(), vec![some_cents(&mut play.random)]))
                .collect();
            parts.push((POISONED.to_owned(), vec![POISON]));
            end = play.place.log.append(&deposits(&parts)).await?.position;
        }
    }
    Ok(end)
}

/// How many events a second a view takes, from its first commit on, by one hand.
async fn rate(play: &Play<'_>, end: Position, name: &str, mut hand: Hand) -> Result<(f64, Hand)> {
    hand.await_begin()?;
    let begin = Instant::now();
    let operator = play.place.operator();
    loop {
        let shown = operator.show(name).await?;
        if shown.is_some_and(|shown| shown.position >= end) {
            break;
        }
        if begin.elapsed() > PATIENCE {
            return Err(format!("{name} does not come to its end").into());
        }
        sleep(PAUSE).await;
    }
    let events = f64::from(u32::try_from(end.get())?);
    Ok((events / begin.elapsed().as_secs_f64(), hand))
}
