//! What the write loop counts, because it decides there and returns no error.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What a [`Writer`](crate::Writer) has counted since it was made.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)*
        }

        impl Counters {
            pub(crate) fn counts(&self) -> Counts {
                Counts { $($name: self.$name.0.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Appends that were refused because someone else was first.
    conflicts,
    /// Reads and appends that were tried again because the store was unavailable.
    retries,
    /// Commands that were answered from the log because their idempotency key was in it.
    repeats,
    /// Snapshots that were kept.
    snapshots_saved,
    /// Snapshots that a state was folded on from.
    snapshots_used,
    /// Snapshots that could not be decoded, or are not of the stream's history.
    snapshots_ignored,
    /// Snapshots that could not be written, or asked for.
    snapshots_failed,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
