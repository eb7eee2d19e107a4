//! The front door: a log that is open.

use std::{collections::VecDeque, fmt, sync::Arc};

use annals_core::{
    Aggregate, Command, Committed, Counts, Envelopes, EventStore, ExecuteError, Filter, Folded,
    LoadError, Options, Pending, Position, StoreError, StoreErrorKind, Stream, StreamId, Writer,
};

use crate::{
    execute::Execute,
    lanes::{Entered, LaneKey, Lanes},
    open::{OpenError, open},
    settings::Settings,
};

/// A log that is open: executes commands, loads states, follows what happens.
///
/// Cheap to clone; clones share everything. It needs a Tokio runtime to execute commands in.
#[derive(Clone)]
pub struct Annals {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    lanes: Lanes,
    pipelined: bool,
}

impl Annals {
    /// Opens the log at `url`, with the default [`Settings`]. `memory:` is a new, empty one that
    /// lives as long as this does.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if there is no such store, or this program was built without it.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, Settings::default()).await
    }

    /// Opens the log at `url`.
    ///
    /// # Errors
    ///
    /// [`OpenError`] as for [`open`](Self::open).
    pub async fn open_with(url: &str, settings: Settings) -> Result<Self, OpenError> {
        Ok(Self::on(open(url)?, settings))
    }

    /// Over a writer of one's own: another store, another clock. `settings.retry` takes the place of
    /// the writer's.
    pub fn on(writer: Writer, settings: Settings) -> Self {
        let Settings { remembered, pipelined, group, waiting, retry } = settings;
        let (writer, lanes) = (writer.with_retry(retry), Lanes::new(remembered, group, waiting));
        Self { inner: Arc::new(Inner { writer, lanes, pipelined }) }
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
    pub fn execute<C: Command>(&self, stream: Stream<C::Aggregate>, command: C) -> Execute<C> {
        Execute::new(self.clone(), stream, command)
    }

    /// The state of a stream as of now; the default state, if it has no events.
    ///
    /// # Errors
    ///
    /// [`LoadError`] as for [`Writer::load`].
    pub async fn load<A: Aggregate>(&self, stream: &Stream<A>) -> Result<Folded<A>, LoadError> {
        self.inner.writer.load(stream).await
    }

    /// Every event after `after` that `filter` lets through: those there are, and then those to come.
    /// See [`subscribe`](annals_core::subscribe).
    pub fn subscribe(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        annals_core::subscribe(&**self.store(), after, filter)
    }

    /// The store underneath.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        self.inner.writer.store()
    }

    /// What was counted since it was opened.
    pub fn counts(&self) -> Counts {
        self.inner.writer.counts()
    }

    pub(crate) async fn run<C: Command>(
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
            Entered::First => {
                tokio::spawn(Arc::clone(&self.inner).run_lane::<C::Aggregate>(key));
            }
            Entered::Behind => {}
            Entered::Full(refused) => {
                drop(refused);
                return Err(too_many_wait(key.stream()).into());
            }
        }
        answer.await
    }
}

impl Inner {
    /// Runs an open lane until it is empty.
    async fn run_lane<A: Aggregate>(self: Arc<Self>, key: LaneKey) {
        let mut lane = OpenLane { lanes: &self.lanes, key: &key, is_open: true };
        let mut state = self.lanes.recall::<A>(&key);
        while let Some(group) = lane.next_group(&state) {
            state = self.run(&key, state.take(), group).await;
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
        if let Some(snapshot) = self.writer.snapshot_due(key.stream(), &mut state) {
            tokio::spawn(snapshot);
        }
        Some(state)
    }
}

/// Sees to it that a lane is closed also if its task does not come to its end, because its runtime
/// was shut down or the store panicked. Later commands then open it again.
struct OpenLane<'l> {
    lanes: &'l Lanes,
    key: &'l LaneKey,
    /// Once it was closed, an open lane of this key is another task's.
    is_open: bool,
}

impl OpenLane<'_> {
    fn next_group<A: Aggregate>(
        &mut self,
        state: &Option<Folded<A>>,
    ) -> Option<VecDeque<Pending<A>>> {
        let group = self.lanes.next_group(self.key, state);
        self.is_open = group.is_some();
        group
    }
}

impl Drop for OpenLane<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.lanes.close(self.key);
        }
    }
}

fn too_many_wait(stream: &StreamId) -> StoreError {
    let message = format!("too many commands already wait for {stream}");
    StoreError::new(StoreErrorKind::Unavailable, message)
}

impl fmt::Debug for Annals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Annals").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
