//! A read model: a table of balances, kept up to date from the log, each event exactly once.
//!
//! ```sh
//! cargo run --example projection
//! ```
//!
//! ```text
//! ada has 130 cents after 2 movements
//! bob has 50 cents after 1 movements
//! the read model is at position 3
//! ```

use std::{convert::Infallible, fs, time::Duration};

use annals::{Build, SqliteTx, prelude::*};
use sqlx::{Connection, Row, SqliteConnection};

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

/// One row for each account.
struct Balances;

impl Projection<SqliteTx> for Balances {
    type Event = AccountEvent;
    type Error = sqlx::Error;
    const NAME: &'static str = "balances";

    async fn begin(&self, _: Build, tx: &mut SqliteTx) -> Result<(), sqlx::Error> {
        let create =
            "CREATE TABLE balance (account TEXT PRIMARY KEY, cents INTEGER, movements INTEGER)";
        sqlx::query(create).execute(tx.connection()).await.map(|_| ())
    }

    async fn project(
        &self,
        recorded: &Recorded<AccountEvent>,
        _: Build,
        tx: &mut SqliteTx,
    ) -> Result<(), sqlx::Error> {
        let moved = match recorded.event {
            AccountEvent::Deposited { cents } => cents,
            AccountEvent::Withdrawn { cents } => -cents,
        };
        sqlx::query(
            "INSERT INTO balance VALUES ($1, $2, 1) ON CONFLICT (account)
             DO UPDATE SET cents = cents + excluded.cents, movements = movements + 1",
        )
        .bind(recorded.envelope.stream.id())
        .bind(moved)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = fs::remove_dir_all("target/projection"); // What an earlier run has left.
    let url = "sqlite://target/projection/bank.db";
    let annals = Annals::open(url).await?;
    let running = annals.run([annals.project(Balances)]);
    annals.execute(Account::stream("ada"), Move(250)).await?;
    annals.execute(Account::stream("bob"), Move(50)).await?;
    let last = annals.execute(Account::stream("ada"), Move(-120)).await?;

    // What one has written is in the read model, once that is as far.
    running.wait_for(last.position(), Duration::from_secs(10)).await?;
    let mut sql = SqliteConnection::connect(url).await?;
    let rows = sqlx::query("SELECT account, cents, movements FROM balance ORDER BY account");
    for row in rows.fetch_all(&mut sql).await? {
        let (account, cents, movements): (&str, i64, i64) = (row.get(0), row.get(1), row.get(2));
        println!("{account} has {cents} cents after {movements} movements");
    }

    for status in running.stop().await? {
        println!("the read model is at position {}", status.position);
    }
    Ok(())
}
