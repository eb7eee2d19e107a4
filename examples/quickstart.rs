//! A bank account: events, a state folded from them, commands decided on it; and a log in a file.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! ```text
//! Account { owner: Some("Ada"), balance: 250 } opened, at revision 2
//! 130 cents left, at revision 3
//! not withdrawn: 20 cents short
//! the log, opened again:
//!   1  account:ada  account-opened  {"owner":"Ada"}
//!   2  account:ada  money-deposited  {"cents":250}
//!   3  account:ada  money-withdrawn  {"cents":120}
//! ```

use std::fs;

use annals::{Filter, prelude::*};
use futures::TryStreamExt;

#[derive(Debug, Clone, PartialEq, Event)]
enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: String },
    #[event("money-deposited")]
    Deposited { cents: u64 },
    #[event("money-withdrawn")]
    Withdrawn { cents: u64 },
}

/// Each field says which events change it, and to what.
#[derive(Debug, Default, Clone, Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(Opened { owner } => Some(owner.clone()))]
    owner: Option<String>,
    #[fold(Deposited { cents } => self.balance + cents, Withdrawn { cents } => self.balance - cents)]
    balance: u64, // cents
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

struct Open(&'static str, u64); // owner, cents

impl Command for Open {
    type Aggregate = Account;
    type Rejection = std::convert::Infallible;

    fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Self::Rejection> {
        let opened = AccountEvent::Opened { owner: self.0.to_owned() };
        Ok(vec![opened, AccountEvent::Deposited { cents: self.1 }])
    }
}

struct Withdraw {
    cents: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("{short_by} cents short")]
struct Overdrawn {
    short_by: u64,
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = fs::remove_dir_all("target/quickstart"); // What an earlier run has left.
    let url = "sqlite://target/quickstart/bank.db";
    let (annals, ada) = (Annals::open(url).await?, Account::stream("ada"));

    let opened = annals.execute(ada.clone(), Open("Ada", 250)).await?;
    println!("{:?} opened, at revision {}", opened.state(), opened.revision());

    let withdrawn = annals.execute(ada.clone(), Withdraw { cents: 120 }).await?;
    println!("{} cents left, at revision {}", withdrawn.state().balance, withdrawn.revision());

    if let Err(no) = annals.execute(ada, Withdraw { cents: 150 }).await {
        println!("not withdrawn: {no}");
    }

    println!("the log, opened again:");
    let annals = Annals::open(url).await?;
    let mut log = annals.store().read_log(Position::START, Filter::All);
    while let Some(event) = log.try_next().await? {
        let payload = String::from_utf8_lossy(event.payload.as_bytes());
        println!("  {}  {}  {}  {payload}", event.position, event.stream, event.event_type);
    }
    Ok(())
}
