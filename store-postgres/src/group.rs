//! Appends of one process wait while one is on its way, and then go together.

use std::{
    collections::{HashSet, VecDeque},
    slice,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use annals_core::{
    Append, EventId, MAX_APPEND_EVENTS, NewEvent, StoreError, StoreErrorKind, StreamId,
};
use tokio::{runtime::Handle, sync::oneshot, task::yield_now, time::timeout};

use crate::{
    append::{Answer, append_on},
    error::too_late,
    slow_writer::warn_of_whoever_holds_the_lock,
    store::Shared,
};

/// How many bytes go together, as [`NewEvent::bytes`] counts them; an append larger than that goes alone.
const MOST_BYTES: usize = 8 << 20;

/// How many appends go together. More would gain nothing, and keep the first ones waiting.
const MOST_APPENDS: usize = 1_000;

/// What waits to be recorded.
#[derive(Default)]
pub(crate) struct Group {
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
    pub(crate) async fn append(&self, shared: &Arc<Shared>, append: &Append) -> Answer {
        let Some(answered) = self.queue(append) else {
            // Here, since to hand it to a task and back takes longer than all else this side of the wire.
            let _alone = Alone { shared };
            return record_alone(shared, append).await;
        };
        let patience = shared.settings.timeout;
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
struct Alone<'a> {
    shared: &'a Arc<Shared>,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        let shared = Arc::clone(self.shared);
        let mut state = self.shared.group.state();
        if state.waiting.is_empty() {
            state.is_recording = false;
            return;
        }
        drop(state);
        let task = Task { shared, has_ended: false };
        // Without a runtime the task is dropped, and so tells those who wait.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(record_waiting(task));
        }
    }
}

/// A task records what waits. If its runtime is shut down before it has, those who wait are told so.
struct Task {
    shared: Arc<Shared>,
    /// Whether nothing waited any more. If something does now, somebody else records it.
    has_ended: bool,
}

impl Drop for Task {
    fn drop(&mut self) {
        if !self.has_ended {
            *self.shared.group.state() = State::default();
        }
    }
}

/// Records what waits, batch after batch.
async fn record_waiting(mut task: Task) {
    loop {
        let batch = task.shared.group.next();
        if batch.is_empty() {
            task.has_ended = true;
            return;
        }
        let (appends, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|one| (one.append, one.answer)).unzip();
        let answers = record(&task.shared, &appends).await;
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
async fn record(shared: &Arc<Shared>, appends: &[Append]) -> Vec<Answer> {
    match record_together(shared, appends).await {
        Ok(answers) => answers,
        Err(error) if appends.len() > 1 && error.kind() != StoreErrorKind::Unavailable => {
            let mut answers = Vec::with_capacity(appends.len());
            for append in appends {
                answers.push(record_alone(shared, append).await);
            }
            answers
        }
        Err(error) => appends.iter().map(|_| Err(error.clone().into())).collect(),
    }
}

async fn record_alone(shared: &Arc<Shared>, append: &Append) -> Answer {
    let mut answers = record_together(shared, slice::from_ref(append)).await?;
    answers.pop().expect("each append is answered")
}

/// Records appends in one statement, and wakes whoever waits for them.
async fn record_together(
    shared: &Arc<Shared>,
    appends: &[Append],
) -> Result<Vec<Answer>, StoreError> {
    let recording = async {
        let mut lent = shared.appending.lend().await?;
        let is_kept = lent.keeps_statements();
        let answers = append_on(lent.connection(), &shared.statements, appends, is_kept).await?;
        lent.give_back().await?;
        Ok(answers)
    };
    let patience = shared.settings.timeout;
    let recorded = timeout(patience, warn_of_whoever_holds_the_lock(shared, recording)).await;
    let answers = recorded.unwrap_or_else(|_| Err(too_late("an append", patience)))?;
    if let Some(head) = answers.iter().flatten().map(|appended| appended.position).max() {
        shared.grown(head);
    }
    Ok(answers)
}

fn unavailable(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}
