//! A store that breaks where a network and a database would.

use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, Position, Revision,
    StoreError, StoreErrorKind, StreamId,
};
use async_trait::async_trait;
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt, future::ready};
use tokio::sync::watch;

/// A store around another, which counts the calls and lets some of them fail.
///
/// A function that a test gives says what befalls each call. Here the answer to the second append is
/// lost, after its events were recorded:
///
/// ```
/// # use std::sync::Arc;
/// # use annals_core::EventStore;
/// # use annals_testkit::{Call, Fault, FaultyStore};
/// # fn around(store: Arc<dyn EventStore>) -> FaultyStore {
/// FaultyStore::new(store, |call| match call {
///     Call::Append(2) => Some(Fault::AnswerLost),
///     _ => None,
/// })
/// # }
/// ```
///
/// Every call also waits for a moment before the store is asked and before the answer is given, so
/// that [`cancelled_after`](crate::cancelled_after) can drop it on either side of a commit.
pub struct FaultyStore {
    store: Arc<dyn EventStore>,
    plan: Box<dyn Fn(Call) -> Option<Fault> + Send + Sync>,
    calls: Mutex<Calls>,
    gate: watch::Sender<Gate>,
}

/// A call to a store: which method, and the how many-th call of it, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`EventStore::append`].
    Append(usize),
    /// [`EventStore::read_stream`].
    ReadStream(usize),
    /// [`EventStore::read_log`].
    ReadLog(usize),
    /// [`EventStore::locate`].
    Locate(usize),
    /// [`EventStore::wait_past`].
    WaitPast(usize),
}

/// What can befall a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails as unavailable, and never reaches the store.
    RequestLost,
    /// The store does it, and then it fails as unavailable. Of a reading, every event arrives and
    /// the end does not.
    AnswerLost,
    /// It waits until it is [released](FaultyStore::release), and then reaches the store.
    Held,
}

/// How often each method was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// Calls of [`EventStore::append`].
    pub append: usize,
    /// Calls of [`EventStore::read_stream`].
    pub read_stream: usize,
    /// Calls of [`EventStore::read_log`].
    pub read_log: usize,
    /// Calls of [`EventStore::locate`].
    pub locate: usize,
    /// Calls of [`EventStore::wait_past`].
    pub wait_past: usize,
}

/// How many calls were ever held, and how many of them may go on.
#[derive(Debug, Default)]
struct Gate {
    held: usize,
    released: usize,
}

#[async_trait]
impl EventStore for FaultyStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let fault = self.befalls(|calls| Call::Append(count(&mut calls.append)));
        self.suffer(fault, self.store.append(append)).await?
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        let fault = self.befalls(|calls| Call::ReadStream(count(&mut calls.read_stream)));
        let stream = stream.clone();
        self.interrupt(fault, move || self.store.read_stream(&stream, after))
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let fault = self.befalls(|calls| Call::ReadLog(count(&mut calls.read_log)));
        self.interrupt(fault, move || self.store.read_log(after, filter))
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        let fault = self.befalls(|calls| Call::Locate(count(&mut calls.locate)));
        self.suffer(fault, self.store.locate(stream, id)).await?
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        let fault = self.befalls(|calls| Call::WaitPast(count(&mut calls.wait_past)));
        self.suffer(fault, self.store.wait_past(after)).await?
    }
}

impl FaultyStore {
    /// A store around `store`, in which `plan` says what befalls each call, if anything.
    pub fn new(
        store: Arc<dyn EventStore>,
        plan: impl Fn(Call) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let (gate, _) = watch::channel(Gate::default());
        Self { store, plan: Box::new(plan), calls: Mutex::default(), gate }
    }

    /// How often each method was called so far, with or without success.
    pub fn calls(&self) -> Calls {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends once that many calls have been held since the store was made.
    pub async fn holds(&self, calls: usize) {
        self.wait_until(|gate| gate.held >= calls).await;
    }

    /// Lets the calls go on that are held now.
    pub fn release(&self) {
        self.gate.send_modify(|gate| gate.released = gate.held);
    }

    /// Counts a call, and asks the plan about it.
    fn befalls(&self, call: impl FnOnce(&mut Calls) -> Call) -> Option<Fault> {
        let call = call(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        (self.plan)(call)
    }

    /// The answer of the store, unless `fault` comes before or after it.
    async fn suffer<T>(
        &self,
        fault: Option<Fault>,
        answer: impl Future<Output = T>,
    ) -> Result<T, StoreError> {
        self.before(fault).await?;
        let answer = answer.await;
        after(fault).await?;
        Ok(answer)
    }

    /// What the store reads, unless `fault` comes before or after it.
    fn interrupt<'s>(
        &'s self,
        fault: Option<Fault>,
        read: impl FnOnce() -> Envelopes<'s> + Send + 's,
    ) -> Envelopes<'s> {
        let events = self.before(fault).map_ok(|()| read()).into_stream();
        let end = after(fault).into_stream().try_filter_map(|()| ready(Ok(None)));
        events.try_flatten().chain(end).boxed()
    }

    async fn before(&self, fault: Option<Fault>) -> Result<(), StoreError> {
        moment().await;
        match fault {
            Some(Fault::RequestLost) => Err(unavailable("the request was lost")),
            Some(Fault::Held) => {
                self.pass_gate().await;
                Ok(())
            }
            Some(Fault::AnswerLost) | None => Ok(()),
        }
    }

    async fn pass_gate(&self) {
        let mut number = 0;
        self.gate.send_modify(|gate| {
            gate.held += 1;
            number = gate.held;
        });
        self.wait_until(|gate| gate.released >= number).await;
    }

    async fn wait_until(&self, gate: impl FnMut(&Gate) -> bool) {
        let reached = self.gate.subscribe().wait_for(gate).await.map(drop);
        reached.expect("the store is borrowed, so its gate is there");
    }
}

async fn after(fault: Option<Fault>) -> Result<(), StoreError> {
    moment().await;
    match fault {
        Some(Fault::AnswerLost) => Err(unavailable("the answer was lost")),
        Some(Fault::RequestLost | Fault::Held) | None => Ok(()),
    }
}

fn unavailable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}

fn count(calls: &mut usize) -> usize {
    *calls += 1;
    *calls
}

/// Waits once without reason, so that the caller can be dropped here.
async fn moment() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
