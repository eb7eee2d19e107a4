//! The loop: decide, append; and if someone was first, catch up and again.

use std::collections::VecDeque;

use crate::{
    append::{AppendError, Conflict},
    event::EventId,
    fold::Aggregate,
    folded::Folded,
    load::LoadError,
    position::Revision,
    retry::Attempts,
    stream::StreamId,
    writer::Writer,
};

use super::{
    Pending, Refusal,
    plan::{Plan, Step},
};

impl Writer {
    /// Answers every command in `queue`, in order, each on the state that the one before it leaves,
    /// recording the events of as many at once as one append can hold.
    ///
    /// `remembered` may be any former state of the stream. What is appended on it is checked by the
    /// store; before anything else is answered it is caught up, and the command asked again. The
    /// state that is returned may be remembered; after a failure there is none.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, each command without an answer took effect whole, or not at all, or
    /// still will.
    pub async fn run<A: Aggregate>(
        &self,
        stream: &StreamId,
        remembered: Option<Folded<A>>,
        queue: VecDeque<Pending<A>>,
    ) -> Option<Folded<A>> {
        let mut run = Run { writer: self, stream, queue, attempts: self.retry.begin() };
        match run.answer_all(remembered).await {
            Ok(state) => Some(state),
            Err(failure) => {
                run.queue.into_iter().for_each(|pending| pending.refuse(failure.clone()));
                None
            }
        }
    }
}

pub(super) struct Run<'w, A: Aggregate> {
    pub(super) writer: &'w Writer,
    pub(super) stream: &'w StreamId,
    /// What has no answer yet. Whenever a step fails, all of it is in here.
    queue: VecDeque<Pending<A>>,
    pub(super) attempts: Attempts,
}

impl<A: Aggregate> Run<'_, A> {
    async fn answer_all(&mut self, remembered: Option<Folded<A>>) -> Result<Folded<A>, Failure> {
        // Whether the state was true at some time after the commands had come.
        let mut is_current = remembered.is_none();
        let mut state = match remembered {
            Some(state) => state,
            None => self.load().await?,
        };
        while !self.queue.is_empty() {
            let plan = Plan::make(self.stream, state, &mut self.queue, &*self.writer.clock);
            state = match plan.records_nothing() {
                false => self.record(plan, is_current).await?,
                true if is_current => self.answer_unrecorded(plan).await,
                true => self.confirm(plan).await?,
            };
            is_current = true;
        }
        Ok(state)
    }

    /// Appends what is planned and answers. If that cannot be, the commands are in the queue again,
    /// and the state is the newer one.
    async fn record(&mut self, mut plan: Plan<A>, is_current: bool) -> Result<Folded<A>, Failure> {
        let append = plan.take_append();
        let writer = self.writer;
        // Sent again, the same ids are not recorded twice: this is how one becomes certain.
        let appending = || writer.store.append(&append);
        match writer.persistently(&mut self.attempts, appending).await {
            // Random ids were recorded by nobody else. Those that follow from keys may have been.
            Ok(appended) if appended.repeated && plan.is_all_keyed() => {
                let first = plan.base().revision.plus(1);
                self.answer_repeat(plan, 0, first).await
            }
            Ok(appended) => {
                let (steps, end) = plan.recorded(append.events().count(), appended.position);
                self.attempts = self.writer.retry.begin();
                self.settle(steps).await;
                Ok(end)
            }
            Err(AppendError::Conflict(conflict)) => self.resolve(plan, conflict, is_current).await,
            Err(AppendError::Duplicate { id, revision, .. }) => {
                let index = append.events().position(|event| event.id() == id);
                let index = index.expect("a store only names ids that it was given");
                self.answer_repeat(plan, index, revision).await
            }
            Err(AppendError::Store(error)) => {
                plan.withdraw(&mut self.queue);
                Err(LoadError::from(error).into())
            }
        }
    }

    /// Answers commands that lead to nothing, on a state that is known to be current.
    async fn answer_unrecorded(&mut self, plan: Plan<A>) -> Folded<A> {
        let (steps, state) = plan.unrecorded();
        self.settle(steps).await;
        state
    }

    /// Catches up, so that commands which lead to nothing are asked again on a current state.
    async fn confirm(&mut self, plan: Plan<A>) -> Result<Folded<A>, Failure> {
        let state = plan.withdraw(&mut self.queue);
        self.catch_up(state).await
    }

    /// Someone was first: catches up, unless that has happened too many times in a row. That what was
    /// remembered is not current does not count, since nobody said it was.
    async fn resolve(
        &mut self,
        plan: Plan<A>,
        conflict: Conflict,
        is_current: bool,
    ) -> Result<Folded<A>, Failure> {
        self.writer.counters.conflicts.increment();
        let state = plan.withdraw(&mut self.queue);
        if is_current && !self.attempts.next(&*self.writer.clock).await {
            return Err(conflict.into());
        }
        self.catch_up(state).await
    }

    /// Answers the command whose event, at `index` in the append, was recorded before, and catches
    /// up for the others.
    async fn answer_repeat(
        &mut self,
        plan: Plan<A>,
        index: usize,
        recorded: Revision,
    ) -> Result<Folded<A>, Failure> {
        let (pending, state) = plan.withdraw_but(index, &mut self.queue);
        self.repeat(pending, recorded).await;
        self.catch_up(state).await
    }

    /// Answers with the outcomes of a plan. A command that came to nothing may have been recorded
    /// under its key before, and come to nothing because of that.
    async fn settle(&mut self, steps: Vec<Step<A>>) {
        for step in steps {
            let key = step.pending.options().idempotency_key.as_deref();
            let Some(key) = key.filter(|_| step.outcome.events() == 0) else {
                step.settle();
                continue;
            };
            let id = EventId::keyed(self.stream, key, 0);
            let (writer, stream) = (self.writer, self.stream);
            let locating = || writer.store.locate(stream, id);
            match writer.persistently(&mut self.attempts, locating).await {
                Ok(None) => step.settle(),
                Ok(Some(recorded)) => self.repeat(step.pending, recorded).await,
                Err(error) => step.pending.refuse(error),
            }
        }
    }

    async fn load(&mut self) -> Result<Folded<A>, Failure> {
        let (writer, stream) = (self.writer, self.stream);
        Ok(writer.persistently(&mut self.attempts, || writer.load_once(stream)).await?)
    }

    async fn catch_up(&mut self, state: Folded<A>) -> Result<Folded<A>, Failure> {
        let (writer, stream) = (self.writer, self.stream);
        let catching_up = || writer.catch_up(stream, state.clone());
        Ok(writer.persistently(&mut self.attempts, catching_up).await?)
    }
}

/// What fails every command that waits.
#[derive(Debug, Clone)]
enum Failure {
    Conflict(Conflict),
    Load(LoadError),
}

impl From<Conflict> for Failure {
    fn from(conflict: Conflict) -> Self {
        Self::Conflict(conflict)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Conflict(conflict) => conflict.into(),
            Failure::Load(error) => error.into(),
        }
    }
}
