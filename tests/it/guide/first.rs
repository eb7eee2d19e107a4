//! The program as it is before the ninth step, and that the one after it goes on with what that has left.
#![allow(dead_code, unreachable_pub, reason = "the reader's is a library")]

#[path = "../../../examples/guide/first/domain.rs"]
mod domain;
#[path = "../../../examples/guide/loans/import.rs"]
#[allow(clippy::duplicate_mod, reason = "the events beside it are others")]
mod import;
#[path = "../../../examples/guide/first/models.rs"]
mod models;

use std::{fs, path::Path, time::Duration};

use annals::prelude::*;

use super::program::loans::{self, Failure, domain::State};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn what_was_recorded_before_the_ninth_step_is_read_after_it() -> Result<(), Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guide");
    let _ = fs::remove_dir_all(&folder); // What an earlier run has left.
    let url = format!("sqlite://{}", folder.join("loans.db").display());

    let annals = Annals::open(&url).await?;
    let running = annals.run([annals.view::<models::Present>().runner()]);
    let last = import::import(&annals, import::ROWS).await?;
    running.wait_for(last, PATIENCE).await?;
    running.stop().await?;
    drop(annals);

    let annals = Annals::open(&url).await?;
    let rows = annals.view::<loans::models::Present>();
    let running = annals.run([rows.runner()]);
    let again = loans::import::import(&annals, loans::import::ROWS).await?;
    assert_eq!(again, last, "what was recorded in euros is the same in cents");
    // The old rows are read until the new ones take their place.
    let rebuilt = async {
        loop {
            let row = rows.get("173688").await?.expect("it was imported");
            assert_eq!((row.state, row.euros), (State::Offered, 20_000));
            if row.offers == 1 {
                return Ok::<_, Failure>(());
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, rebuilt).await??;
    running.stop().await?;
    Ok(())
}
