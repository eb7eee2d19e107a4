//! Processes are killed at random moments, and started again.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Result,
    projections::{
        deposit::fill,
        outcome::Outcome,
        scenario::{PAUSE, Play, Progress},
        work::Model,
    },
};

const MODELS: [Model; 3] = [Model::Whole, Model::Sliced, Model::Tally];

const HANDS: usize = 4;

/// After how long somebody is killed even if nothing has moved meanwhile.
const LONGEST: Duration = Duration::from_secs(2);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let (events, accounts) = play.run.sized((10_000, 500), (200_000, 5_000));
    let kills = play.run.sized(20_i64, 220);
    let end = fill(&*play.place.log, events, accounts, &mut play.random).await?;
    let mut orders = play.work(&MODELS);
    orders.batch = play.run.sized(25, 50);
    let mut hands = vec![];
    for _ in 0..HANDS {
        hands.push(play.begin_work(&orders)?);
    }

    let all = end.get() * 3;
    let (mut progress, mut last) = (Progress::default(), Instant::now());
    let (mut killed, mut in_work) = (0, 0);
    while killed < kills {
        // The kills are spread over the work, and not over some time in which it may be done or not.
        let some = i64::try_from(play.random.below(100)).unwrap_or(0);
        let due = all * (killed * 100 + some) / (kills * 100 + 100);
        while progress.sum() < due && last.elapsed() < LONGEST {
            sleep(PAUSE).await;
            hands.iter_mut().for_each(|hand| progress.take(hand));
        }
        let pause = play.random.below(20_000);
        sleep(Duration::from_micros(pause)).await;
        let which = usize::try_from(play.random.below(4)).unwrap_or(0);
        let mut hand = hands.swap_remove(which);
        progress.take(&mut hand);
        play.kill(hand);
        hands.push(play.begin_work(&orders)?);
        (killed, last) = (killed + 1, Instant::now());
        in_work += i64::from(progress.sum() < all);
    }
    play.outcome
        .figures
        .push(format!("{killed} kills, {in_work} of them before the end was reached"));
    play.outcome.must(in_work * 10 > kills * 9, "the work was done before the kills");
    play.finish(hands, &MODELS).await
}
