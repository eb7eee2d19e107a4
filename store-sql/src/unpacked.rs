//! Rows that came together, handed out as events.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use annals_core::{Envelope, StoreError};
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};

use crate::{names::Names, words::unreadable};

/// Rows that came together.
pub trait Rows: Send {
    /// The event in the next row; `None` if there is no more.
    fn next(&mut self, names: &mut Names) -> Option<Result<Arc<Envelope>, StoreError>>;
}

/// The events in rows that come a chunk at a time.
///
/// Each is made when it is asked for: one that is dropped before the next is made leaves its memory to
/// it, still at hand. To make those of a chunk together took a quarter longer (ADR 13).
pub struct Unpacked<'r, R> {
    chunks: BoxStream<'r, Result<R, StoreError>>,
    rows: Option<R>,
    names: Names,
    numbers: Option<Numbers>,
}

/// Numbers of which none may be missing.
struct Numbers {
    of: fn(&Envelope) -> i64,
    /// The last that was there.
    after: i64,
}

impl Numbers {
    /// That the next one is there.
    fn check(&mut self, envelope: &Envelope) -> Result<(), StoreError> {
        let number = (self.of)(envelope);
        let (after, is_next) = (self.after, number - self.after == 1);
        self.after = number;
        let hole = || unreadable(format!("there is nothing between {after} and {number}"));
        is_next.then_some(()).ok_or_else(hole)
    }
}

impl<'r, R: Rows> Unpacked<'r, R> {
    /// The events in `chunks`, and after an error nothing.
    pub fn of(chunks: impl Stream<Item = Result<R, StoreError>> + Send + 'r) -> Self {
        Self { chunks: chunks.boxed(), rows: None, names: Names::default(), numbers: None }
    }

    /// The same, and an error where an event is missing: each has the next number after `after`, which
    /// is what `number` says of it. Of some types only, events have no such number.
    #[must_use]
    pub fn without_gaps(mut self, number: Option<fn(&Envelope) -> i64>, after: i64) -> Self {
        self.numbers = number.map(|of| Numbers { of, after });
        self
    }
}

impl<'r, R: Rows + Unpin + 'r> Stream for Unpacked<'r, R> {
    type Item = Result<Arc<Envelope>, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { chunks, rows, names, numbers } = &mut *self;
        loop {
            if let Some(mut event) = rows.as_mut().and_then(|rows| rows.next(names)) {
                if let (Ok(envelope), Some(numbers)) = (&event, numbers)
                    && let Err(hole) = numbers.check(envelope)
                {
                    event = Err(hole);
                }
                if event.is_err() {
                    *self = Self::of(stream::empty());
                }
                return Poll::Ready(Some(event));
            }
            match ready!(chunks.poll_next_unpin(cx)) {
                Some(Ok(more)) => *rows = Some(more),
                Some(Err(error)) => {
                    *self = Self::of(stream::empty());
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    *self = Self::of(stream::empty());
                    return Poll::Ready(None);
                }
            }
        }
    }
}
