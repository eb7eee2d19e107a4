//! Appends of one process wait while one is on its way, and then go together.

use std::{
    collections::{HashSet, VecDeque},
    future::Future,
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use annals_core::{
    Append, AppendError, Appended, EventId, MAX_APPEND_EVENTS, NewEvent, StoreError,
    StoreErrorKind, StreamId,
};
use tokio::{runtime::Handle, sync::oneshot, task::yield_now, time::timeout};

use crate::words::too_late;

/// How many bytes go together, as [`NewEvent::bytes`] counts them; an append larger than that goes alone.
const MOST_BYTES: usize = 8 << 20;

/// How many appends go together. More would gain nothing, and keep the first ones waiting.
const MOST_APPENDS: usize = 1_000;

/// What one append is answered, of those that were recorded together.
pub type Answer = Result<Appended, AppendError>;

/// A store, as its [`Group`] sees it.
pub trait Recorder: Send + Sync + 'static {
    /// Where its appends wait.
    fn group(&self) -> &Group;

    /// How long an append waits for its answer at most.
    fn patience(&self) -> Duration;

    /// Records appends that have no stream and no event id in common, in one transaction, and answers
    /// each. An error is about all of them.
    fn record(
        self: &Arc<Self>,
        appends: &[Append],
    ) -> impl Future<Output = Result<Vec<Answer>, StoreError>> + Send;
}

/// The appends of one process that wait to be recorded.
#[derive(Default)]
pub struct Group {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    /// Whether somebody records; whatever comes then waits.
    is_recording: bool,
}

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Answer>,
}

impl Group {
    /// Records `append`: at once if nothing is on its way, else together with others that wait.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the append was recorded whole or not at all, or still will be.
    ///
    /// # Errors
    ///
    /// As [`append`](annals_core::EventStore::append).
    pub async fn append<R: Recorder>(&self, recorder: &Arc<R>, append: &Append) -> Answer {
        let Some(answered) = self.queue(append) else {
            // Here, since to hand it to a task and back takes longer than all else this side of the wire.
            let _alone = Alone { recorder };
            return record_alone(recorder, append).await;
        };
        let patience = recorder.patience();
        match timeout(patience, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(unavailable("the runtime that recorded was shut down").into()),
            Err(_) => Err(too_late("an append", patience).into()),
        }
    }

    /// Lets `append` wait for its answer; `None` if it can be recorded at once, by whoever asks.
    fn queue(&self, append: &Append) -> Option<oneshot::Receiver<Answer>> {
        let mut state = self.state();
        if !state.is_recording {
            state.is_recording = true;
            return None;
        }
        let (answer, answered) = oneshot::channel();
        state.waiting.push_back(Waiting { append: append.clone(), answer });
        Some(answered)
    }

    /// The next appends to record; none, if nothing waits: then nobody records any more.
    fn next(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let batch = take_batch(&mut state.waiting);
        state.is_recording = !batch.is_empty();
        batch
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes as many as may go together: of those that have a stream or an id in common the first, and none
/// that nobody waits for any more.
fn take_batch(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut streams, mut ids) = (HashSet::<StreamId>::new(), HashSet::<EventId>::new());
    let (mut events, mut bytes) = (0, 0);
    let (mut batch, mut later) = (Vec::new(), VecDeque::new());

    while let Some(next) = waiting.pop_front() {
        if next.answer.is_closed() {
            continue;
        }
        let append = &next.append;
        events += append.events().count().max(append.streams().len());
        bytes += append.events().map(NewEvent::bytes).sum::<usize>();
        let is_full =
            batch.len() == MOST_APPENDS || events > MAX_APPEND_EVENTS || bytes > MOST_BYTES;
        if is_full && !batch.is_empty() {
            waiting.push_front(next);
            break;
        }
        let is_apart = append.streams().iter().all(|part| !streams.contains(&part.stream))
            && append.events().all(|event| !ids.contains(&event.id()));
        // Also of one that has to wait: who comes after it must not overtake it.
        streams.extend(append.streams().iter().map(|part| part.stream.clone()));
        ids.extend(append.events().map(NewEvent::id));
        if is_apart { batch.push(next) } else { later.push_back(next) }
    }
    later.append(waiting);
    *waiting = later;
    batch
}

/// A caller records its own append. When that is done, or the caller leaves, a task goes on with what
/// has come meanwhile.
struct Alone<'a, R: Recorder> {
    recorder: &'a Arc<R>,
}

impl<R: Recorder> Drop for Alone<'_, R> {
    fn drop(&mut self) {
        let mut state = self.recorder.group().state();
        if state.waiting.is_empty() {
            state.is_recording = false;
            return;
        }
        drop(state);
        let task = Task { recorder: Arc::clone(self.recorder), has_ended: false };
        // Without a runtime the task is dropped, and so tells those who wait.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(record_waiting(task));
        }
    }
}

/// A task records what waits. If its runtime is shut down before it has, those who wait are told so.
struct Task<R: Recorder> {
    recorder: Arc<R>,
    /// Whether nothing waited any more. If something does now, somebody else records it.
    has_ended: bool,
}

impl<R: Recorder> Drop for Task<R> {
    fn drop(&mut self) {
        if !self.has_ended {
            *self.recorder.group().state() = State::default();
        }
    }
}

/// Records what waits, batch after batch.
async fn record_waiting<R: Recorder>(mut task: Task<R>) {
    loop {
        let batch = task.recorder.group().next();
        if batch.is_empty() {
            task.has_ended = true;
            return;
        }
        let (appends, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|one| (one.append, one.answer)).unzip();
        let answers = record(&task.recorder, &appends).await;
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            let _ = waiting.send(answer); // Who does not wait any more does not want to know.
        }
        // Whoever was answered may append again at once, and then goes with the next batch. Measured with
        // 64 tasks, after one turn for the others 48 of them are back, after three 63.
        for _ in 0..3 {
            yield_now().await;
        }
    }
}

/// Records a batch. If the database does not want something that is in it, each append goes alone, so
/// that only the one with the fault is refused.
async fn record<R: Recorder>(recorder: &Arc<R>, appends: &[Append]) -> Vec<Answer> {
    match recorder.record(appends).await {
        Ok(answers) => answers,
        Err(error) if appends.len() > 1 && error.kind() != StoreErrorKind::Unavailable => {
            let mut answers = Vec::with_capacity(appends.len());
            for append in appends {
                answers.push(record_alone(recorder, append).await);
            }
            answers
        }
        Err(error) => appends.iter().map(|_| Err(error.clone().into())).collect(),
    }
}

async fn record_alone<R: Recorder>(recorder: &Arc<R>, append: &Append) -> Answer {
    let mut answers = recorder.record(slice::from_ref(append)).await?;
    answers.pop().expect("each append is answered")
}

fn unavailable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}
