//! A hand that appends, waits until that is in a read model which others run, and reads it there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use annals_projections::Rows;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    Result,
    journal::Journal,
    projections::{
        append::insist,
        deposit::{deposit, some_cents},
        models::{Kind, Sliced, Statement, Whole},
        place::Place,
        report::Report,
    },
    random::Random,
    record::chain,
};

/// How long something may take to be in the read model.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WaitOrders {
    pub(crate) url: String,
    pub(crate) seed: u64,
    pub(crate) tasks: u64,
    pub(crate) trials: u64,
}

pub(crate) async fn wait(orders: WaitOrders, stopped: watch::Receiver<bool>) -> Result<()> {
    let place = Arc::new(Place::open(&orders.url).await?);
    let (done, longest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    Journal.write(&Report::Began);
    let tasks = (0..orders.tasks).map(|task| {
        let (place, stopped) = (Arc::clone(&place), stopped.clone());
        let (done, longest, orders) = (Arc::clone(&done), Arc::clone(&longest), orders.clone());
        tokio::spawn(async move {
            let mut random = Random::new(&[orders.seed, 21, task]);
            let account = format!("own-{task}");
            let (whole, sliced) = (place.rows::<Statement<Whole>>(), place.rows());
            let mut deposits = 0;
            while !*stopped.borrow() && done.load(Ordering::Relaxed) < orders.trials {
                let cents: Vec<_> =
                    (0..=random.below(3)).map(|_| some_cents(&mut random)).collect();
                let appended = insist(&*place.log, &deposit(&account, &cents), &mut random).await;
                let position = match appended {
                    Ok(appended) => appended.position,
                    Err(error) => return Journal.write(&Report::Wrong { why: chain(&error) }),
                };
                deposits += i64::try_from(cents.len()).unwrap_or(0);
                let begin = Instant::now();
                let read = if random.below(2) == 0 {
                    read(&whole, position, &account).await
                } else {
                    read::<Sliced>(&sliced, position, &account).await
                };
                let millis = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                longest.fetch_max(millis, Ordering::Relaxed);
                let why = match read {
                    Ok(found) if found == deposits => None,
                    Ok(found) => Some(format!("stale: {found} deposits, and not {deposits}")),
                    Err(why) => Some(why),
                };
                if let Some(why) = why {
                    Journal.write(&Report::Wrong { why });
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for ended in join_all(tasks.collect::<Vec<_>>()).await {
        ended?;
    }
    let (trials, longest_millis) = (done.load(Ordering::Relaxed), longest.load(Ordering::Relaxed));
    Journal.write(&Report::Waited { trials, longest_millis });
    Ok(())
}

/// How many deposits there are in the view, once it is at that position.
async fn read<K: Kind>(
    rows: &Rows<Statement<K>>,
    position: annals_core::Position,
    account: &str,
) -> std::result::Result<i64, String> {
    rows.wait_for(position, PATIENCE).await.map_err(|error| chain(&error))?;
    let found = rows.get(account).await.map_err(|error| chain(&error))?;
    Ok(found.map_or(0, |found| found.0.deposits))
}
