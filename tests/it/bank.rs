//! The domain of these tests, and logs to run it on.

use std::{convert::Infallible, sync::Arc, time::Duration};

use annals::{
    Envelope, EventStore, Filter, MemoryStore, Retry, Settings, Stream, Writer, prelude::*,
};
use annals_testkit::{Call, Fault, FaultyStore, ManualClock};
use futures::TryStreamExt;

#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum AccountEvent {
    #[event("money-deposited")]
    Deposited { cents: u64, reference: String },
    #[event("money-withdrawn")]
    Withdrawn { cents: u64 },
}

#[derive(Debug, Default, Clone, PartialEq, Fold)]
#[fold(AccountEvent)]
pub(crate) struct Account {
    #[fold(
        Deposited { cents, .. } => self.balance + cents,
        Withdrawn { cents } => self.balance - cents,
    )]
    pub(crate) balance: u64, // cents
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

pub(crate) fn ada() -> Stream<Account> {
    Account::stream("ada")
}

#[derive(Debug, Clone)]
pub(crate) struct Deposit {
    pub(crate) cents: u64,
    pub(crate) reference: String,
}

/// A deposit of that many cents.
pub(crate) fn deposit(cents: u64) -> Deposit {
    Deposit { cents, reference: String::new() }
}

impl Command for Deposit {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        let Self { cents, reference } = self.clone();
        Ok(vec![AccountEvent::Deposited { cents, reference }])
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Withdraw {
    pub(crate) cents: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{short_by} cents short")]
pub(crate) struct Overdrawn {
    pub(crate) short_by: u64,
}

impl Command for Withdraw {
    type Aggregate = Account;
    type Rejection = Overdrawn;

    fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Overdrawn> {
        if account.balance < self.cents {
            return Err(Overdrawn { short_by: self.cents - account.balance });
        }
        Ok(vec![AccountEvent::Withdrawn { cents: self.cents }])
    }
}

/// Withdraws all there is, in two halves; nothing, if there is nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Empty;

impl Command for Empty {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        let half = account.balance / 2;
        let halves = [half, account.balance - half].into_iter().filter(|cents| *cents > 0);
        Ok(halves.map(|cents| AccountEvent::Withdrawn { cents }).collect())
    }
}

/// An empty log in memory.
pub(crate) fn memory() -> Arc<dyn EventStore> {
    Arc::new(MemoryStore::new(Arc::new(ManualClock::default())))
}

/// An empty log in memory, begun that many days after 1970.
pub(crate) fn memory_of_day(days: u64) -> Arc<dyn EventStore> {
    let clock = ManualClock::default();
    clock.advance(Duration::from_secs(days * 24 * 60 * 60));
    Arc::new(MemoryStore::new(Arc::new(clock)))
}

/// An empty log in memory on which nothing goes wrong, and whose calls are counted.
pub(crate) fn counting() -> Arc<FaultyStore> {
    faulty(|_| None)
}

/// An empty log in memory, with faults.
pub(crate) fn faulty(
    plan: impl Fn(Call) -> Option<Fault> + Send + Sync + 'static,
) -> Arc<FaultyStore> {
    faulty_around(memory(), plan)
}

/// A way to a log on which faults are met, while others have theirs.
pub(crate) fn faulty_around(
    store: Arc<dyn EventStore>,
    plan: impl Fn(Call) -> Option<Fault> + Send + Sync + 'static,
) -> Arc<FaultyStore> {
    Arc::new(FaultyStore::new(store, plan))
}

/// What one process has of a log. Nobody waits in it: the clock leaps.
pub(crate) fn process(store: Arc<dyn EventStore>, settings: Settings) -> Annals {
    let clock = Arc::new(ManualClock::default().leaping());
    Annals::on(Writer::new(store).with_clock(clock), settings)
}

/// Default settings, but that nothing is tried again.
pub(crate) fn impatient() -> Settings {
    Settings { retry: Retry::NEVER, ..Settings::default() }
}

/// All that was recorded, in order.
pub(crate) async fn log(store: &dyn EventStore) -> Vec<Arc<Envelope>> {
    let log: Vec<_> = store.read_log(Position::START, Filter::All).try_collect().await.unwrap();
    let positions = log.iter().map(|event| event.position.get());
    assert!(positions.eq(1..=i64::try_from(log.len()).unwrap()), "positions have no gaps");
    log
}

/// The references of all deposits, in order.
pub(crate) async fn references(store: &dyn EventStore) -> Vec<String> {
    let events = log(store).await.into_iter().map(|envelope| envelope.decode().unwrap());
    let reference = |event| match event {
        Some(AccountEvent::Deposited { reference, .. }) => Some(reference),
        _ => None,
    };
    events.filter_map(reference).collect()
}
