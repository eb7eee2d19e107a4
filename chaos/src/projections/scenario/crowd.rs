//! Processes join and leave while many write: some leave well, and some are killed.

use std::time::{Duration, Instant};

use tokio::time::{sleep, sleep_until};

use crate::{
    Result,
    projections::{deposit::fill, outcome::Outcome, scenario::Play, work::Model},
};

const MODELS: [Model; 3] = [Model::Whole, Model::Sliced, Model::Tally];

const WRITERS: u64 = 8;

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    fill(&*play.place.log, 2_000, 500, &mut play.random).await?;
    let orders = play.work(&MODELS);
    let writer = play.begin(&play.append(WRITERS, 500, Duration::from_millis(5)))?;
    let between = play.run.sized(Duration::from_millis(500), Duration::from_secs(2));
    let begin = tokio::time::Instant::now();
    let mut hands = vec![play.begin_work(&orders)?];
    let (mut joined, mut left, mut killed) = (1, 0, 0);
    let mut rounds = 0;
    // On a busy machine it takes longer until somebody has left well and somebody was killed.
    while begin.elapsed() < play.run.length || left == 0 || killed == 0 {
        rounds += 1;
        sleep_until(begin + between * rounds).await;
        // From one to three of them.
        let joins = hands.len() == 1 || (hands.len() < 3 && play.random.below(2) == 0);
        if joins {
            hands.push(play.begin_work(&orders)?);
            joined += 1;
            continue;
        }
        let which = play.random.below(u64::try_from(hands.len())?);
        let mut hand = hands.swap_remove(usize::try_from(which)?);
        if left <= killed {
            // Before it is at work it does not listen.
            hand.await_begin()?;
            let leaving = Instant::now();
            hand.signal("TERM")?;
            play.end(hand);
            let took = leaving.elapsed();
            if took > Duration::from_secs(5) {
                play.outcome.findings.push(format!("it took {took:?} to leave"));
            }
            left += 1;
        } else {
            play.kill(hand);
            killed += 1;
        }
        // Now and then nobody is there for a moment, or as many as before.
        sleep(Duration::from_micros(play.random.below(50_000))).await;
        hands.push(play.begin_work(&orders)?);
        joined += 1;
    }
    play.outcome.figures.push(format!("{joined} joined, {left} left, {killed} were killed"));
    play.outcome.must(left > 0 && killed > 0, "nobody left, or nobody was killed");
    play.stop(writer);
    play.finish(hands, &MODELS).await
}
