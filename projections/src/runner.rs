//! What keeps a read model up to date, before it is begun.

use std::{fmt, sync::Arc};

use annals_core::{Clock, EventStore, Filter, ModelTx, ReadModels, SystemClock};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    feed::Feed,
    inline::{Inline, Inlined},
    projection::Projection,
    running::Running,
    runs::Runs,
    settings::{OnFailure, RunnerSettings},
    share::Common,
    sink::{OfProjection, OfView, Sink},
    view::View,
    waiting::Waiting,
    worker::Worker,
};

/// Keeps one read model up to date.
///
/// Any number of these may run, in any number of processes: each share of a projection is worked on by one at
/// a time, and the others stand by.
#[must_use = "it does nothing until it is started"]
pub struct Runner {
    log: Arc<dyn EventStore>,
    models: Arc<dyn ReadModels>,
    settings: RunnerSettings,
    clock: Arc<dyn Clock>,
    sink: Box<dyn Start>,
}

/// A sink of some type, to be started.
trait Start: Send {
    fn name(&self) -> &'static str;
    fn filter(&self) -> Filter;
    fn start(self: Box<Self>, parts: Parts) -> Running;
    fn into_inline(self: Box<Self>) -> Box<dyn Inline>;
}

/// What is the same for all sinks.
struct Parts {
    feed: Arc<Feed>,
    models: Arc<dyn ReadModels>,
    settings: RunnerSettings,
    clock: Arc<dyn Clock>,
}

impl Runner {
    /// A runner of a projection, that reads from `log` and writes in transactions of `models`.
    pub fn of_projection<P: Projection<Tx>, Tx: ModelTx>(
        log: Arc<dyn EventStore>,
        models: Arc<dyn ReadModels>,
        projection: P,
    ) -> Self {
        Self::of(log, models, OfProjection::new(projection))
    }

    /// A runner of a view.
    pub fn of_view<V: View>(log: Arc<dyn EventStore>, models: Arc<dyn ReadModels>) -> Self {
        Self::of(log, models, OfView::<V>::new())
    }

    fn of(log: Arc<dyn EventStore>, models: Arc<dyn ReadModels>, sink: impl Sink) -> Self {
        let (settings, clock) = (RunnerSettings::default(), Arc::new(SystemClock));
        Self { log, models, settings, clock, sink: Box::new(Sunk(sink)) }
    }

    /// The same, with other settings.
    pub fn with_settings(mut self, settings: RunnerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The same, which does that about an event that cannot be projected.
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.settings.on_failure = on_failure;
        self
    }

    /// The same, cut into so many shares, which as many processes can work on.
    pub fn shares(mut self, shares: u16) -> Self {
        self.settings.shares = shares;
        self
    }

    /// The same, with another clock. It says how long to wait; what is due is said by the store's own.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Under which name it is known.
    pub fn name(&self) -> &'static str {
        self.sink.name()
    }

    /// Begins, in a task of the present runtime, and goes on until it is stopped.
    ///
    /// # Panics
    ///
    /// If there is no Tokio runtime.
    pub fn start(self) -> Running {
        let feed = Arc::new(Feed::new(Arc::clone(&self.log), self.sink.filter()));
        self.start_on(feed)
    }

    /// Begins several at once. Those of one log that are near each other are fed from one reading of it.
    ///
    /// # Panics
    ///
    /// If there is no Tokio runtime.
    pub fn start_all(runners: impl IntoIterator<Item = Self>) -> Runs {
        let runners: Vec<_> = runners.into_iter().collect();
        let mut feeds: Vec<Arc<Feed>> = vec![];
        for runner in &runners {
            if feeds.iter().all(|feed| !Arc::ptr_eq(feed.log(), &runner.log)) {
                let of_log = runners.iter().filter(|other| Arc::ptr_eq(&other.log, &runner.log));
                let filter = of_log.map(|other| other.sink.filter()).reduce(either);
                let filter = filter.unwrap_or_default();
                feeds.push(Arc::new(Feed::new(Arc::clone(&runner.log), filter)));
            }
        }
        let start = |runner: Self| {
            let feed = feeds.iter().find(|feed| Arc::ptr_eq(feed.log(), &runner.log));
            let feed = Arc::clone(feed.expect("there is one for each log"));
            runner.start_on(feed)
        };
        Runs::new(runners.into_iter().map(start).collect())
    }

    pub(crate) fn into_inline(self) -> Box<dyn Inline> {
        self.sink.into_inline()
    }

    fn start_on(self, feed: Arc<Feed>) -> Running {
        let Self { models, settings, clock, sink, .. } = self;
        sink.start(Parts { feed, models, settings, clock })
    }
}

/// What one of two wants.
fn either(one: Filter, other: Filter) -> Filter {
    match (one, other) {
        (Filter::Types(one), Filter::Types(other)) => one.union(&other).cloned().collect(),
        _ => Filter::All,
    }
}

struct Sunk<S>(S);

impl<S: Sink> Start for Sunk<S> {
    fn name(&self) -> &'static str {
        self.0.traits().name
    }

    fn filter(&self) -> Filter {
        Filter::of::<S::Event>()
    }

    fn start(self: Box<Self>, parts: Parts) -> Running {
        let Parts { feed, models, settings, clock } = parts;
        let traits = self.0.traits();
        let (name, keyed) = (traits.name, traits.keyed);
        let waiting = Waiting::new(
            Arc::clone(feed.log()),
            Arc::clone(&models),
            Arc::clone(&clock),
            name,
            keyed,
        );
        let worker = Uuid::new_v4();
        let (stop, stopped) = watch::channel(false);
        let sink = self.0;
        // A sign of life is given at every beat.
        let stall = settings.stall.max(settings.lease / 2);
        let filter = Filter::of::<S::Event>();
        let common = Common { sink, traits, models, feed, filter, settings, clock, worker };
        let (worker, status) = Worker::new(Arc::new(common), stopped);
        let task = tokio::spawn(worker.run());
        Running::new(waiting, stop, status, task, stall)
    }

    fn into_inline(self: Box<Self>) -> Box<dyn Inline> {
        Box::new(Inlined::new(self.0))
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner").field("name", &self.name()).finish_non_exhaustive()
    }
}
