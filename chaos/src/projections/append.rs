//! A hand that appends, by several tasks, until it is told to stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use annals_core::{Append, AppendError, Appended, EventStore};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::sleep};

use crate::{
    Result,
    journal::Journal,
    projections::{
        deposit::{POISON, deposit, some_cents},
        place::Place,
        report::Report,
    },
    random::Random,
    record::chain,
    worker::{Patience, is_passing},
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AppendOrders {
    pub(crate) url: String,
    pub(crate) seed: u64,
    pub(crate) tasks: u64,
    /// On how many accounts.
    pub(crate) accounts: u64,
    /// How long each task rests between two appends.
    pub(crate) pause: Duration,
    /// The account that now and then gets poison.
    pub(crate) poisoned: Option<u64>,
}

pub(crate) async fn append(orders: AppendOrders, stopped: watch::Receiver<bool>) -> Result<()> {
    let place = Place::open(&orders.url).await?;
    let events = Arc::new(AtomicU64::new(0));
    Journal.write(&Report::Began);
    let tasks = (0..orders.tasks).map(|task| {
        let (log, orders) = (Arc::clone(&place.log), orders.clone());
        let (events, stopped) = (Arc::clone(&events), stopped.clone());
        tokio::spawn(async move {
            let mut random = Random::new(&[orders.seed, 20, task]);
            while !*stopped.borrow() {
                let mut account = random.below(orders.accounts);
                let mut cents: Vec<_> =
                    (0..=random.below(3)).map(|_| some_cents(&mut random)).collect();
                if let Some(poisoned) = orders.poisoned.filter(|_| random.below(10) == 0) {
                    account = poisoned;
                    cents.push(POISON);
                }
                let append = deposit(&account.to_string(), &cents);
                match insist(&*log, &append, &mut random).await {
                    Ok(_) => {
                        let number = u64::try_from(cents.len()).unwrap_or(0);
                        events.fetch_add(number, Ordering::Relaxed);
                    }
                    Err(error) => return Journal.write(&Report::Wrong { why: chain(&error) }),
                }
                sleep(orders.pause).await;
            }
        })
    });
    for ended in join_all(tasks.collect::<Vec<_>>()).await {
        ended?;
    }
    Journal.write(&Report::Appended { events: events.load(Ordering::Relaxed) });
    Ok(())
}

/// Appends, however often the store is not available meanwhile.
pub(crate) async fn insist(
    log: &dyn EventStore,
    append: &Append,
    random: &mut Random,
) -> std::result::Result<Appended, AppendError> {
    let mut patience = Patience::default();
    loop {
        match log.append(append).await {
            Err(AppendError::Store(error)) if is_passing(&error) => patience.pause(random).await,
            answer => return answer,
        }
    }
}
