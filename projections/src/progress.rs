//! Whether a runner moves.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what a runner has done, so that others notice when it does nothing any more.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU64);

impl Progress {
    /// It has done one more thing.
    pub(crate) fn made(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many things it has done.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
