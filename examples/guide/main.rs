//! The program of the guide, `docs/guide.md`: a small sibling of the example `loans`.
//!
//! ```sh
//! cargo run --example guide -- memory:
//! ```
//!
//! ```text
//! 173691/3 rejected: the application is Declined, and so cannot become Offered
//! the log is 5 events long
//! 173688 has an offer, on 20000 euros
//! ```

// What is `src/lib.rs` in the guide.
#[allow(dead_code, unreachable_pub, reason = "the reader's is a library")]
pub(crate) mod loans;

use std::time::Duration;

use annals::prelude::*;
use loans::import::{ROWS, import};
use loans::models::Present;

#[tokio::main]
async fn main() -> Result<(), loans::Failure> {
    let url = std::env::args().nth(1).unwrap_or("sqlite://target/loans.db".to_owned());
    let annals = Annals::open(&url).await?;
    let present = annals.view::<Present>();
    let running = annals.run([present.runner()]);

    let last = import(&annals, ROWS).await?;
    println!("the log is {last} events long");
    running.wait_for(last, Duration::from_secs(10)).await?;

    let offered = present.query().filter(Present::IS_OFFERED.is(true)).limit(20);
    for (case, row) in offered.page().await?.rows {
        println!("{case} has an offer, on {} euros", row.euros);
    }
    running.stop().await?;
    Ok(())
}
