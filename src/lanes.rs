//! Where commands for one stream queue, and where its state is remembered in between.

use std::{
    any::{Any, TypeId},
    collections::{HashMap, VecDeque, hash_map::Entry},
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use annals_core::{Aggregate, Folded, Pending, StreamId};
use lru::LruCache;

/// The lanes of one process: at most one for each stream and aggregate, open while it has work.
pub(crate) struct Lanes {
    /// No code of the application runs while this is locked.
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
    First(OpenLane),
    /// It waits behind others.
    Behind,
    /// Too many wait already.
    Full(Pending<A>),
}

/// A lane that is open, in the hands of whoever runs it.
///
/// If it is dropped before it was found empty, because its task was never begun or did not come to
/// its end, the lane is closed whatever is in it: commands that wait get an error for an answer, and
/// later ones open it again.
pub(crate) struct OpenLane {
    lanes: Arc<Lanes>,
    key: LaneKey,
    /// Once it was closed, an open lane of this key is somebody else's.
    is_open: bool,
}

impl OpenLane {
    pub(crate) fn key(&self) -> &LaneKey {
        &self.key
    }

    /// The commands at the front. If there are none, the lane is closed, and `state` is what is
    /// remembered for when it opens again.
    pub(crate) fn next_group<A: Aggregate>(
        &mut self,
        state: &Option<Folded<A>>,
    ) -> Option<VecDeque<Pending<A>>> {
        let mut inner = self.lanes.inner();
        let queue = queue(inner.open.get_mut(&self.key)?);
        if !queue.is_empty() {
            let end = queue.len().min(self.lanes.group);
            return Some(queue.drain(..end).collect());
        }
        inner.open.remove(&self.key);
        self.is_open = false;
        let forgotten = inner.remember(&self.key, state);
        drop(inner);
        drop_apart(forgotten);
        None
    }
}

impl Drop for OpenLane {
    fn drop(&mut self) {
        if self.is_open {
            let abandoned = self.lanes.inner().open.remove(&self.key);
            drop_apart(abandoned);
        }
    }
}

impl Lanes {
    pub(crate) fn new(remembered: usize, group: usize, waiting: usize) -> Self {
        // With its bound from the start, the cache would take up all of it at once.
        let bounded = |bound| {
            let mut remembered = LruCache::unbounded();
            remembered.resize(bound);
            remembered
        };
        let remembered = NonZeroUsize::new(remembered).map(bounded);
        let inner = Mutex::new(Inner { open: HashMap::new(), remembered });
        Self { inner, group: group.max(1), waiting: waiting.max(1) }
    }

    /// Puts a command into the lane of that key, which is opened if it is not.
    pub(crate) fn enter<A: Aggregate>(
        self: &Arc<Self>,
        key: &LaneKey,
        pending: Pending<A>,
    ) -> Entered<A> {
        match self.inner().open.entry(key.clone()) {
            Entry::Vacant(lane) => {
                lane.insert(Box::new(VecDeque::from([pending])));
                Entered::First(OpenLane {
                    lanes: Arc::clone(self),
                    key: key.clone(),
                    is_open: true,
                })
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

    pub(crate) fn recall<A: Aggregate>(&self, key: &LaneKey) -> Option<Folded<A>> {
        let mut inner = self.inner();
        let state = inner.remembered.as_mut()?.get(key)?.downcast_ref::<Folded<A>>();
        Some(state.expect("a lane's key names its aggregate").clone())
    }

    /// Remembers a state; with `None`, none.
    pub(crate) fn remember<A: Aggregate>(&self, key: &LaneKey, state: &Option<Folded<A>>) {
        let forgotten = self.inner().remember(key, state);
        drop_apart(forgotten);
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

/// Drops what the application has destructors for: a panic in one is nobody's here.
fn drop_apart<T>(values: T) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(values)));
}
