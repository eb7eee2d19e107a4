//! Which snapshots are being saved: a bounded number, and of each stream one at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::lanes::LaneKey;

/// The snapshots that are being saved. A slow store of snapshots can then neither pile them up nor
/// have an older one overtake a newer.
pub(crate) struct Saving {
    under_way: Mutex<HashSet<LaneKey>>,
    at_once: usize,
}

/// Leave to save one snapshot, until it is dropped.
pub(crate) struct Begun {
    saving: Arc<Saving>,
    key: LaneKey,
}

impl Saving {
    pub(crate) fn new(at_once: usize) -> Self {
        Self { under_way: Mutex::default(), at_once }
    }

    /// Leave to save a snapshot of that key; `None` if one is under way, or too many are.
    pub(crate) fn begin(self: &Arc<Self>, key: &LaneKey) -> Option<Begun> {
        let mut under_way = self.under_way();
        if under_way.len() >= self.at_once || !under_way.insert(key.clone()) {
            return None;
        }
        Some(Begun { saving: Arc::clone(self), key: key.clone() })
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<LaneKey>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.saving.under_way().remove(&self.key);
    }
}
