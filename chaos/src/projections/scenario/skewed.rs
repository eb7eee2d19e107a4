//! The clocks of the processes are wrong by an hour, in both directions, while processes come and go.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    Result,
    projections::{deposit::fill, outcome::Outcome, scenario::Play, work::Model},
};

const MODELS: [Model; 3] = [Model::Whole, Model::Sliced, Model::Tally];

/// In microseconds.
const HOUR: i64 = 3_600_000_000;

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let (events, rounds) = play.run.sized((5_000, 6), (100_000, 40));
    fill(&*play.place.log, events, 500, &mut play.random).await?;
    let writer = play.begin(&play.append(4, 500, Duration::from_millis(10)))?;
    let orders = |play: &Play<'_>, number: usize| {
        let mut orders = play.work(&MODELS);
        orders.batch = 50;
        orders.skew = [-HOUR, 0, HOUR][number % 3];
        orders
    };
    let mut hands = vec![];
    for number in 0..3 {
        hands.push(play.begin_work(&orders(&play, number))?);
    }
    let between = play.run.length / rounds;
    for round in 0..rounds {
        sleep(between).await;
        // In turn, so that each clock takes over from each.
        let hand = hands.remove(0);
        if round % 2 == 0 {
            play.kill(hand);
        } else {
            play.stop(hand);
        }
        let number = usize::try_from(round)?;
        hands.push(play.begin_work(&orders(&play, number))?);
    }
    play.outcome.figures.push(format!("{rounds} processes replaced, clocks an hour apart"));
    play.stop(writer);
    play.finish(hands, &MODELS).await
}
