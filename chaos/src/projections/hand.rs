//! A hand: a process that does one thing until it is told to stop.

use serde::{Deserialize, Serialize};

use crate::{
    Result,
    journal::{Journal, orders},
    projections::{
        append::{self, AppendOrders},
        look::{self, LookOrders},
        report::Report,
        wait::{self, WaitOrders},
        work::{self, WorkOrders},
    },
};

/// The argument that makes a process of this program a hand.
pub const HAND: &str = "be-a-hand";

/// What a hand is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Orders {
    Work(WorkOrders),
    Append(AppendOrders),
    Wait(WaitOrders),
    Look(LookOrders),
}

/// Is a hand, as told by the input of this process.
///
/// # Errors
///
/// The orders make no sense, or the database refuses to be opened.
pub fn run() -> Result<()> {
    let (orders, stopped) = orders()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        match orders {
            Orders::Work(orders) => work::work(orders, stopped).await,
            Orders::Append(orders) => append::append(orders, stopped).await,
            Orders::Wait(orders) => wait::wait(orders, stopped).await,
            Orders::Look(orders) => look::look(orders, stopped).await,
        }
    })?;
    Journal.write(&Report::Ended);
    Ok(())
}
