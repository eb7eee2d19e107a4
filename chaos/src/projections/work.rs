//! A hand that runs read models, until it is told to stop or gets SIGTERM.

use std::{sync::Arc, time::Duration};

use annals_core::{Clock, ReadModels, SystemClock, Timestamp};
use annals_projections::{OnFailure, Runner, RunnerSettings, View};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    Result,
    journal::Journal,
    projections::{
        models::{Calm, Sliced, SlicedAnew, Statement, Tender, Whole, mend},
        place::Place,
        report::Report,
        watched::Watched,
    },
};

/// Into how many shares the view is cut on which several work.
pub(crate) const SHARES: u16 = 8;

/// What is run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WorkOrders {
    pub(crate) url: String,
    pub(crate) models: Vec<Model>,
    pub(crate) lease: Duration,
    pub(crate) batch: usize,
    /// By how much its clock is wrong, in microseconds.
    pub(crate) skew: i64,
    /// Whether poison is as good as any deposit.
    pub(crate) is_mended: bool,
    pub(crate) parks: bool,
    pub(crate) keep_replaced: Duration,
}

/// A read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Model {
    Whole,
    Sliced,
    SlicedAnew,
    Tally,
    Calm,
    Tender,
}

impl WorkOrders {
    pub(crate) fn new(url: &str, models: &[Model]) -> Self {
        Self {
            url: url.to_owned(),
            models: models.to_vec(),
            lease: Duration::from_millis(500),
            batch: 100,
            skew: 0,
            is_mended: false,
            parks: false,
            keep_replaced: Duration::from_secs(60),
        }
    }
}

pub(crate) async fn work(orders: WorkOrders, mut stopped: watch::Receiver<bool>) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    if orders.is_mended {
        mend();
    }
    let place = Place::open(&orders.url).await?;
    let models: Arc<dyn ReadModels> = Arc::new(Watched(Arc::clone(&place.models)));
    let settings = RunnerSettings {
        batch_events: orders.batch,
        lease: orders.lease,
        attempts: 2,
        first_pause: Duration::from_millis(10),
        longest_pause: Duration::from_millis(500),
        keep_replaced: orders.keep_replaced,
        on_failure: if orders.parks { OnFailure::PARK } else { OnFailure::Halt },
        ..RunnerSettings::default()
    };
    let clock = Arc::new(Shifted(orders.skew));
    let runner = |model: &Model| {
        let runner = match model {
            Model::Tally => place.tally(Arc::clone(&models)),
            Model::Whole => of_view::<Statement<Whole>>(&place, &models),
            Model::Sliced => of_view::<Statement<Sliced>>(&place, &models),
            Model::SlicedAnew => of_view::<Statement<SlicedAnew>>(&place, &models),
            Model::Calm => of_view::<Statement<Calm>>(&place, &models),
            Model::Tender => of_view::<Statement<Tender>>(&place, &models),
        };
        let shares = match model {
            Model::Sliced | Model::SlicedAnew => SHARES,
            _ => 1,
        };
        runner.with_settings(settings).shares(shares).with_clock(clock.clone())
    };
    let runs = Runner::start_all(orders.models.iter().map(runner));
    Journal.write(&Report::Began);
    tokio::select! {
        _ = stopped.wait_for(|stop| *stop) => {}
        _ = terminated.recv() => {}
    }
    runs.stop().await?;
    Ok(())
}

fn of_view<V: View>(place: &Place, models: &Arc<dyn ReadModels>) -> Runner {
    Runner::of_view::<V>(Arc::clone(&place.log), Arc::clone(models))
}

/// The machine's clock, wrong by so many microseconds.
struct Shifted(i64);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        Timestamp::from_micros(now.as_micros().saturating_add(self.0)).unwrap_or(now)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}
