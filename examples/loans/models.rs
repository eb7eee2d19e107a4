//! What is read: three views, a projection with SQL of its own, and one view that never lags.

mod days;
mod funnel;
mod present;
mod throughput;
mod workload;

use std::time::Duration;

use annals::{Annals, Rows, Runner, RunnerSettings, Runs, StoreError, View};

pub(crate) use days::{Days, read_days};
pub(crate) use funnel::Funnel;
pub(crate) use present::Present;
pub(crate) use throughput::{BANDS, Throughput};
pub(crate) use workload::{Shift, Workload};

/// All read models of a log.
pub(crate) struct Models {
    pub(crate) funnel: Rows<Funnel>,
    pub(crate) throughput: Rows<Throughput>,
    pub(crate) workload: Rows<Workload>,
    pub(crate) present: Rows<Present>,
}

/// What each is called, and what it says.
pub(crate) const NAMES: [(&str, &str); 5] = [
    (Funnel::NAME, "how many applications came how far"),
    (Throughput::NAME, "how long each application took, by its amount"),
    (Workload::NAME, "how long each resource worked, day by day"),
    (Present::NAME, "what each application is now"),
    (days::NAME, "applications by state and day"),
];

impl Models {
    pub(crate) fn new(annals: &Annals) -> Self {
        Self {
            funnel: annals.view(),
            throughput: annals.view(),
            workload: annals.view(),
            present: annals.view(),
        }
    }

    /// Has them follow the log; `present` too, unless it is written inline.
    pub(crate) async fn follow(
        &self,
        annals: &Annals,
        is_inline: bool,
    ) -> Result<Runs, StoreError> {
        let mut runners: Vec<Runner> = vec![
            self.funnel.runner(),
            self.throughput.runner(),
            self.workload.runner(),
            days::runner(annals).await?,
        ];
        if !is_inline {
            runners.push(self.present.runner());
        }
        // An import is one long run of appends, beside which every transaction of a read model costs: where only
        // one can write, as on SQLite, appends wait for it. Whoever waits for a read model waits so much longer.
        let linger = Duration::from_millis(100);
        let settings = RunnerSettings { linger, ..RunnerSettings::default() };
        Ok(annals.run(runners.into_iter().map(|runner| runner.with_settings(settings))))
    }
}

/// All rows of a view, page after page.
pub(crate) async fn all_rows<V: View>(rows: &Rows<V>) -> Result<Vec<(String, V)>, StoreError> {
    let (mut all, mut query) = (vec![], rows.query().limit(1_000));
    loop {
        let page = query.page().await?;
        all.extend(page.rows);
        let Some(next) = page.next else { return Ok(all) };
        query = rows.query().limit(1_000).after(next);
    }
}
