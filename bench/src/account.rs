//! What happens in these benchmarks: accounts, and what befalls them.

use std::convert::Infallible;

use annals::{EventId, NewEvent, SystemClock, prelude::*};
use serde::Deserialize;

/// Ten types of events. `sql/fill_log.sql` writes the same.
#[derive(Debug, Clone, PartialEq, Event)]
pub(crate) enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: String },
    #[event("account-renamed")]
    Renamed { owner: String },
    #[event("money-deposited")]
    Deposited { cents: u64, reference: String },
    #[event("money-sent")]
    Sent { cents: u64, reference: String },
    #[event("money-received")]
    Received { cents: u64, reference: String },
    #[event("money-withdrawn")]
    Withdrawn { cents: u64 },
    #[event("fee-charged")]
    Charged { cents: u64 },
    #[event("interest-paid")]
    Paid { cents: u64 },
    #[event("limit-set")]
    Limited { cents: u64 },
    #[event("account-audited")]
    Audited { owner: String },
}

/// One in 100,000 events is of this type.
pub(crate) const RARE: &str = "account-audited";

#[derive(Debug, Default, Clone, Fold)]
#[fold(AccountEvent)]
pub(crate) struct Account {
    #[fold(
        Opened { owner } => owner.clone(),
        Renamed { owner } => owner.clone(),
        Audited { owner } => owner.clone(),
    )]
    pub(crate) owner: String,
    #[fold(
        Deposited { cents, .. } => self.balance.wrapping_add(*cents),
        Received { cents, .. } => self.balance.wrapping_add(*cents),
        Paid { cents } => self.balance.wrapping_add(*cents),
        Sent { cents, .. } => self.balance.wrapping_sub(*cents),
        Withdrawn { cents } => self.balance.wrapping_sub(*cents),
        Charged { cents } => self.balance.wrapping_sub(*cents),
    )]
    pub(crate) balance: u64, // cents
    #[fold(Limited { cents } => *cents)]
    pub(crate) limit: u64, // cents
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

/// Deposits, and says what the balance was.
pub(crate) struct Deposit;

impl Command for Deposit {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        Ok(vec![deposited(account.balance)])
    }
}

/// What is recorded wherever one event is recorded.
pub(crate) fn deposited(balance: u64) -> AccountEvent {
    AccountEvent::Deposited { cents: 1, reference: format!("after {balance}") }
}

/// An event as it is sent to a store. For the raw ways it is written down just so.
pub(crate) fn new_event(event: &AccountEvent) -> NewEvent {
    let id = EventId::at(annals::Clock::now(&SystemClock));
    NewEvent::encode(id, event, Metadata::default()).expect("within the limits")
}

/// The same content, as one would read it without Annals.
#[derive(Deserialize)]
struct Named {
    owner: String,
}

#[derive(Deserialize)]
struct Moved {
    cents: u64,
}

#[derive(Deserialize)]
struct Referred {
    cents: u64,
    reference: String,
}

/// An event, read by hand.
pub(crate) fn read_by_hand(name: &str, payload: &[u8]) -> AccountEvent {
    let text = std::str::from_utf8(payload).expect("JSON is text");
    let named = || serde_json::from_str(text).expect("the payload is well formed");
    let moved = || serde_json::from_str(text).expect("the payload is well formed");
    let referred = || serde_json::from_str(text).expect("the payload is well formed");
    match name {
        "account-opened" => {
            let Named { owner } = named();
            AccountEvent::Opened { owner }
        }
        "account-renamed" => {
            let Named { owner } = named();
            AccountEvent::Renamed { owner }
        }
        "money-deposited" => {
            let Referred { cents, reference } = referred();
            AccountEvent::Deposited { cents, reference }
        }
        "money-sent" => {
            let Referred { cents, reference } = referred();
            AccountEvent::Sent { cents, reference }
        }
        "money-received" => {
            let Referred { cents, reference } = referred();
            AccountEvent::Received { cents, reference }
        }
        "money-withdrawn" => {
            let Moved { cents } = moved();
            AccountEvent::Withdrawn { cents }
        }
        "fee-charged" => {
            let Moved { cents } = moved();
            AccountEvent::Charged { cents }
        }
        "interest-paid" => {
            let Moved { cents } = moved();
            AccountEvent::Paid { cents }
        }
        "limit-set" => {
            let Moved { cents } = moved();
            AccountEvent::Limited { cents }
        }
        RARE => {
            let Named { owner } = named();
            AccountEvent::Audited { owner }
        }
        other => panic!("no such event: {other}"),
    }
}
