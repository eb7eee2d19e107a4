//! Who works on what: the part of a runner that leases shares, sees to builds, and answers operators.
//!
//! A worker looks at the records at every beat, in one transaction, and then begins and ends the read loops of
//! its shares accordingly. Whatever it believes in between is harmless: only the owner that a checkpoint names
//! can move it.

mod beat;
mod builds;

use std::{
    collections::BTreeMap,
    error::Error,
    ops::ControlFlow::{self, Break, Continue},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use annals_core::{ModelTx, Position, StoreError, StoreErrorKind, Timestamp, guarded};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, join_all, select, select_all},
};
use tokio::{
    sync::watch,
    task::{AbortHandle, JoinHandle},
};

use self::beat::Plan;
use crate::{
    books::{self, Lease, Member, Share},
    build::Build,
    share::{Asked, Assignment, Common, Handles, ShareLoop},
    sink::Sink,
    status::{Phase, Status},
    trouble::Halted,
};

/// Works on a projection, as far as others do not.
pub(crate) struct Worker<S: Sink> {
    common: Arc<Common<S>>,
    held: BTreeMap<Share, Held>,
    /// How often it had been resumed when that was last looked at.
    resumed: Option<u32>,
    /// How often it could not be set up, one after the other: mostly since the application could not make what it
    /// is written to.
    failed_settlings: u32,
    /// How often building beside could not be begun, one after the other.
    failed_begins: u32,
    /// Removes what nobody reads any more.
    removing: Option<JoinHandle<()>>,
    status: watch::Sender<Status>,
    stopped: watch::Receiver<bool>,
}

/// A share that is leased.
struct Held {
    build: Build,
    handles: Handles,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// How much it had done when that last changed, and when that was.
    progress: (u64, Timestamp),
    /// Requests that it was told.
    told: Vec<String>,
}

impl Held {
    fn phase(&self) -> Phase {
        self.handles.status.borrow().phase.clone()
    }
}

impl<S: Sink> Worker<S> {
    pub(crate) fn new(
        common: Arc<Common<S>>,
        stopped: watch::Receiver<bool>,
    ) -> (Self, watch::Receiver<Status>) {
        let now = common.clock.now();
        let status = watch::Sender::new(Status {
            phase: Phase::Starting,
            position: Position::START,
            head: Position::START,
            since: now,
            build: None,
            shares: (0, 0),
            parked: 0,
            live_halted: None,
            seen: now,
        });
        let watched = status.subscribe();
        let this = Self {
            common,
            held: BTreeMap::new(),
            resumed: None,
            failed_settlings: 0,
            failed_begins: 0,
            removing: None,
            status,
            stopped,
        };
        (this, watched)
    }

    /// Works until it is stopped.
    pub(crate) async fn run(mut self) {
        let mut failures = 0_u32;
        loop {
            let mut stopped = self.stopped.clone();
            let stopped = Box::pin(stopped.wait_for(|stop| *stop));
            // If it is stopped in the middle of a beat, that is taken back or its leases run out.
            let beat = match select(stopped, Box::pin(self.beat())).await {
                Either::Left(_) => break,
                Either::Right((beat, _)) => beat,
            };
            let pause = match beat {
                Ok(plan) => {
                    failures = 0;
                    let is_urgent = plan.is_urgent;
                    self.follow(plan).await;
                    if is_urgent { SOON } else { self.between_beats() }
                }
                Err(error) => {
                    failures += 1;
                    self.failed(error);
                    self.common.settings.first_pause * failures.min(10)
                }
            };
            if self.wait(pause).await.is_break() {
                break;
            }
        }
        self.end().await;
    }

    fn between_beats(&self) -> Duration {
        self.common.settings.lease.max(SHORTEST_LEASE) / 5
    }

    /// Waits for the next beat, and tells meanwhile how the shares are doing.
    async fn wait(&mut self, pause: Duration) -> ControlFlow<()> {
        let mut timer = self.common.clock.sleep(pause);
        loop {
            if *self.stopped.borrow() || self.stopped.has_changed().is_err() {
                return Break(());
            }
            let mut stopped = self.stopped.clone();
            let mut wakes: Vec<BoxFuture<'_, Woken>> = vec![
                async move { stopped.wait_for(|stop| *stop).map(|_| Woken::Stopped).await }.boxed(),
                (&mut timer).map(|()| Woken::Beat).boxed(),
            ];
            for held in self.held.values_mut() {
                let status = &mut held.handles.status;
                let changed = async {
                    // The one that sends is gone when its share has ended: that was told already.
                    match status.changed().await {
                        Ok(()) => Woken::Changed,
                        Err(_) => std::future::pending().await,
                    }
                };
                wakes.push(changed.boxed());
            }
            let (woken, ..) = select_all(wakes).await;
            match woken {
                Woken::Stopped => return Break(()),
                Woken::Beat => return Continue(()),
                Woken::Changed => {
                    self.tell();
                    if self.held.values().any(|held| held.phase().is_over()) {
                        return Continue(());
                    }
                }
            }
        }
    }

    /// Begins and ends what the records say.
    async fn follow(&mut self, plan: Plan) {
        for share in plan.to_end {
            if let Some(held) = self.held.get(&share) {
                let _ = held.stop.send(true);
            }
        }
        let begun = plan.to_begin.iter().map(|assignment| assignment.share);
        self.drop_shares(plan.gone.iter().copied().chain(begun)).await;
        for assignment in plan.to_begin {
            let its = assignment.share;
            let asks = plan.asks.iter().filter(|(share, _)| *share == its);
            self.begin(assignment, asks.map(|(_, asked)| asked.clone()).collect());
        }
        for (share, asked) in plan.asks {
            self.ask(share, asked);
        }
        self.remove(plan.to_remove);
        for share in plan.relaxed {
            if let Some(held) = self.held.get(&share) {
                held.handles.is_eager.store(false, Ordering::Relaxed);
            }
        }
        let now = self.common.clock.now();
        self.status.send_modify(|status| {
            status.build = Some(plan.live);
            status.shares.1 = plan.live_shares;
            status.seen = now;
        });
        self.tell_that(plan.phase);
        let asked = plan.rebuilds.iter().map(|key| Some(key.as_str()));
        for asked in asked.chain(plan.begins_newer.then_some(None)) {
            if let Err(error) = self.begin_beside(asked).await {
                tracing::warn!(projection = self.common.traits.name, %error, "no build is begun");
                // What is read goes on, if it can; it is the new one that cannot be made.
                self.tell_that(Some(Phase::Retrying(Halted::Store(error))));
            }
        }
    }

    /// Begins to work on a share, and first on what operators ask of it.
    fn begin(&mut self, assignment: Assignment, asks: Vec<Asked>) {
        let (share, build) = (assignment.share, assignment.build);
        let (stop, stopped) = watch::channel(false);
        let (work, handles) = ShareLoop::new(Arc::clone(&self.common), assignment, stopped);
        let told = asks.iter().map(|(key, _)| key.clone()).collect();
        for asked in asks {
            // It has the other end.
            let _ = handles.asks.send(asked);
        }
        let task = tokio::spawn(work.run());
        let progress = (0, self.common.clock.now());
        self.held.insert(share, Held { build, handles, stop, task, progress, told });
    }

    /// Drops shares that have ended, or are somebody else's: what those have not committed they never can.
    async fn drop_shares(&mut self, shares: impl Iterator<Item = Share>) {
        let dropped: Vec<_> = shares.filter_map(|share| self.held.remove(&share)).collect();
        for held in &dropped {
            held.task.abort();
        }
        join_all(dropped.into_iter().map(|held| held.task)).await;
    }

    fn ask(&mut self, share: Share, asked: Asked) {
        if let Some(held) = self.held.get_mut(&share)
            && !held.told.contains(&asked.0)
            && !held.phase().has_ended()
        {
            held.told.push(asked.0.clone());
            // If it ends now, the next one is told.
            let _ = held.handles.asks.send(asked);
        }
    }

    /// The records cannot be read or written.
    fn failed(&mut self, error: StoreError) {
        tracing::warn!(projection = self.common.traits.name, %error, "a beat is tried again");
        let is_passing = error.kind() == StoreErrorKind::Unavailable
            && self.failed_settlings <= self.common.settings.attempts;
        let phase = match is_passing {
            true => Phase::Retrying(Halted::Store(error)),
            false => Phase::Halted(Halted::Store(error)),
        };
        self.tell_that(Some(phase));
    }

    fn tell(&mut self) {
        self.tell_that(None);
    }

    /// Tells how it is doing: as `known`, or else as the worst of its shares.
    fn tell_that(&mut self, known: Option<Phase>) {
        let (now, stall) = (self.common.clock.now(), self.common.settings.stall);
        let live = self.status.borrow().build;
        let mut phase = Phase::StandingBy;
        let (mut position, mut head, mut parked, mut shares) = (None, Position::START, 0, 0);
        let mut live_halted = None;
        for held in self.held.values_mut() {
            let status = held.handles.status.borrow_and_update().clone();
            let count = held.handles.progress.count();
            let is_starting = matches!(status.phase, Phase::Starting);
            let has_work = is_starting || matches!(status.phase, Phase::CatchingUp);
            if held.progress.0 != count || !has_work {
                held.progress = (count, now);
            }
            let its = match status.phase {
                _ if held.progress.1.plus(stall) < now => Phase::Stalled,
                phase => phase,
            };
            if Some(held.build) == live
                && let Phase::Halted(why) = &its
            {
                live_halted = Some(why.clone());
            }
            let is_over = its.is_over();
            if its.weight() >= phase.weight() && !is_over {
                phase = its;
            }
            if Some(held.build) == live {
                position = Some(position.unwrap_or(status.position).min(status.position));
                head = head.max(status.head);
                // Of one that has only begun it is not known what is set aside.
                shares += usize::from(!is_starting && !is_over);
            }
            parked += status.parked;
        }
        let phase = known.unwrap_or(phase);
        self.status.send_modify(|status| {
            if status.phase.word() != phase.word() {
                status.since = now;
            }
            status.phase = phase;
            status.position = position.unwrap_or(status.position);
            status.head = head.max(status.position);
            status.parked = parked;
            status.live_halted = live_halted;
            status.shares.0 = shares;
        });
    }

    /// Ends all shares after their batches, and lets others have them.
    async fn end(mut self) {
        let whole = self.common.clock.sleep(LONGEST_END + LONGEST_LEAVE);
        for held in self.held.values() {
            let _ = held.stop.send(true);
        }
        let aborts: Vec<_> = self.held.values().map(|held| held.task.abort_handle()).collect();
        let ended = join_all(self.held.values_mut().map(|held| &mut held.task));
        if let Either::Right(_) = select(ended, self.common.clock.sleep(LONGEST_END)).await {
            tracing::warn!(projection = self.common.traits.name, "a batch is cut short");
            aborts.iter().for_each(AbortHandle::abort);
        }
        self.tell();
        let phase = self.status.borrow().phase.clone();
        let phase = if matches!(phase, Phase::Halted(_)) { phase } else { Phase::Stopped };
        if let Either::Right(_) = select(Box::pin(self.leave()), whole).await {
            // Others have to wait for the end of its leases.
            tracing::warn!(projection = self.common.traits.name, "leaves without a word");
        }
        self.tell_end(phase);
    }

    fn tell_end(&self, phase: Phase) {
        let since = self.common.clock.now();
        self.status.send_modify(|status| (status.phase, status.since) = (phase, since));
    }

    /// Gives up the leases, so that nobody has to wait for their end. Others may be at the same records.
    async fn leave(&self) {
        while let Err(error) = self.try_to_leave().await {
            tracing::warn!(projection = self.common.traits.name, %error, "leaving is tried again");
            self.common.clock.sleep(SOON).await;
        }
    }

    /// Also of shares that it has taken in a beat in the middle of which it was stopped.
    async fn try_to_leave(&self) -> Result<(), StoreError> {
        let mut tx = self.common.models.begin().await?;
        let name = books::part(self.common.traits.name);
        for (key, lease) in books::below::<Lease>(&mut *tx, &name).await? {
            if lease.entry.owner == self.common.worker {
                books::swap(&mut *tx, &key, Some(&lease), None).await?;
                tx.remove("status", &[key]).await?;
            }
        }
        tx.remove("worker", &[self.member_key()]).await?;
        tx.commit().await
    }

    async fn release(&self, tx: &mut dyn ModelTx, share: Share) -> Result<(), StoreError> {
        let key = share.key(self.common.traits.name);
        let lease = books::find::<Lease>(tx, &key).await?;
        if let Some(lease) = lease.filter(|lease| lease.entry.owner == self.common.worker) {
            books::swap(tx, &key, Some(&lease), None).await?;
            tx.remove("status", &[key]).await?;
        }
        Ok(())
    }

    fn member_key(&self) -> String {
        format!("{}/{}", books::part(self.common.traits.name), self.common.worker)
    }

    fn member(&self, until: i64) -> (String, Member) {
        (self.member_key(), Member { version: self.common.traits.version, until })
    }
}

/// What went wrong, with all that it came from. It may be of the application's own making.
fn described(why: &(dyn Error + 'static)) -> String {
    let described = guarded(|| {
        let mut text = why.to_string();
        let mut source = why.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        text
    });
    described.unwrap_or_else(|panicked| format!("cannot be told: {panicked}"))
}

/// What ends the time between two beats.
enum Woken {
    Stopped,
    Beat,
    Changed,
}

/// However its task ends, it does not look as if it ran.
impl<S: Sink> Drop for Worker<S> {
    fn drop(&mut self) {
        for held in self.held.values() {
            held.task.abort();
        }
        if !self.status.borrow().phase.has_ended() {
            self.tell_end(Phase::Halted(Halted::Cut));
        }
    }
}

/// The shortest time that a lease is for.
const SHORTEST_LEASE: Duration = Duration::from_millis(100);

/// How long a batch may take to be finished when it is to stop.
const LONGEST_END: Duration = Duration::from_secs(4);

/// How much longer it may take to say so.
const LONGEST_LEAVE: Duration = Duration::from_millis(500);

/// How soon the next beat is while others stand still for it.
const SOON: Duration = Duration::from_millis(10);
