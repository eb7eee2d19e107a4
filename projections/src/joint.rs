//! Something that is read once for all who want it at the same time.

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
};

use annals_core::StoreError;
use tokio::sync::Mutex;

/// What was read last, for all who wanted it then.
///
/// However many want it, one reads at a time, and what it finds is good for everybody who began to want it
/// before that reading began.
pub(crate) struct Joint<T> {
    /// How many readings were begun.
    begun: AtomicU64,
    last: Mutex<Option<Reading<T>>>,
}

struct Reading<T> {
    /// How many were begun with it.
    number: u64,
    found: Result<T, StoreError>,
}

impl<T> Default for Joint<T> {
    fn default() -> Self {
        Self { begun: AtomicU64::new(0), last: Mutex::new(None) }
    }
}

impl<T: Clone> Joint<T> {
    /// What is found now or a moment later: by `read`, or by another who read meanwhile.
    pub(crate) async fn read(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let begun = self.begun.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        if let Some(reading) = last.as_ref().filter(|reading| reading.number > begun) {
            return reading.found.clone();
        }
        let number = self.begun.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let found = read.await;
        *last = Some(Reading { number, found: found.clone() });
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use annals_core::{StoreError, StoreErrorKind};
    use futures::{FutureExt, future::join_all};
    use tokio::sync::Notify;

    use super::Joint;

    #[tokio::test]
    async fn who_comes_while_one_reads_shares_the_next_reading() {
        let (joint, go, readings) = (Joint::default(), Notify::new(), AtomicU32::new(0));
        let read = || async {
            let number = readings.fetch_add(1, Ordering::Relaxed);
            go.notified().await;
            Ok(number)
        };
        let mut first = Box::pin(joint.read(read()));
        assert!((&mut first).now_or_never().is_none(), "it reads");
        let mut later = Box::pin(join_all((0..10).map(|_| joint.read(read()))));
        assert!((&mut later).now_or_never().is_none(), "they wait for it");

        go.notify_one();
        assert_eq!(first.await.unwrap(), 0);
        go.notify_one();
        let found: Vec<u32> = later.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(found, [1; 10], "what began before they came is not for them");
        assert_eq!(readings.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_reading_that_was_given_up_is_nobodys() {
        let joint = Joint::default();
        let mut given_up = Box::pin(joint.read(futures::future::pending()));
        assert!((&mut given_up).now_or_never().is_none());
        let other = joint.read(async { Ok(7) });
        drop(given_up);
        assert_eq!(other.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn after_a_failure_it_is_read_again() {
        let joint = Joint::default();
        let failing =
            || async { Err::<u32, _>(StoreError::new(StoreErrorKind::Unavailable, "away")) };
        assert!(joint.read(failing()).await.is_err());
        assert_eq!(joint.read(async { Ok(7) }).await.unwrap(), 7);
    }
}
