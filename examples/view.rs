//! A view: a read model that is itself a fold, one row for each key, with columns to find rows by.
//!
//! ```sh
//! cargo run --example view
//! ```
//!
//! ```text
//! ada has 130 cents after 2 movements
//! the richest: bob with 500 cents, then ada with 130
//! ada had 250 cents when the log was 1 event long
//! ```

use std::{convert::Infallible, fs, time::Duration};

use annals::{AsOf, prelude::*};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Event)]
enum AccountEvent {
    #[event("money-deposited")]
    Deposited { cents: i64 },
    #[event("money-withdrawn")]
    Withdrawn { cents: i64 },
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(Deposited { cents } => self.balance + cents, Withdrawn { cents } => self.balance - cents)]
    balance: i64, // cents
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

/// Moves so many cents onto the account, or away from it.
struct Move(i64);

impl Command for Move {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, _: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        let Self(cents) = *self;
        Ok(vec![match cents {
            0.. => AccountEvent::Deposited { cents },
            _ => AccountEvent::Withdrawn { cents: -cents },
        }])
    }
}

/// What a row of the view says of an account.
#[derive(Debug, Default, Clone, Fold, Serialize, Deserialize)]
#[fold(AccountEvent)]
struct Statement {
    #[fold(Deposited { cents } => self.balance + cents, Withdrawn { cents } => self.balance - cents)]
    balance: i64, // cents
    #[fold(Deposited { .. } | Withdrawn { .. } => self.movements + 1)]
    movements: u32,
}

impl Statement {
    const BALANCE: Column<Self, i64> =
        Column::integer("balance", |it: &Self| it.balance.into()).indexed();
}

impl View for Statement {
    const NAME: &'static str = "statement";
    const KEYED: Keyed<AccountEvent> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::BALANCE.any()];
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = fs::remove_dir_all("target/view"); // What an earlier run has left.
    let annals = Annals::open("sqlite://target/view/bank.db").await?;
    let statements = annals.view::<Statement>();
    let running = annals.run([statements.runner()]);

    let first = annals.execute(Account::stream("ada"), Move(250)).await?;
    annals.execute(Account::stream("bob"), Move(500)).await?;
    let last = annals.execute(Account::stream("ada"), Move(-120)).await?;

    // What one has written is in the view, once that is as far.
    statements.wait_for(last.position(), Duration::from_secs(10)).await?;
    let ada = statements.get("ada").await?.unwrap_or_default();
    println!("ada has {} cents after {} movements", ada.balance, ada.movements);

    let richest = statements.query().order_by(Statement::BALANCE).descending();
    let page = richest.filter(Statement::BALANCE.above(0)).limit(2).page().await?;
    let told: Vec<_> = page.rows.iter().map(|(key, it)| (key.as_str(), it.balance)).collect();
    if let [(first, most), (second, less)] = told[..] {
        println!("the richest: {first} with {most} cents, then {second} with {less}");
    }

    let then = statements.as_of("ada", AsOf::Position(first.position())).await?;
    let then = then.unwrap_or_default().balance;
    println!("ada had {then} cents when the log was {} event long", first.position());
    running.stop().await?;
    Ok(())
}
