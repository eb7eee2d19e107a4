//! Says whose transaction keeps appends waiting.

use std::{future::Future, pin::pin, time::Duration};

use annals_core::StoreError;
use futures::future::{Either, select};
use sqlx::{Row, postgres::PgRow};
use tokio::time::{Instant, interval_at};

use crate::store::Shared;

/// What `recording` comes to. As long as that takes too long, who holds the lock is named in a warning.
pub(crate) async fn warn_of_whoever_holds_the_lock<T>(
    shared: &Shared,
    recording: impl Future<Output = T>,
) -> T {
    let warning = async {
        let period = shared.settings.lock_warning.max(Duration::from_millis(1));
        let mut warnings = interval_at(Instant::now() + period, period);
        loop {
            warnings.tick().await;
            warn(shared).await;
        }
    };
    match select(pin!(recording), pin!(warning)).await {
        Either::Left((recorded, _)) => recorded,
        Either::Right((never, _)) => never,
    }
}

async fn warn(shared: &Shared) {
    let waited = shared.settings.lock_warning;
    let row = match find_writer(shared).await {
        Ok(row) => row,
        Err(error) => {
            tracing::warn!(?waited, why = %error, "an append waits, nobody can say what for");
            return;
        }
    };
    let Some(row) = row else {
        tracing::warn!(?waited, "an append waits, and not for another one");
        return;
    };
    let pid: i32 = row.try_get("pid").unwrap_or_default();
    let age: f64 = row.try_get("age").ok().flatten().unwrap_or(f64::NAN);
    let application: &str = row.try_get("application").unwrap_or_default();
    let state: &str = row.try_get("state").unwrap_or_default();
    tracing::warn!(
        ?waited,
        pid,
        age_seconds = age,
        application,
        state,
        "an append waits for a transaction that appended and is not yet committed"
    );
}

async fn find_writer(shared: &Shared) -> Result<Option<PgRow>, StoreError> {
    let mut lent = shared.reading.lend().await?;
    let query = sqlx::query(shared.statements.find_writer.clone());
    let query = query.persistent(lent.keeps_statements());
    let row = shared.reading.within(query.fetch_optional(lent.connection())).await?;
    lent.give_back().await?;
    Ok(row)
}
