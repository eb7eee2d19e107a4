//! Reading what one has written.

use std::time::Duration;

use annals_memory::MemoryCheckpoints;
use annals_projections::WaitError;

use crate::{
    account::deposit,
    balances::{Balances, log, start},
};

#[tokio::test]
async fn what_is_not_there_in_time_is_told_with_how_far_it_is() {
    let (log, checkpoints) = (log(), MemoryCheckpoints::default());
    let there = deposit(&*log, 1, &[1; 3]).await;
    let running = start(&log, &checkpoints, Balances::new());
    running.wait_for(there, Duration::from_secs(30)).await.unwrap();
    let timeout = Duration::from_millis(1);
    match running.wait_for(there.plus(1), timeout).await {
        Err(WaitError::TimedOut { name, position, wanted, .. }) => {
            assert_eq!((name, position, wanted), ("balances", there, there.plus(1)));
        }
        other => panic!("{other:?}"),
    }
}
