//! Read models that are written in the transaction of a command.

use std::{fs, path::Path, process};

use annals::{Rows, prelude::*};
use futures::future::join_all;
use serde::{Deserialize, Serialize};

use crate::bank::{AccountEvent, Overdrawn, Withdraw, ada, deposit, log};

/// What is on an account, and how often that has changed.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, Fold)]
#[fold(AccountEvent)]
struct Statement {
    #[fold(
        Deposited { cents, .. } => self.balance + cents,
        Withdrawn { cents } => self.balance - cents,
    )]
    balance: u64,
    #[fold(Deposited | Withdrawn => self.changes + 1)]
    changes: u64,
}

impl View for Statement {
    const NAME: &'static str = "statement";
    const KEYED: Keyed<AccountEvent> = Keyed::ById;
}

async fn adas(rows: &Rows<Statement>) -> Statement {
    rows.get("ada").await.unwrap().unwrap_or_default()
}

/// 16 tasks on one stream: what a command has answered is in the rows at once.
async fn assert_inline(url: &str) {
    let plain = Annals::open(url).await.unwrap();
    plain.execute(ada(), deposit(5)).await.unwrap();
    let annals = plain.inline([plain.view::<Statement>().runner()]).await.unwrap();
    assert_eq!(adas(&annals.view()).await, Statement { balance: 5, changes: 1 });

    let tasks = (0..16).map(|_| {
        let (annals, rows) = (annals.clone(), annals.view::<Statement>());
        tokio::spawn(async move {
            for _ in 0..10 {
                let committed = annals.execute(ada(), deposit(2)).await.unwrap();
                let found = adas(&rows).await;
                let reached = i64::try_from(found.changes).unwrap();
                assert!(reached >= committed.revision().get(), "{found:?}");
                annals.execute(ada(), Withdraw { cents: 1 }).await.unwrap();
            }
        })
    });
    join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    let expected = Statement { balance: 165, changes: 321 };
    assert_eq!(adas(&annals.view()).await, expected);
    assert_eq!(log(&**annals.store()).await.len(), 321);

    // What is rejected, and what is repeated, changes nothing.
    let refused = annals.execute(ada(), Withdraw { cents: 200 }).await;
    assert!(matches!(refused, Err(ExecuteError::Rejected(Overdrawn { short_by: 35 }))));
    for _ in 0..2 {
        annals.execute(ada(), deposit(100)).idempotency_key("once").await.unwrap();
    }
    assert_eq!(adas(&annals.view()).await, Statement { balance: 265, changes: 322 });
}

#[tokio::test(flavor = "multi_thread")]
async fn in_memory_what_a_command_has_answered_is_in_the_rows() {
    assert_inline("memory:").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_sqlite_what_a_command_has_answered_is_in_the_rows() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = directory.join(format!("annals-inline-{}", process::id()));
    let _ = fs::remove_dir_all(&directory); // Of an earlier process of that number.
    assert_inline(&format!("sqlite://{}/bank.db", directory.display())).await;
    fs::remove_dir_all(directory).unwrap();
}
