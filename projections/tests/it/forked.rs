//! Logs that are not what a read model was built from.

use std::time::Duration;

use annals_memory::MemoryCheckpoints;
use annals_projections::{Halted, WaitError};

use crate::{
    account::deposit,
    balances::{Balances, log, read, start},
};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_log_that_was_restored_to_an_earlier_state_is_refused() {
    let (first, checkpoints) = (log(), MemoryCheckpoints::default());
    let end = deposit(&*first, 1, &[1; 5]).await;
    let running = start(&first, &checkpoints, Balances::new());
    running.wait_for(end, PATIENCE).await.unwrap();
    running.stop().await.unwrap();

    // Shorter; as long, with other events; longer.
    for events in [3, 5, 9] {
        let other = log();
        let end = deposit(&*other, 1, &vec![1; events]).await.plus(10);
        let running = start(&other, &checkpoints, Balances::new());
        match running.wait_for(end, PATIENCE).await {
            Err(WaitError::Halted { source: Halted::Forked { position }, .. }) => {
                assert_eq!(position.get(), 5, "{events} events");
            }
            other => panic!("{events} events: {other:?}"),
        }
        assert_eq!(read(&checkpoints, 1), Some((5, 5)), "nothing was written");
    }
}
