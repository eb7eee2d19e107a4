//! The read loop: from the checkpoint on, batch after batch, as long as nothing keeps it from it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use annals_core::{
    Checkpoint, Checkpoints, Clock, Envelope, EventStore, Filter, Panicked, Position, StoreError,
    StoreErrorKind, SystemClock, guarded,
};
use futures::{
    FutureExt, TryStreamExt,
    future::{Either, select},
};
use tokio::sync::watch;

use crate::{
    batch::{Behind, next_batch},
    projection::{Projection, Recorded},
    running::Running,
    settings::RunnerSettings,
    status::{Phase, Status},
    trouble::{Halted, Trouble},
};

/// Keeps the read model of one projection up to date.
pub struct Runner<C, P> {
    log: Arc<dyn EventStore>,
    checkpoints: C,
    projection: P,
    settings: RunnerSettings,
    clock: Arc<dyn Clock>,
}

impl<C, P> Runner<C, P>
where
    C: Checkpoints,
    P: Projection<C::Tx>,
{
    /// A runner that reads from `log`, and writes in transactions of `checkpoints`.
    pub fn new(log: Arc<dyn EventStore>, checkpoints: C, projection: P) -> Self {
        let (settings, clock) = (RunnerSettings::default(), Arc::new(SystemClock));
        Self { log, checkpoints, projection, settings, clock }
    }

    /// The same, with other settings.
    #[must_use]
    pub fn with_settings(mut self, settings: RunnerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The same, with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Begins, in a task of the present runtime, and goes on until it is stopped or halts.
    ///
    /// # Panics
    ///
    /// If there is no Tokio runtime.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let status = watch::Sender::new(Status {
            phase: Phase::Starting,
            position: Position::START,
            head: Position::START,
            since: self.clock.now(),
        });
        let watched = status.subscribe();
        let task = tokio::spawn(Work { runner: self, status, stopped }.run());
        Running::new(P::NAME, stop, watched, task)
    }
}

/// After how many events that did not concern it a projection keeps how far it is. Each time is a
/// transaction, and to read so many again is quickly done.
const PASSED_OVER: i64 = 1_000;

/// A runner at work.
struct Work<C, P> {
    runner: Runner<C, P>,
    status: watch::Sender<Status>,
    stopped: watch::Receiver<bool>,
}

/// However its task ends, it does not look as if it ran.
impl<C, P> Drop for Work<C, P> {
    fn drop(&mut self) {
        let since = self.runner.clock.now();
        self.status.send_if_modified(|status| {
            let has_ended = matches!(status.phase, Phase::Halted(_) | Phase::Stopped);
            if !has_ended {
                (status.phase, status.since) = (Phase::Halted(Halted::Cut), since);
            }
            !has_ended
        });
    }
}

/// Somebody wants it to end.
struct Stop;

/// How often something went wrong since the read model last moved.
#[derive(Default)]
struct Attempts {
    position: Position,
    /// Whatever it was.
    all: u32,
    /// That an event could not be projected.
    of_event: u32,
}

impl Attempts {
    fn count(&mut self, position: Position, trouble: &Trouble) {
        if self.position != position {
            *self = Self { position, ..Self::default() };
        }
        self.all = self.all.saturating_add(1);
        self.of_event += u32::from(matches!(trouble, Trouble::At(..)));
    }
}

impl<C, P> Work<C, P>
where
    C: Checkpoints,
    P: Projection<C::Tx>,
{
    async fn run(mut self) {
        let mut attempts = Attempts::default();
        let phase = loop {
            let trouble = match self.follow(attempts.of_event > 0).await {
                Ok(Stop) => break Phase::Stopped,
                Err(trouble) => trouble,
            };
            attempts.count(self.status.borrow().position, &trouble);
            let why = match trouble {
                Trouble::Lasting(why) => break Phase::Halted(why),
                Trouble::At(why) if attempts.of_event > self.runner.settings.attempts => {
                    break Phase::Halted(why);
                }
                Trouble::Passing(why) | Trouble::At(why) => why,
            };
            tracing::warn!(projection = P::NAME, attempt = attempts.all, %why, "tries again");
            self.enter(Phase::Retrying(why));
            if self.pause(attempts.all).await.is_err() {
                break Phase::Stopped;
            }
        };
        if let Phase::Halted(why) = &phase {
            tracing::error!(projection = P::NAME, %why, "halted");
        }
        self.enter(phase);
    }

    /// Projects what comes after the checkpoint, until it is to stop or cannot go on. If an event could
    /// not be projected before, all is well again only when it could.
    async fn follow(&mut self, has_failed: bool) -> Result<Stop, Trouble> {
        let mut from = self.runner.checkpoints.load(P::NAME).await?;
        self.check_same_log(from).await?;
        self.reached(from.position);
        if !has_failed {
            self.enter(Phase::Following);
        }
        let log = Arc::clone(&self.runner.log);
        // Everything up to here was read, though perhaps not kept: nothing of it concerned this projection.
        let mut seen = from;
        while let Some(head) = self.grown(&*log, seen.position).await? {
            // The log may have become another one while it was waited for. What is passed over below
            // must have been there before it was looked for.
            self.check_same_log(seen).await?;
            let last = self.envelope_at(head).await?.ok_or_else(shorter)?.id;
            self.status.send_modify(|status| status.head = head);
            if !has_failed {
                self.enter(Phase::CatchingUp);
            }
            let mut reading = log.read_log(seen.position, Filter::of::<P::Event>());
            loop {
                let (batch, behind) = next_batch(&mut reading, &self.runner.settings).await;
                if !batch.is_empty() {
                    self.commit(&mut from, &batch).await?;
                    seen = from;
                    self.enter(Phase::CatchingUp);
                }
                match behind? {
                    Behind::Nothing => break,
                    Behind::More if self.is_stopped() => return Ok(Stop),
                    Behind::More => {}
                }
            }
            drop(reading);
            if seen.position < head {
                seen = Checkpoint { position: head, last: Some(last) };
                self.reached(head);
            }
            if seen.position.get() - from.position.get() >= PASSED_OVER {
                self.keep(&mut from, seen).await?;
            }
            self.enter(Phase::Following);
        }
        if seen != from {
            self.keep(&mut from, seen).await?;
        }
        Ok(Stop)
    }

    /// Keeps a checkpoint without anything for the read model.
    async fn keep(&self, from: &mut Checkpoint, seen: Checkpoint) -> Result<(), Trouble> {
        let tx = self.runner.checkpoints.begin().await?;
        self.advance(tx, from, seen).await
    }

    /// How far the log is, once that is past `after`; `None` if it is to stop.
    async fn grown(
        &mut self,
        log: &dyn EventStore,
        after: Position,
    ) -> Result<Option<Position>, Trouble> {
        loop {
            let stopped = Box::pin(self.stopped.wait_for(|stop| *stop));
            match select(stopped, log.wait_past(after)).await {
                Either::Left(_) => return Ok(None),
                Either::Right((head, _)) => {
                    let head = head?;
                    if head > after {
                        return Ok(Some(head));
                    }
                }
            }
        }
    }

    /// Whether somebody has stopped it, or dropped what runs.
    fn is_stopped(&self) -> bool {
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    /// Projects a batch, and commits. If one of its events cannot be projected, those before it are.
    async fn commit(&self, from: &mut Checkpoint, batch: &[Arc<Envelope>]) -> Result<(), Trouble> {
        match self.try_to_commit(from, batch).await {
            Err(Trouble::At(Halted::Failed { position, source })) => {
                let before = batch.partition_point(|envelope| envelope.position < position);
                if before > 0 {
                    self.try_to_commit(from, &batch[..before]).await?;
                }
                Err(Trouble::At(Halted::Failed { position, source }))
            }
            committed => committed,
        }
    }

    async fn try_to_commit(
        &self,
        from: &mut Checkpoint,
        batch: &[Arc<Envelope>],
    ) -> Result<(), Trouble> {
        let mut tx = self.runner.checkpoints.begin().await?;
        let mut to = *from;
        for envelope in batch {
            let position = envelope.position;
            let event = guarded(|| envelope.decode::<P::Event>())
                .map_err(|panicked| Trouble::at(position, panicked))?
                .map_err(|error| Trouble::at(position, error))?;
            if let Some(event) = event {
                let recorded = Recorded { event, envelope: Arc::clone(envelope) };
                let project = async { self.runner.projection.project(&recorded, &mut tx).await };
                let projected = AssertUnwindSafe(project).catch_unwind().await;
                projected
                    .map_err(|payload| Trouble::at(position, Panicked::of(payload)))?
                    .map_err(|error| Trouble::at(position, error))?;
            }
            to = Checkpoint { position, last: Some(envelope.id) };
        }
        self.advance(tx, from, to).await
    }

    async fn advance(
        &self,
        tx: C::Tx,
        from: &mut Checkpoint,
        to: Checkpoint,
    ) -> Result<(), Trouble> {
        self.runner.checkpoints.advance(tx, P::NAME, *from, to).await?;
        *from = to;
        self.reached(to.position);
        Ok(())
    }

    /// That the log still has the event which the read model was built up to.
    async fn check_same_log(&self, checkpoint: Checkpoint) -> Result<(), Trouble> {
        let Checkpoint { position, last: Some(last) } = checkpoint else { return Ok(()) };
        match self.envelope_at(position).await? {
            Some(envelope) if envelope.id == last => Ok(()),
            Some(_) => Err(Trouble::Lasting(Halted::Forked { position })),
            // It may be a standby that is behind.
            None => Err(Trouble::At(Halted::Forked { position })),
        }
    }

    async fn envelope_at(&self, position: Position) -> Result<Option<Arc<Envelope>>, Trouble> {
        let mut reading = self.runner.log.read_log(position.minus(1), Filter::All);
        Ok(reading.try_next().await?)
    }

    fn reached(&self, position: Position) {
        self.status.send_modify(|status| {
            status.position = position;
            status.head = status.head.max(position);
        });
    }

    fn enter(&self, phase: Phase) {
        let since = self.runner.clock.now();
        self.status.send_modify(|status| (status.phase, status.since) = (phase, since));
    }

    /// Waits before the next attempt, longer each time.
    async fn pause(&mut self, attempts: u32) -> Result<(), Stop> {
        let RunnerSettings { first_pause, longest_pause, .. } = self.runner.settings;
        let doubled = first_pause.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        let pause = self.runner.clock.sleep(doubled.min(longest_pause));
        match select(pause, Box::pin(self.stopped.wait_for(|stop| *stop))).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Stop),
        }
    }
}

/// What was said to be there is not.
fn shorter() -> Trouble {
    let message = "the log is shorter than it was a moment ago";
    StoreError::new(StoreErrorKind::Unavailable, message).into()
}
