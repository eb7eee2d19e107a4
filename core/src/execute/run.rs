//! The loop: decide, append; and if someone was first, catch up and again.

use std::{collections::VecDeque, mem};

use crate::{
    append::{Append, AppendError, Appended, Conflict},
    event::EventId,
    fold::Aggregate,
    folded::Folded,
    load::LoadError,
    position::Revision,
    retry::Attempts,
    store_error::{StoreError, StoreErrorKind},
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
        let attempts = self.retry.begin();
        let mut run = Run {
            writer: self,
            stream,
            queue,
            at_most: usize::MAX,
            has_met_repeats: false,
            attempts,
        };
        match run.answer_all(remembered).await {
            Ok(state) => Some(state),
            Err(failure) => {
                run.queue.into_iter().for_each(|pending| pending.refuse(failure.clone()));
                None
            }
        }
    }
}

/// A queue on its way to its end. Commands may not be looked at from two threads at a time, so whatever
/// waits in here borrows it mutably.
pub(super) struct Run<'w, A: Aggregate> {
    pub(super) writer: &'w Writer,
    pub(super) stream: &'w StreamId,
    /// What has no answer yet. Whenever a step fails, all of it is in here.
    queue: VecDeque<Pending<A>>,
    /// How many commands are recorded in one append: one, once the store refused several for what
    /// one of them has in it.
    at_most: usize,
    /// Whether a command was found to be recorded already.
    has_met_repeats: bool,
    /// What is left of the tries after conflicts, until a command is answered.
    attempts: Attempts,
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
            let waiting = self.queue.len();
            let clock = &*self.writer.clock;
            let plan = Plan::make(self.stream, state, &mut self.queue, self.at_most, clock);
            state = match plan.records_nothing() {
                false => self.record(plan, is_current).await?,
                true if is_current => self.answer_unrecorded(plan).await,
                true => self.confirm(plan).await?,
            };
            is_current = true;
            if self.queue.len() < waiting {
                self.attempts = self.writer.retry.begin();
            }
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
        match writer.persistently(appending).await {
            // Random ids were recorded by nobody else. Those that follow from keys may have been.
            Ok(appended) if appended.repeated && plan.is_all_keyed() => {
                self.answer_repeats(plan, &append, &appended).await
            }
            Ok(appended) => {
                let (steps, end) = plan.recorded(append.events().count(), &appended);
                self.settle(steps).await;
                Ok(end)
            }
            Err(AppendError::Conflict(conflict)) => self.resolve(plan, conflict, is_current).await,
            Err(AppendError::Duplicate { id, revision, .. }) => {
                let index = append.events().position(|event| event.id() == id);
                let index = index.expect("a store only names ids that it was given");
                self.answer_repeat(plan, index, revision).await
            }
            Err(AppendError::Store(error)) if error.kind() == StoreErrorKind::Invalid => {
                self.refuse_one(plan, error).await
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

    /// The store refuses what is in the events. One command has to bear that; of several, each is
    /// recorded alone, to see which.
    async fn refuse_one(&mut self, plan: Plan<A>, error: StoreError) -> Result<Folded<A>, Failure> {
        let is_alone = plan.commands() == 1;
        let state = plan.withdraw(&mut self.queue);
        if is_alone && let Some(refused) = self.queue.pop_front() {
            refused.refuse(error);
        }
        self.at_most = 1;
        self.catch_up(state).await
    }

    /// All events of a plan were recorded before, at the same place. If they are the same in content
    /// too, their commands are answered; all others are asked again.
    async fn answer_repeats(
        &mut self,
        plan: Plan<A>,
        append: &Append,
        appended: &Appended,
    ) -> Result<Folded<A>, Failure> {
        let (writer, stream, base) = (self.writer, self.stream, plan.base().revision());
        let comparing = || writer.has_recorded(stream, base, append);
        match writer.persistently(comparing).await {
            Ok(true) => {
                let (steps, end) = plan.recorded(append.events().count(), appended);
                for step in steps.into_iter().rev() {
                    match step.outcome.events() {
                        0 => self.queue.push_front(step.pending),
                        _ => step.settle(true),
                    }
                }
                self.catch_up(end).await
            }
            Ok(false) => self.answer_repeat(plan, 0, base.plus(1)).await,
            Err(error) => {
                plan.withdraw(&mut self.queue);
                Err(LoadError::from(error).into())
            }
        }
    }

    /// Answers the command whose event, at `index` in the append, was recorded before, and catches
    /// up for the others. Where there was one such command already there may be many: then the keys
    /// of all are looked up.
    async fn answer_repeat(
        &mut self,
        plan: Plan<A>,
        index: usize,
        recorded: Revision,
    ) -> Result<Folded<A>, Failure> {
        let others = plan.commands() - 1;
        let (pending, state) = plan.withdraw_but(index, &mut self.queue);
        self.repeat(pending, recorded).await;
        if mem::replace(&mut self.has_met_repeats, true) {
            self.answer_all_repeats(others).await;
        }
        self.catch_up(state).await
    }

    /// Looks up the keys of the first `commands` in the queue, and answers those that are in the log.
    async fn answer_all_repeats(&mut self, commands: usize) {
        let suspects: Vec<_> = self.queue.drain(..commands).collect();
        let mut others = VecDeque::new();
        for pending in suspects {
            let Some(key) = pending.options().idempotency_key.as_deref() else {
                others.push_back(pending);
                continue;
            };
            match self.locate(key).await {
                Ok(None) => others.push_back(pending),
                Ok(Some(recorded)) => self.repeat(pending, recorded).await,
                Err(error) => pending.refuse(error),
            }
        }
        others.append(&mut self.queue);
        self.queue = others;
    }

    /// Answers with the outcomes of a plan: first those that are certain, then those for which a key
    /// has to be looked up.
    async fn settle(&mut self, steps: Vec<Step<A>>) {
        let (uncertain, certain): (Vec<_>, Vec<_>) =
            steps.into_iter().partition(|step| step.key_to_look_up().is_some());
        certain.into_iter().for_each(|step| step.settle(false));

        for step in uncertain {
            match self.locate(step.key_to_look_up().unwrap_or_default()).await {
                Ok(None) => step.settle(false),
                Ok(Some(recorded)) => self.repeat(step.pending, recorded).await,
                Err(error) => step.pending.refuse(error),
            }
        }
    }

    /// Where in the stream the first event stands that was recorded under that key.
    async fn locate(&mut self, key: &str) -> Result<Option<Revision>, StoreError> {
        let (writer, stream, id) = (self.writer, self.stream, EventId::keyed(self.stream, key, 0));
        writer.persistently(|| writer.store.locate(stream, id)).await
    }

    async fn load(&mut self) -> Result<Folded<A>, Failure> {
        let (writer, stream) = (self.writer, self.stream);
        Ok(writer.persistently(|| writer.load_once(stream)).await?)
    }

    async fn catch_up(&mut self, state: Folded<A>) -> Result<Folded<A>, Failure> {
        let (writer, stream) = (self.writer, self.stream);
        let catching_up = || writer.catch_up(stream, state.clone());
        Ok(writer.persistently(catching_up).await?)
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
