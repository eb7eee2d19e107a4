//! Whatever is asked of a store, in whatever order, it answers like the model.

use proptest::test_runner::{Config, TestRunner};
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    conformance::words::Store,
    histories::{agrees, histories},
};

/// So many histories, each on a store of its own.
const CASES: u32 = 64;

/// Catches what no other rule has thought of.
pub async fn any_history_agrees_with_the_model(fresh: impl AsyncFn() -> Store) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&histories(), |history| {
            Handle::current().block_on(async { agrees(&*fresh().await, &history).await })
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}
