//! Futures that are dropped before they end.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// What `future` answers if it is polled at most `polls` times; `None` if it is dropped before it
/// could answer.
///
/// Counting `polls` up from 0 until there is an answer drops it at every place where it waits.
pub async fn cancelled_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        if polled == polls {
            return Poll::Ready(None);
        }
        polled += 1;
        match future.as_mut().poll(context) {
            Poll::Pending if polled == polls => Poll::Ready(None),
            poll => poll.map(Some),
        }
    })
    .await
}
