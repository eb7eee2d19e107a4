//! The read loop of one share: from its checkpoint on, batch after batch, as long as nothing keeps it from it.

mod batch;
mod parked;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use annals_core::{Clock, Filter, ModelTx, Position, ReadModels};
use futures::future::{Either, join, select};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use self::parked::Parked;
use crate::{
    books::{self, Found, Mark, Request, Share},
    build::Build,
    feed::{Feed, Page, Place},
    progress::Progress,
    settings::{OnFailure, RunnerSettings},
    sink::{Sink, Traits},
    status::Phase,
    trouble::{Halted, Trouble},
};

/// After how many events that did not concern it a share keeps how far it is. Each time is a transaction,
/// and to read so many again is quickly done.
const PASSED_OVER: i64 = 1_000;

/// How long it takes at most to see whether there is something after a checkpoint, as far as one can tell.
const LOOKS: Duration = Duration::from_millis(100);

/// What all shares of a projection in one process have in common.
pub(crate) struct Common<S: Sink> {
    pub(crate) sink: S,
    pub(crate) traits: Traits<S::Event>,
    pub(crate) models: Arc<dyn ReadModels>,
    pub(crate) feed: Arc<Feed>,
    /// What it wants of it.
    pub(crate) filter: Filter,
    pub(crate) settings: RunnerSettings,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who this is, for leases.
    pub(crate) worker: Uuid,
}

/// What one share looks like from outside.
#[derive(Debug, Clone)]
pub(crate) struct ShareStatus {
    pub(crate) phase: Phase,
    pub(crate) position: Position,
    pub(crate) head: Position,
    /// Whether it has seen how far the log is.
    pub(crate) has_looked: bool,
    pub(crate) parked: u64,
}

/// A request of an operator, and the key of its record.
pub(crate) type Asked = (String, Request);

/// What a share is begun with.
pub(crate) struct Assignment {
    pub(crate) build: Build,
    pub(crate) share: Share,
    /// Its checkpoint, which is ours now.
    pub(crate) mark: Found<Mark>,
    /// Whether a checkpoint is kept for everything that was read: who builds waits for it.
    pub(crate) is_eager: bool,
}

/// A share at work.
pub(crate) struct ShareLoop<S: Sink> {
    common: Arc<Common<S>>,
    build: Build,
    share: Share,
    key: String,
    mark: Found<Mark>,
    parked: Parked,
    /// What to set aside when it is met, since it was tried often enough.
    given_up: Option<GivenUp>,
    status: watch::Sender<ShareStatus>,
    stopped: watch::Receiver<bool>,
    asks: mpsc::UnboundedReceiver<Asked>,
    asked: Option<parked::Task>,
    progress: Arc<Progress>,
    /// Whether a checkpoint is kept for everything that was read: who builds waits for it.
    is_eager: Arc<AtomicBool>,
}

/// An event of a key that cannot be projected.
struct GivenUp {
    position: Position,
    key: String,
    error: String,
}

/// Somebody wants it to end.
struct Stop;

/// How often something went wrong since the read model last moved.
#[derive(Default)]
struct Attempts {
    position: Position,
    key: Option<String>,
    /// Whatever it was.
    all: u32,
    /// That an event could not be projected.
    of_event: u32,
}

impl Attempts {
    fn count(&mut self, position: Position, trouble: &Trouble) {
        let key = match trouble {
            Trouble::At(_, key) => key.clone(),
            _ => self.key.clone(),
        };
        if self.position != position || self.key != key {
            *self = Self { position, key, ..Self::default() };
        }
        self.all = self.all.saturating_add(1);
        self.of_event += u32::from(matches!(trouble, Trouble::At(..)));
    }
}

/// What another has of a share that is at work.
pub(crate) struct Handles {
    pub(crate) status: watch::Receiver<ShareStatus>,
    pub(crate) asks: mpsc::UnboundedSender<Asked>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) is_eager: Arc<AtomicBool>,
}

impl<S: Sink> ShareLoop<S> {
    pub(crate) fn new(
        common: Arc<Common<S>>,
        assignment: Assignment,
        stopped: watch::Receiver<bool>,
    ) -> (Self, Handles) {
        let Assignment { build, share, mark, is_eager } = assignment;
        let status = watch::Sender::new(ShareStatus {
            phase: Phase::Starting,
            position: mark.entry.position,
            head: mark.entry.position,
            has_looked: false,
            parked: 0,
        });
        let (send, asks) = mpsc::unbounded_channel();
        let (progress, is_eager) =
            (Arc::<Progress>::default(), Arc::new(AtomicBool::new(is_eager)));
        let handles = Handles {
            status: status.subscribe(),
            asks: send,
            progress: Arc::clone(&progress),
            is_eager: Arc::clone(&is_eager),
        };
        let key = share.key(common.traits.name);
        let (parked, given_up, asked) = (Parked::default(), None, None);
        let this = Self {
            common,
            build,
            share,
            key,
            mark,
            parked,
            given_up,
            status,
            stopped,
            asks,
            asked,
            progress,
            is_eager,
        };
        (this, handles)
    }

    /// Runs until it is stopped, halts, or loses the share.
    pub(crate) async fn run(mut self) {
        let mut attempts = Attempts::default();
        let name = self.common.traits.name;
        let phase = loop {
            let trouble = match self.follow(attempts.of_event > 0).await {
                Ok(Stop) => break Phase::Stopped,
                Err(trouble) => trouble,
            };
            // The log may be another one when it is back, also where it is still as it was at some place. Of that
            // a projection that fails says nothing.
            if !matches!(trouble, Trouble::At(Halted::Failed { .. }, _)) {
                self.common.feed.forget().await;
            }
            attempts.count(self.mark.entry.position, &trouble);
            let has_tried = attempts.of_event > self.common.settings.attempts;
            let why = match trouble {
                Trouble::Lost => break Phase::Lost,
                // What it wrote to may have been removed since, with its checkpoint.
                Trouble::Lasting(_) if self.is_lost().await => break Phase::Lost,
                Trouble::Lasting(why) => break Phase::Halted(why),
                Trouble::At(why, key) if has_tried => match self.give_up(&why, key) {
                    Some(given_up) => {
                        attempts = Attempts::default();
                        self.given_up = Some(given_up);
                        continue;
                    }
                    None => break Phase::Halted(why),
                },
                Trouble::Passing(why) | Trouble::At(why, _) => why,
            };
            tracing::warn!(projection = name, attempt = attempts.all, %why, "tries again");
            self.enter(Phase::Retrying(why));
            if self.pause(attempts.all).await.is_err() {
                break Phase::Stopped;
            }
        };
        if let Phase::Halted(why) = &phase {
            tracing::error!(projection = name, %why, "halted");
        }
        self.enter(phase);
    }

    /// Projects what comes after the checkpoint, until it is to stop or cannot go on. If an event could
    /// not be projected before, all is well again only when it could.
    async fn follow(&mut self, has_failed: bool) -> Result<Stop, Trouble> {
        self.reload().await?;
        let mut seen = self.mark.entry.place();
        self.common.feed.check(seen).await?;
        self.reached(seen.position);
        if !has_failed {
            self.enter(Phase::Following);
        }
        // Everything up to `seen` was read, though perhaps not kept: nothing of it concerned this share.
        while let Some(head) = self.grown(seen.position).await? {
            self.status.send_modify(|status| {
                (status.head, status.has_looked) = (head.max(status.head), true);
            });
            if !has_failed {
                self.enter(Phase::CatchingUp);
            }
            self.linger(seen.position, head).await;
            let feed = Arc::clone(&self.common.feed);
            while seen.position < head {
                let page = feed.page(seen, head).await?;
                // What comes next is read while this is written.
                let ahead = async {
                    if page.through.position < head {
                        // If it fails, it fails again when it is needed.
                        let _ = feed.page(page.through, head).await;
                    }
                };
                let (projected, ()) = join(self.project_page(&page, seen), ahead).await;
                seen = projected?;
                if self.is_stopped() {
                    return self.end(seen).await;
                }
            }
            self.enter(Phase::Following);
        }
        self.end(seen).await
    }

    /// Projects what is on a page after a place, batch after batch: how far that went, which is to its end
    /// unless it is to stop.
    async fn project_page(&mut self, page: &Page, after: Place) -> Result<Place, Trouble> {
        let mut seen = after;
        for batch in self.batches(page.after(after.position)) {
            if self.is_stopped() {
                return Ok(seen);
            }
            if let Some(through) = self.commit(batch).await? {
                seen = through;
                self.enter(Phase::CatchingUp);
            }
            self.work_for_operators().await?;
        }
        seen = page.through;
        self.reached(seen.position);
        let passed = seen.position.get() - self.mark.entry.position.get();
        if passed >= PASSED_OVER || (passed > 0 && self.is_eager.load(Ordering::Relaxed)) {
            self.keep(seen).await?;
        }
        Ok(seen)
    }

    async fn end(&mut self, seen: Place) -> Result<Stop, Trouble> {
        if seen.position > self.mark.entry.position {
            self.keep(seen).await?;
        }
        Ok(Stop)
    }

    /// Looks where the checkpoint is, and what is set aside.
    async fn reload(&mut self) -> Result<(), Trouble> {
        let models = &*self.common.models;
        let text = models.record("checkpoint", &self.key).await?.ok_or(Trouble::Lost)?;
        self.mark = Found { entry: books::read(&text)?, text };
        if self.mark.entry.owner != Some(self.common.worker) {
            return Err(Trouble::Lost);
        }
        let mine = self.share.first..self.mark.entry.end;
        self.parked = Parked::load(models, self.common.traits.name, self.build, mine).await?;
        Ok(())
    }

    /// Whether the checkpoint is known to be somebody else's, or gone.
    async fn is_lost(&mut self) -> bool {
        matches!(self.reload().await, Err(Trouble::Lost))
    }

    /// Keeps a checkpoint without anything for the read model.
    async fn keep(&mut self, seen: Place) -> Result<(), Trouble> {
        let tx = self.common.models.begin().await?;
        self.advance(tx, seen).await?;
        self.reached(seen.position);
        Ok(())
    }

    /// Moves the checkpoint and commits. Whoever has lost the share commits nothing: it is not the owner that
    /// the record names.
    async fn advance(&mut self, mut tx: Box<dyn ModelTx>, to: Place) -> Result<(), Trouble> {
        let entry = Mark { position: to.position, last: to.last, ..self.mark.entry };
        if !books::swap(&mut *tx, &self.key, Some(&self.mark), Some(&entry)).await? {
            return Err(Trouble::Lost);
        }
        tx.commit().await?;
        self.mark = Found { text: books::write(&entry), entry };
        self.progress.made();
        Ok(())
    }

    /// How far the log is, once that is past `after`; `None` if it is to stop. Meanwhile it does what
    /// operators ask.
    async fn grown(&mut self, after: Position) -> Result<Option<Position>, Trouble> {
        let log = Arc::clone(self.common.feed.log());
        loop {
            self.work_for_operators().await?;
            if self.is_stopped() {
                return Ok(None);
            }
            if self.asked.is_some() {
                continue;
            }
            if !self.status.borrow().has_looked {
                // Of a log that does not grow nobody says how far it is.
                let (soon, growth) = (self.common.clock.sleep(LOOKS), log.wait_past(after));
                if let Either::Right(_) = select(growth, soon).await {
                    self.status.send_modify(|status| status.has_looked = true);
                }
            }
            let mut stopped = self.stopped.clone();
            let stopped = Box::pin(stopped.wait_for(|stop| *stop));
            let asked = Box::pin(self.asks.recv());
            let woken = match select(select(stopped, asked), log.wait_past(after)).await {
                Either::Left((Either::Left(_) | Either::Right((None, _)), _)) => return Ok(None),
                Either::Left((Either::Right((Some(asked), _)), _)) => Either::Left(asked),
                Either::Right((head, _)) => Either::Right(head?),
            };
            match woken {
                Either::Left(asked) => self.begin_task(asked),
                Either::Right(head) if head > after => return Ok(Some(head)),
                Either::Right(_) => {}
            }
        }
    }

    /// Waits for more, unless there is a batch already, or it is to stop.
    async fn linger(&self, after: Position, head: Position) {
        let RunnerSettings { linger, stall, batch_events, .. } = self.common.settings;
        if linger.is_zero() || after.plus(batch_events) <= head {
            return;
        }
        let mut stopped = self.stopped.clone();
        let stopped = Box::pin(stopped.wait_for(|stop| *stop));
        select(self.common.clock.sleep(linger.min(stall / 2)), stopped).await;
    }

    /// Whether somebody has stopped it, or dropped what runs.
    fn is_stopped(&self) -> bool {
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    /// What to set aside, if that is what is done with what cannot be projected.
    fn give_up(&self, why: &Halted, key: Option<String>) -> Option<GivenUp> {
        let OnFailure::Park { .. } = self.common.settings.on_failure else { return None };
        let Halted::Failed { position, source } = why else { return None };
        Some(GivenUp { position: *position, key: key?, error: source.to_string() })
    }

    fn reached(&self, position: Position) {
        let parked = self.parked.count();
        self.status.send_modify(|status| {
            status.parked = parked;
            status.position = position;
            status.head = status.head.max(position);
        });
    }

    fn enter(&self, phase: Phase) {
        self.status.send_modify(|status| status.phase = phase);
    }

    /// Waits before the next attempt, longer each time.
    async fn pause(&mut self, attempts: u32) -> Result<(), Stop> {
        let RunnerSettings { first_pause, longest_pause, .. } = self.common.settings;
        let doubled = first_pause.saturating_mul(1 << attempts.saturating_sub(1).min(16));
        let pause = self.common.clock.sleep(doubled.min(longest_pause));
        match select(pause, Box::pin(self.stopped.wait_for(|stop| *stop))).await {
            Either::Left(_) => Ok(()),
            Either::Right(_) => Err(Stop),
        }
    }
}

/// However its task ends, it does not look as if it ran.
impl<S: Sink> Drop for ShareLoop<S> {
    fn drop(&mut self) {
        self.status.send_if_modified(|status| {
            let has_ended = status.phase.has_ended();
            if !has_ended {
                status.phase = Phase::Halted(Halted::Cut);
            }
            !has_ended
        });
    }
}

impl Mark {
    fn place(&self) -> Place {
        Place { position: self.position, last: self.last }
    }
}
