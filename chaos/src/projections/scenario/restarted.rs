//! The server is restarted in the middle, several times.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    Result,
    projections::{
        append::insist,
        deposit::{deposit, fill},
        outcome::Outcome,
        scenario::Play,
        work::Model,
    },
};

const MODELS: [Model; 3] = [Model::Whole, Model::Sliced, Model::Tally];

/// How long read models may take to go on when the server is there again.
const LONGEST: Duration = Duration::from_secs(5);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let restarts = play.run.sized(2, 10);
    let events = play.run.sized(2_000, 20_000);
    let end = fill(&*play.place.log, events, 500, &mut play.random).await?;
    let orders = play.work(&MODELS);
    let hands = vec![play.begin_work(&orders)?, play.begin_work(&orders)?];
    // It is to be seen how long it takes to go on, and not how long to catch up with everything.
    play.catch_up(&MODELS, end).await?;
    let writer = play.begin(&play.append(4, 500, Duration::from_millis(20)))?;
    let mut healed = vec![];
    for _ in 0..restarts {
        let some = play.random.below(1_000);
        sleep(Duration::from_millis(300 + some)).await;
        play.stage.restart()?;
        let back = Instant::now();
        let append = deposit("watched", &[1]);
        let end = insist(&*play.place.log, &append, &mut play.random).await?.position;
        // Everything up to then is there too, so this is longer than it takes to go on.
        play.catch_up(&MODELS, end).await?;
        healed.push(back.elapsed());
    }
    let longest = healed.iter().max().copied().unwrap_or_default();
    play.outcome.figures.push(format!("{restarts} restarts, healed within {longest:?} at most"));
    if longest > LONGEST {
        play.outcome.findings.push(format!("it took {longest:?} to heal: {healed:?}"));
    }
    play.stop(writer);
    play.finish(hands, &MODELS).await
}
