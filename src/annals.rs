//! The front door: a log that is open.

use std::{collections::VecDeque, fmt, future::ready, sync::Arc};

use annals_core::{
    Aggregate, AsOf, Command, Committed, Counts, Envelopes, EventStore, ExecuteError, Filter,
    Folded, LoadError, ModelTx, Options, Pending, Position, ReadModels, StoreError, Stream,
    StreamId, SystemClock, Writer,
};
use annals_projections::{InlineStore, Operator, Projection, Rows, Runner, Runs, View};

use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, stream};
use tokio::runtime::Handle;

use crate::{
    execute::Execute,
    lanes::{Entered, LaneKey, Lanes, OpenLane},
    open::{OpenError, open},
    read_models::NoReadModels,
    saving::Saving,
    settings::Settings,
};

/// A log that is open: executes commands, loads states, follows what happens.
///
/// Cheap to clone; clones share everything. Commands are executed in the Tokio runtime that the first
/// one to wait for its stream came from. Where several runtimes share one of these, each has to be
/// driven for as long as there is one; if it is shut down, no harm is done.
#[derive(Clone)]
pub struct Annals {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    lanes: Arc<Lanes>,
    saving: Arc<Saving>,
    pipelined: bool,
    models: Arc<dyn ReadModels>,
    settings: Settings,
}

impl Annals {
    /// Opens the log at `url`, with the default [`Settings`].
    ///
    /// - `memory:` is a new, empty one that lives as long as this does.
    /// - `sqlite://data/bank.db` is one in a file, which is made if it is not there, with the
    ///   directories above it (`SqliteStore` says what else may stand in the URL); `sqlite::memory:`
    ///   is one that is gone with this. Feature `sqlite`.
    /// - `postgres://user:password@host:port/database` is one in a PostgreSQL database that is there, in a
    ///   schema that is made if it is not (`PostgresStore` says what else may stand in the URL). Feature
    ///   `postgres`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is no such store, if this program was built without it, or if the store
    /// cannot be opened.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, Settings::default()).await
    }

    /// Opens the log at `url`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] as for [`open`](Self::open).
    pub async fn open_with(url: &str, settings: Settings) -> Result<Self, OpenError> {
        let (writer, models) = open(url).await?;
        Ok(Self::over(writer, models, settings))
    }

    /// Over a writer of one's own: another store, another clock. `settings.retry` takes the place of
    /// the writer's. For read models, say [where](Self::with_read_models) they are.
    pub fn on(writer: Writer, settings: Settings) -> Self {
        Self::over(writer, Arc::new(NoReadModels), settings)
    }

    /// The same log, with read models in that place: usually in the same store. What it remembers is not
    /// shared.
    #[must_use]
    pub fn with_read_models(&self, models: Arc<dyn ReadModels>) -> Self {
        Self::over(self.inner.writer.clone(), models, self.inner.settings)
    }

    fn over(writer: Writer, models: Arc<dyn ReadModels>, settings: Settings) -> Self {
        let Settings { remembered, pipelined, group, waiting, saving, retry } = settings;
        let writer = writer.with_retry(retry);
        let lanes = Arc::new(Lanes::new(remembered, group, waiting));
        let saving = Arc::new(Saving::new(saving));
        Self { inner: Arc::new(Inner { writer, lanes, saving, pipelined, models, settings }) }
    }

    /// Asks a command of a stream, and records what it answers.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # async fn withdraw<C: Command>(annals: &Annals, stream: Stream<C::Aggregate>, withdraw: C)
    /// # -> Result<(), ExecuteError<C::Rejection>> {
    /// let committed = annals.execute(stream, withdraw).idempotency_key("transfer-7").await?;
    /// println!("recorded at position {}", committed.position());
    /// # Ok(()) }
    /// ```
    ///
    /// Nothing happens until the answer is awaited. See [`Execute`] for what can be asked along.
    ///
    /// # Panics
    ///
    /// When it is awaited outside of a Tokio runtime.
    pub fn execute<C: Command>(&self, stream: Stream<C::Aggregate>, command: C) -> Execute<C> {
        Execute::new(self.clone(), stream, command)
    }

    /// The state of a stream as of now, folded from what is recorded; the default state, if it has no
    /// events.
    ///
    /// # Errors
    ///
    /// [`LoadError`] as for [`Writer::load`].
    pub async fn load<A: Aggregate>(&self, stream: Stream<A>) -> Result<Folded<A>, LoadError> {
        self.inner.writer.load(&stream).await
    }

    /// The state of a stream as a moment of the past had it.
    ///
    /// # Errors
    ///
    /// [`LoadError`] as for [`load`](Self::load).
    pub async fn load_as_of<A: Aggregate>(
        &self,
        stream: Stream<A>,
        as_of: AsOf,
    ) -> Result<Folded<A>, LoadError> {
        self.inner.writer.load_as_of(&stream, as_of).await
    }

    /// What keeps the read model of a projection up to date, to be [run](Self::run).
    pub fn project<P: Projection<Tx>, Tx: ModelTx>(&self, projection: P) -> Runner {
        Runner::of_projection(Arc::clone(self.store()), Arc::clone(&self.inner.models), projection)
    }

    /// The rows of a view: to be read, and to be kept up to date by their [`runner`](Rows::runner).
    ///
    /// ```
    /// # use annals::{Rows, StoreError, View, prelude::*};
    /// # async fn show<Statement: View>(annals: &Annals) -> Result<(), StoreError> {
    /// let statements = annals.view::<Statement>();
    /// let running = annals.run([statements.runner()]);
    /// let ada = statements.get("ada").await?;
    /// # Ok(()) }
    /// ```
    pub fn view<V: View>(&self) -> Rows<V> {
        let (log, models) = (Arc::clone(self.store()), Arc::clone(&self.inner.models));
        Rows::new(log, models, Arc::new(SystemClock))
    }

    /// Runs projections and views, until what this answers with is stopped or dropped. Where they are near each
    /// other in the log they are fed from one reading of it.
    ///
    /// # Panics
    ///
    /// If there is no Tokio runtime.
    pub fn run(&self, runners: impl IntoIterator<Item = Runner>) -> Runs {
        Runner::start_all(runners)
    }

    /// The same log, whose appends write these read models in their own transactions: for the few that must
    /// never lag. Everybody who appends has to do it by such a one; [`InlineStore`] says at what price.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for [`InlineStore::open`].
    pub async fn inline(
        &self,
        runners: impl IntoIterator<Item = Runner>,
    ) -> Result<Self, StoreError> {
        let (log, models) = (Arc::clone(self.store()), Arc::clone(&self.inner.models));
        let store = InlineStore::open(log, Arc::clone(&models), runners).await?;
        let writer = self.inner.writer.clone().with_store(Arc::new(store));
        Ok(Self::over(writer, models, self.inner.settings))
    }

    /// Looks after the projections of this log, wherever they run.
    pub fn operator(&self) -> Operator {
        Operator::new(Arc::clone(self.store()), Arc::clone(&self.inner.models))
    }

    /// Where its read models are.
    pub fn read_models(&self) -> &Arc<dyn ReadModels> {
        &self.inner.models
    }

    /// Every event after `after` that `filter` lets through, in order of position: those there are,
    /// and then those to come. It ends only with an error; to resume, subscribe after what you last
    /// saw.
    ///
    /// ```
    /// use annals::{Filter, StoreError, prelude::*};
    /// use futures::TryStreamExt;
    ///
    /// async fn follow(annals: &Annals, after: Position) -> Result<(), StoreError> {
    ///     let mut events = annals.subscribe(after, Filter::All);
    ///     while let Some(envelope) = events.try_next().await? {
    ///         println!("{}: {}", envelope.position, envelope.event_type);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// It borrows nothing, so that it can be sent wherever it is wanted. Events are read as it is
    /// polled, and at most one in advance; dropping it loses nothing.
    pub fn subscribe(&self, after: Position, filter: Filter) -> Envelopes<'static> {
        let store = Arc::clone(self.store());
        let (mut send, receive) = mpsc::channel(0);
        // What reads borrows the store, and so it is kept beside what it has read.
        let reading = async move {
            let mut events = annals_core::subscribe(&*store, after, filter);
            while let Some(event) = events.next().await {
                if send.send(event).await.is_err() {
                    break;
                }
            }
        };
        let nothing = reading.into_stream().filter_map(|()| ready(None));
        stream::select(receive, nothing).boxed()
    }

    /// The store underneath.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        self.inner.writer.store()
    }

    /// What was counted since it was opened.
    pub fn counts(&self) -> Counts {
        self.inner.writer.counts()
    }

    pub(crate) async fn send<C: Command>(
        &self,
        stream: StreamId,
        command: C,
        options: Options,
    ) -> Result<Committed<C::Aggregate>, ExecuteError<C::Rejection>> {
        let key = LaneKey::new::<C::Aggregate>(stream);
        let (pending, answer) = Pending::new(command, options);
        if !self.inner.pipelined {
            self.inner.run_alone(&key, pending).await;
            return answer.await;
        }
        match self.inner.lanes.enter(&key, pending) {
            // A task of its own, so that others' commands do not depend on this caller's patience.
            Entered::First(lane) => {
                tokio::spawn(Arc::clone(&self.inner).run_lane::<C::Aggregate>(lane));
            }
            Entered::Behind => {}
            Entered::Full(refused) => {
                drop(refused);
                return Err(ExecuteError::Busy { stream: key.stream().clone() });
            }
        }
        answer.await
    }
}

impl Inner {
    /// Runs an open lane until it is empty.
    async fn run_lane<A: Aggregate>(self: Arc<Self>, mut lane: OpenLane) {
        let mut state = self.lanes.recall::<A>(lane.key());
        while let Some(group) = lane.next_group(&state) {
            state = self.run(lane.key(), state.take(), group).await;
        }
    }

    /// Runs one command, beside whatever else is under way.
    async fn run_alone<A: Aggregate>(&self, key: &LaneKey, pending: Pending<A>) {
        let state = self.run(key, self.lanes.recall(key), VecDeque::from([pending])).await;
        self.lanes.remember(key, &state);
    }

    async fn run<A: Aggregate>(
        &self,
        key: &LaneKey,
        remembered: Option<Folded<A>>,
        group: VecDeque<Pending<A>>,
    ) -> Option<Folded<A>> {
        let mut state = self.writer.run(key.stream(), remembered, group).await?;
        // If it cannot be begun now, it stays due.
        if self.writer.is_snapshot_due(&state)
            && let Ok(runtime) = Handle::try_current()
            && let Some(begun) = self.saving.begin(key)
            && let Some(saving) = self.writer.take_snapshot(key.stream(), &mut state)
        {
            runtime.spawn(async move {
                saving.await;
                drop(begun);
            });
        }
        Some(state)
    }
}

impl fmt::Debug for Annals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Annals").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
