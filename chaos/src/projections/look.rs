//! A hand that reads a view again and again while it is rebuilt, and sees whether what it reads belongs together.

use std::{collections::BTreeMap, time::Duration};

use annals_core::StoreError;
use annals_projections::Rows;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    Result,
    journal::Journal,
    projections::{
        models::{Account, Sliced, Statement},
        place::Place,
        report::Report,
    },
    random::Random,
    record::chain,
};

/// How many of the reads are of the whole view: it takes long.
const WHOLE: u64 = 10;

/// More rows than there are.
const MOST: usize = 1_000_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LookOrders {
    pub(crate) url: String,
    pub(crate) seed: u64,
    pub(crate) accounts: u64,
    /// How long between two reads.
    pub(crate) pause: Duration,
}

pub(crate) async fn look(orders: LookOrders, stopped: watch::Receiver<bool>) -> Result<()> {
    let place = Place::open(&orders.url).await?;
    let rows = place.rows::<Statement<Sliced>>();
    let mut random = Random::new(&[orders.seed, 22]);
    let mut timer = interval(orders.pause);
    timer.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut reads, mut versions) = (0, BTreeMap::<u32, u64>::new());
    let mut seen = BTreeMap::<String, Account>::new();
    Journal.write(&Report::Began);
    while !*stopped.borrow() {
        timer.tick().await;
        reads += 1;
        match read(&rows, orders.accounts, &mut random).await {
            Ok(found) => check(found, &mut seen, &mut versions),
            Err(error) => Journal.write(&Report::Wrong { why: chain(&error) }),
        }
    }
    let versions = versions.into_iter().collect();
    Journal.write(&Report::Looked { reads, versions });
    Ok(())
}

/// What was asked for together, if it was not all there is; and what was found.
struct Found {
    asked: Option<Vec<String>>,
    accounts: BTreeMap<String, Account>,
}

async fn read(
    rows: &Rows<Statement<Sliced>>,
    accounts: u64,
    random: &mut Random,
) -> std::result::Result<Found, StoreError> {
    if random.below(WHOLE) == 0 {
        let page = rows.query().limit(MOST).page().await?;
        let accounts = page.rows.into_iter().map(|(key, it)| (key, it.0)).collect();
        return Ok(Found { asked: None, accounts });
    }
    if random.below(2) == 0 {
        let key = random.below(accounts).to_string();
        let found = rows.get(&key).await?;
        let accounts = found.into_iter().map(|it| (key.clone(), it.0)).collect();
        return Ok(Found { asked: Some(vec![key]), accounts });
    }
    let keys: Vec<_> = (0..20).map(|_| random.below(accounts).to_string()).collect();
    let found = rows.get_many(keys.clone()).await?;
    let accounts = found.into_iter().map(|(key, it)| (key, it.0)).collect();
    Ok(Found { asked: Some(keys), accounts })
}

/// What is read together is of one version, and nothing is ever further back than it was.
fn check(found: Found, seen: &mut BTreeMap<String, Account>, versions: &mut BTreeMap<u32, u64>) {
    let wrong = |why| Journal.write(&Report::Wrong { why });
    let mut its: Vec<_> = found.accounts.values().map(|account| account.version).collect();
    its.sort_unstable();
    its.dedup();
    if its.len() > 1 {
        wrong(format!("a mixture of versions: {its:?}"));
    }
    if let Some(version) = its.first() {
        *versions.entry(*version).or_default() += 1;
    }
    let asked = found.asked.unwrap_or_else(|| seen.keys().cloned().collect());
    for key in asked {
        if seen.contains_key(&key) && !found.accounts.contains_key(&key) {
            wrong(format!("the row of {key} is gone"));
        }
    }
    for (key, account) in found.accounts {
        if let Some(before) = seen.get(&key)
            && (before.deposits > account.deposits || before.version > account.version)
        {
            wrong(format!("the row of {key} was {before:?} and is {account:?}"));
        }
        seen.insert(key, account);
    }
}
