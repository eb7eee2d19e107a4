//! A process is stopped past its leases, and wakes when others have taken over.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    Result,
    projections::{
        chain::{Mark, mark},
        deposit::fill,
        hands::Hand,
        outcome::Outcome,
        report::Report,
        scenario::{PAUSE, Play},
        work::Model,
    },
};

const MODELS: [Model; 3] = [Model::Whole, Model::Sliced, Model::Tally];

const HANDS: usize = 3;

const LEASE: Duration = Duration::from_millis(300);

/// How long others may take to take over. It may be longer only while the one that is stopped keeps them from it
/// with a lock of the database.
const TAKEOVER: Duration = Duration::from_secs(4);

pub(super) async fn run(mut play: Play<'_>) -> Result<Outcome> {
    let events = play.run.sized(10_000, 200_000);
    fill(&*play.place.log, events, 500, &mut play.random).await?;
    let writer = play.begin(&play.append(4, 500, Duration::from_millis(10)))?;
    let mut orders = play.work(&MODELS);
    (orders.lease, orders.batch) = (LEASE, 50);
    let mut hands = vec![];
    for _ in 0..HANDS {
        hands.push(play.begin_work(&orders)?);
    }
    let begin = Instant::now();
    let (mut rounds, mut locked, mut taken) = (0, 0, 0);
    while begin.elapsed() < play.run.length || taken == 0 {
        rounds += 1;
        let pause = 50_000 + play.random.below(400_000);
        sleep(Duration::from_micros(pause)).await;
        let which = usize::try_from(play.random.below(u64::try_from(HANDS)?))?;
        hands[which].signal("STOP")?;
        match await_takeover(&play, &mut hands[which]).await? {
            Some(shares) => taken += shares,
            None => locked += 1,
        }
        hands[which].signal("CONT")?;
        if rounds > 1_000 {
            break;
        }
    }
    play.outcome.figures.push(format!(
        "{rounds} times stopped, in which {taken} shares were taken over; {locked} times with a lock"
    ));
    play.outcome.must(taken > 0, "nothing was taken over");
    play.stop(writer);
    play.finish(hands, &MODELS).await
}

/// Waits until others have all that the stopped one has, and have gone on with it. How many shares these are;
/// `None` if they cannot.
async fn await_takeover(play: &Play<'_>, stopped: &mut Hand) -> Result<Option<usize>> {
    let begin = Instant::now();
    let mut had = None;
    loop {
        sleep(PAUSE).await;
        stopped.news();
        let its = workers(stopped);
        let marks = marks(play).await?;
        let is_its = |mark: &Mark| mark.owner.is_some_and(|owner| its.contains(&owner));
        let held = || marks.iter().filter(|(_, mark)| is_its(mark)).map(|(key, _)| key.clone());
        let had = had.get_or_insert_with(|| (held().collect::<BTreeSet<_>>(), marks.clone()));
        let (had, then) = had;
        let has_gone_on = |key: &String| {
            let mark = marks.get(key);
            mark.is_some_and(|mark| {
                !is_its(mark) && Some(mark.position) > then.get(key).map(|it| it.position)
            })
        };
        if had.iter().all(has_gone_on) {
            return Ok(Some(had.len()));
        }
        if begin.elapsed() > TAKEOVER {
            return Ok(None);
        }
    }
}

/// As whom a hand has written: one for each of its read models.
fn workers(hand: &Hand) -> BTreeSet<Uuid> {
    let moves = hand.reports.iter().filter_map(|report| match report {
        Report::Committed(moves) => Some(moves),
        _ => None,
    });
    moves.flatten().filter_map(|to| mark(to.to.as_deref()?)?.owner).collect()
}

/// All checkpoints.
async fn marks(play: &Play<'_>) -> Result<BTreeMap<String, Mark>> {
    let records = play.place.models.records("checkpoint", "", "", 1_000).await?;
    Ok(records.into_iter().filter_map(|it| Some((it.key, mark(&it.content)?))).collect())
}
