//! Futures are dropped when told.

use annals_testkit::cancelled_after;
use futures::{FutureExt, pending};

#[test]
fn a_future_that_needs_fewer_polls_ends() {
    assert_eq!(answer_of(0, 1), Some("done"));
    assert_eq!(answer_of(3, 4), Some("done"));
    assert_eq!(answer_of(3, 9), Some("done"));
}

#[test]
fn a_future_that_needs_more_polls_is_dropped() {
    assert_eq!(answer_of(0, 0), None);
    assert_eq!(answer_of(3, 3), None);
}

#[test]
fn a_future_is_dropped_at_once_and_not_when_it_wakes() {
    let never = cancelled_after(1, std::future::pending::<()>());
    assert_eq!(never.now_or_never(), Some(None));
}

/// What a future answers that waits so many times and is polled so often.
fn answer_of(waits: usize, polls: usize) -> Option<&'static str> {
    let future = async {
        for _ in 0..waits {
            pending!();
        }
        "done"
    };
    let mut cancelled = Box::pin(cancelled_after(polls, future));
    loop {
        if let Some(answer) = (&mut cancelled).now_or_never() {
            return answer;
        }
    }
}
