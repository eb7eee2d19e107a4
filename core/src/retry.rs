//! How often something is tried again, and how long is waited before.

use std::time::Duration;

use crate::clock::Clock;

/// How often, and after what pauses, the write loop tries again: a call to a store that is unavailable,
/// and a command after conflicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often it is tried again after the first time. 10 by default.
    pub times: u32,
    /// The longest first pause; each pause is chosen at random between nothing and the longest, so
    /// that those who collided once do not collide again. 2 ms by default.
    pub first: Duration,
    /// What the longest pause, doubled each time, does not exceed; a day at most. 250 ms by default.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        let (first, longest) = (Duration::from_millis(2), Duration::from_millis(250));
        Self { times: 10, first, longest }
    }
}

impl Retry {
    /// Never tries again.
    pub const NEVER: Self = Self { times: 0, first: Duration::ZERO, longest: Duration::ZERO };

    pub(crate) fn begin(self) -> Attempts {
        let longest = self.longest.min(Duration::from_secs(24 * 60 * 60));
        Attempts { left: self.times, pause: self.first, longest }
    }
}

/// What is left of a [`Retry`].
pub(crate) struct Attempts {
    left: u32,
    pause: Duration,
    longest: Duration,
}

impl Attempts {
    /// Waits for the next try; `false` at once if there is none left.
    pub(crate) async fn next(&mut self, clock: &dyn Clock) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let pause = self.pause.min(self.longest);
        self.pause = pause.saturating_mul(2);
        clock.sleep(pause.mul_f64(rand::random::<f64>())).await;
        true
    }
}
