//! Reading by Annals, and how fast something is read.

use std::{hint::black_box, time::Instant};

use annals::{Append, EventStore, Filter, NewEvent, StoreError, prelude::*};
use futures::TryStreamExt;

use crate::{
    account::{AccountEvent, deposited, new_event},
    figure,
};

/// How many events a long stream has.
pub(crate) const HISTORY: u32 = 10_000;

/// How many events were read, and decoded.
pub(crate) async fn read_all(store: &dyn EventStore, filter: Filter) -> u64 {
    let events = store.read_log(Position::START, filter);
    let read: Result<u64, StoreError> = events
        .try_fold(0, async |read, envelope| {
            let event: Option<AccountEvent> = envelope.decode().expect("well formed");
            black_box((&envelope, event.expect("one of ours")));
            Ok(read + 1)
        })
        .await;
    read.expect("it can be read")
}

/// How many events a second are read, of `events` that are read so many times.
pub(crate) async fn rate(events: u32, times: u32, mut read: impl AsyncFnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        read().await;
    }
    figure(u64::from(events) * u64::from(times)) / start.elapsed().as_secs_f64()
}

/// How long one reading takes, of so many.
pub(crate) async fn micros(times: u32, mut read: impl AsyncFnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..times {
        read().await;
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

/// Records the events of a long stream.
pub(crate) async fn record_history(store: &dyn EventStore, stream: &StreamId) {
    const TOGETHER: u32 = 1_000;
    for _ in 0..HISTORY / TOGETHER {
        let events: Vec<NewEvent> =
            (0..TOGETHER).map(|n| new_event(&deposited(n.into()))).collect();
        let append = Append::new(stream.clone(), Expected::Any, events);
        let appended = store.append(&append.expect("within the limits")).await;
        appended.expect("nothing is in the way");
    }
}
