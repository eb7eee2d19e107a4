//! Where commands for one stream queue, and where its state is remembered in between.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, VecDeque, hash_map::Entry},
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use annals_core::{Aggregate, Folded, Pending, StreamId};
use lru::LruCache;

/// The lanes of one process: at most one for each stream and aggregate, open while it has work.
pub(crate) struct Lanes {
    /// What no code of the application runs under.
    inner: Mutex<Inner>,
    group: usize,
    waiting: usize,
}

struct Inner {
    /// The queue of each open lane: a `VecDeque<Pending<A>>`, where `A` is the aggregate of the key.
    open: HashMap<LaneKey, Box<dyn Any + Send>>,
    /// The last state of lanes that are not open: a `Folded<A>`. `None` if nothing is remembered.
    remembered: Option<LruCache<LaneKey, Box<dyn Any + Send>>>,
}

/// What has a lane of its own. Two aggregates may share a category, and then a stream.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct LaneKey {
    stream: StreamId,
    aggregate: TypeId,
}

impl LaneKey {
    pub(crate) fn new<A: Aggregate>(stream: StreamId) -> Self {
        Self { stream, aggregate: TypeId::of::<A>() }
    }

    pub(crate) fn stream(&self) -> &StreamId {
        &self.stream
    }
}

/// What became of a command that came to a lane.
pub(crate) enum Entered<A: Aggregate> {
    /// It is the first: the lane is open now, and has to be run.
    First,
    /// It waits behind others.
    Behind,
    /// Too many wait already.
    Full(Pending<A>),
}

impl Lanes {
    pub(crate) fn new(remembered: usize, group: usize, waiting: usize) -> Self {
        let remembered = NonZeroUsize::new(remembered).map(LruCache::new);
        let inner = Mutex::new(Inner { open: HashMap::new(), remembered });
        Self { inner, group: group.max(1), waiting: waiting.max(1) }
    }

    pub(crate) fn enter<A: Aggregate>(&self, key: &LaneKey, pending: Pending<A>) -> Entered<A> {
        match self.inner().open.entry(key.clone()) {
            Entry::Vacant(lane) => {
                lane.insert(Box::new(VecDeque::from([pending])));
                Entered::First
            }
            Entry::Occupied(mut lane) => {
                let queue = queue(lane.get_mut());
                if queue.len() >= self.waiting {
                    return Entered::Full(pending);
                }
                queue.push_back(pending);
                Entered::Behind
            }
        }
    }

    /// The commands at the front of an open lane. If there are none, the lane is closed, and `state`
    /// is what is remembered for when it opens again.
    pub(crate) fn next_group<A: Aggregate>(
        &self,
        key: &LaneKey,
        state: &Option<Folded<A>>,
    ) -> Option<VecDeque<Pending<A>>> {
        let mut inner = self.inner();
        let queue = queue(inner.open.get_mut(key)?);
        if !queue.is_empty() {
            let end = queue.len().min(self.group);
            return Some(queue.drain(..end).collect());
        }
        inner.open.remove(key);
        let forgotten = inner.remember(key, state);
        drop(inner);
        drop(forgotten); // Code of the application.
        None
    }

    /// Closes a lane whatever is in it: commands that wait get an error for an answer.
    pub(crate) fn close(&self, key: &LaneKey) {
        let abandoned = self.inner().open.remove(key);
        drop(abandoned); // Code of the application.
    }

    pub(crate) fn recall<A: Aggregate>(&self, key: &LaneKey) -> Option<Folded<A>> {
        let mut inner = self.inner();
        let state = inner.remembered.as_mut()?.get(key)?.downcast_ref::<Folded<A>>();
        Some(state.expect("a lane's key names its aggregate").clone())
    }

    /// Remembers a state; with `None`, none.
    pub(crate) fn remember<A: Aggregate>(&self, key: &LaneKey, state: &Option<Folded<A>>) {
        let forgotten = self.inner().remember(key, state);
        drop(forgotten); // Code of the application.
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Remembers a state. What is forgotten for it is returned, to be dropped elsewhere.
    fn remember<A: Aggregate>(
        &mut self,
        key: &LaneKey,
        state: &Option<Folded<A>>,
    ) -> Option<(LaneKey, Box<dyn Any + Send>)> {
        let remembered = self.remembered.as_mut()?;
        match state {
            Some(state) => remembered.push(key.clone(), Box::new(state.clone())),
            None => remembered.pop_entry(key),
        }
    }
}

fn queue<A: Aggregate>(lane: &mut Box<dyn Any + Send>) -> &mut VecDeque<Pending<A>> {
    lane.downcast_mut().expect("a lane's key names its aggregate")
}
