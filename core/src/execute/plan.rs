//! Many commands on one stream, each decided on the state that the one before it would leave.

use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::Arc,
};

use crate::{
    append::{Append, Appended, Conflict},
    clock::{Clock, Timestamp},
    envelope::NewEvent,
    event::EventId,
    fold::{Aggregate, Fold},
    folded::Folded,
    invalid::{Invalid, check_limits},
    last::Last,
    panic::{Panicked, guarded},
    stream::StreamId,
};

use super::{Committed, MAX_KEY_BYTES, Pending, Refusal};

/// What a batch of commands would lead to, if the stream is still where it was read.
pub(super) struct Plan<A: Aggregate> {
    stream: StreamId,
    base: Folded<A>,
    steps: Vec<Step<A>>,
    events: Vec<NewEvent>,
    bytes: usize,
}

/// One command's part of a plan.
pub(super) struct Step<A: Aggregate> {
    pub(super) pending: Pending<A>,
    pub(super) outcome: Outcome<A>,
    /// The state after it. Where its events come to stand in the log, and when, is not yet known.
    after: Folded<A>,
}

pub(super) enum Outcome<A: Aggregate> {
    Events(Vec<<A as Fold>::Event>),
    Rejected,
    Refused(Refusal),
}

impl<A: Aggregate> Plan<A> {
    /// Decides commands from the front of `queue`, `at_most` so many, and as many as fit into one
    /// append.
    pub(super) fn make(
        stream: &StreamId,
        base: Folded<A>,
        queue: &mut VecDeque<Pending<A>>,
        at_most: usize,
        clock: &dyn Clock,
    ) -> Self {
        let stream = stream.clone();
        let mut plan = Self { stream, base, steps: Vec::new(), events: Vec::new(), bytes: 0 };
        let mut keys = HashSet::new();

        while plan.steps.len() < at_most
            && let Some(mut pending) = queue.pop_front()
        {
            if pending.is_abandoned() {
                pending.forget();
                continue;
            }
            // A command that repeats one in this plan waits until that one is recorded.
            let key = pending.options().idempotency_key.clone();
            let is_free = key.is_none_or(|key| keys.insert(key));
            let decided =
                is_free.then(|| Decided::by(&mut pending, plan.end(), &plan.stream, clock));
            match decided {
                Some(decided) if plan.has_room_for(&decided) => plan.push(pending, decided),
                _ => {
                    queue.push_front(pending);
                    break;
                }
            }
        }
        plan
    }

    pub(super) fn base(&self) -> &Folded<A> {
        &self.base
    }

    /// How many commands are in it.
    pub(super) fn commands(&self) -> usize {
        self.steps.len()
    }

    pub(super) fn records_nothing(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether the ids of all its events follow from idempotency keys.
    pub(super) fn is_all_keyed(&self) -> bool {
        let is_keyed = |step: &Step<A>| step.pending.options().idempotency_key.is_some();
        self.steps.iter().all(|step| step.outcome.events() == 0 || is_keyed(step))
    }

    /// What to ask of the store. It is taken out of the plan.
    pub(super) fn take_append(&mut self) -> Append {
        let expected = self.base.expected();
        Append::new(self.stream.clone(), expected, mem::take(&mut self.events))
            .expect("each command was within the limits, and no two have an id in common")
    }

    /// The steps, and the state they left, when there was nothing to be recorded.
    pub(super) fn unrecorded(self) -> (Vec<Step<A>>, Folded<A>) {
        (self.steps, self.base)
    }

    /// The steps, and the state they left, once their `events` are recorded.
    pub(super) fn recorded(
        mut self,
        events: usize,
        appended: &Appended,
    ) -> (Vec<Step<A>>, Folded<A>) {
        let mut end = self.base;
        let mut position = appended.position.minus(events);
        for step in &mut self.steps {
            let events = step.outcome.events();
            position = position.plus(events);
            if events > 0 {
                step.after.position = position;
                let recorded_at = appended.recorded_at;
                step.after.last = step.after.last.map(|last| Last { recorded_at, ..last });
            } else {
                (step.after.position, step.after.last) = (end.position, end.last);
            }
            end = step.after.clone();
        }
        (self.steps, end)
    }

    /// Takes the plan back: its commands stand in the queue again, in their order. What remains is
    /// the state it began with.
    pub(super) fn withdraw(self, queue: &mut VecDeque<Pending<A>>) -> Folded<A> {
        self.steps.into_iter().rev().for_each(|step| queue.push_front(step.pending));
        self.base
    }

    /// Takes the plan back, but for the command that led to the event at `index`.
    pub(super) fn withdraw_but(
        mut self,
        index: usize,
        queue: &mut VecDeque<Pending<A>>,
    ) -> (Pending<A>, Folded<A>) {
        let mut events = 0;
        let step = self.steps.iter().position(|step| {
            events += step.outcome.events();
            index < events
        });
        let step = self.steps.remove(step.expect("every event comes from a step"));
        (step.pending, self.withdraw(queue))
    }

    /// The state after the last command.
    fn end(&self) -> &Folded<A> {
        self.steps.last().map_or(&self.base, |step| &step.after)
    }

    fn has_room_for(&self, decided: &Decided<A>) -> bool {
        let events = self.events.len() + decided.new_events.len();
        check_limits(events, self.bytes + decided.bytes).is_ok()
    }

    fn push(&mut self, pending: Pending<A>, decided: Decided<A>) {
        self.bytes += decided.bytes;
        self.events.extend(decided.new_events);
        self.steps.push(Step { pending, outcome: decided.outcome, after: decided.after });
    }
}

impl<A: Aggregate> Outcome<A> {
    /// The number of events to be recorded.
    pub(super) fn events(&self) -> usize {
        match self {
            Self::Events(events) => events.len(),
            Self::Rejected | Self::Refused(_) => 0,
        }
    }
}

impl<A: Aggregate> Step<A> {
    /// The key under which the command may have been recorded before, and have come to nothing now
    /// because of that.
    pub(super) fn key_to_look_up(&self) -> Option<&str> {
        let key = self.pending.options().idempotency_key.as_deref();
        let is_invalid = matches!(self.outcome, Outcome::Refused(Refusal::Invalid(_)));
        key.filter(|_| self.outcome.events() == 0 && !is_invalid)
    }

    /// Answers with the outcome; `repeat` if its events were recorded before.
    pub(super) fn settle(self, repeat: bool) {
        match self.outcome {
            Outcome::Events(events) => {
                self.pending.commit(Committed { folded: self.after, events, repeat });
            }
            Outcome::Rejected => self.pending.reject(),
            Outcome::Refused(refusal) => self.pending.refuse(refusal),
        }
    }
}

/// What one command makes of a state.
struct Decided<A: Aggregate> {
    outcome: Outcome<A>,
    new_events: Vec<NewEvent>,
    /// What they take of the bytes of an append.
    bytes: usize,
    after: Folded<A>,
}

impl<A: Aggregate> Decided<A> {
    fn by(pending: &mut Pending<A>, on: &Folded<A>, stream: &StreamId, clock: &dyn Clock) -> Self {
        match Self::try_by(pending, on, stream, clock) {
            Ok(decided) => decided,
            Err(refusal) => Self::nothing(Outcome::Refused(refusal), on),
        }
    }

    fn try_by(
        pending: &mut Pending<A>,
        on: &Folded<A>,
        stream: &StreamId,
        clock: &dyn Clock,
    ) -> Result<Self, Refusal> {
        let options = pending.options();
        if let Some(key) = &options.idempotency_key
            && (key.is_empty() || key.len() > MAX_KEY_BYTES)
        {
            return Err(Invalid::Key { bytes: key.len() }.into());
        }
        let expected = options.expected;
        if !expected.allows(on.last) {
            let (stream, actual) = (stream.clone(), on.revision());
            return Err(Conflict { stream, expected, actual }.into());
        }
        let Some(events) = pending.decide(on.state())? else {
            return Ok(Self::nothing(Outcome::Rejected, on));
        };
        let (new_events, events) = guarded(|| write_down(pending, &events, stream, clock))??;
        let bytes = new_events.iter().map(NewEvent::bytes).sum();
        check_limits(new_events.len(), bytes)?;
        let after = evolve(on, &events, &new_events)?;
        Ok(Self { outcome: Outcome::Events(events), new_events, bytes, after })
    }

    fn nothing(outcome: Outcome<A>, on: &Folded<A>) -> Self {
        Self { outcome, new_events: Vec::new(), bytes: 0, after: on.clone() }
    }
}

/// Writes the events down, as those of this command, and reads them back: what is folded and
/// answered now is what a later load will fold, and what could not be loaded is not recorded.
fn write_down<A: Aggregate>(
    pending: &Pending<A>,
    events: &[A::Event],
    stream: &StreamId,
    clock: &dyn Clock,
) -> Result<(Vec<NewEvent>, Vec<A::Event>), Invalid> {
    let options = pending.options();
    let id = |index| match &options.idempotency_key {
        Some(key) => EventId::keyed(stream, key, index),
        None => EventId::at(clock.now()),
    };
    let write = |(index, event)| {
        let written = NewEvent::encode(id(index), event, Arc::clone(&options.metadata))?;
        let read = written.read_back()?;
        Ok((written, read))
    };
    events.iter().enumerate().map(write).collect()
}

/// The state after the events. If `evolve` panics, the state before them is as it was.
fn evolve<A: Aggregate>(
    on: &Folded<A>,
    events: &[A::Event],
    new_events: &[NewEvent],
) -> Result<Folded<A>, Panicked> {
    let mut after = on.clone();
    let Some(last) = new_events.last() else {
        return Ok(after);
    };
    after.state = guarded(|| {
        let mut state = A::clone(on.state());
        events.iter().for_each(|event| state.evolve(event));
        Arc::new(state)
    })?;
    let revision = on.revision().plus(events.len());
    after.last = Some(Last { revision, id: last.id(), recorded_at: Timestamp::UNIX_EPOCH });
    Ok(after)
}
