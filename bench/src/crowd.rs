//! Many tasks, each of which does one thing after the other.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures::future::join_all;
use hdrhistogram::Histogram;

use crate::figure;

/// Does one thing at a time.
pub(crate) trait Client: Send + 'static {
    /// Does one thing, and waits until it is done.
    fn once(&mut self) -> impl Future<Output = ()> + Send;
}

/// Clients, each with a task of its own while they work.
pub(crate) struct Crowd<C> {
    clients: Vec<C>,
}

/// What a crowd has done.
pub(crate) struct Tally {
    /// How many things were done in a second, by all together.
    pub(crate) rate: f64,
    /// How long each took, in nanoseconds.
    latencies: Histogram<u64>,
}

impl Tally {
    pub(crate) fn median_micros(&self) -> f64 {
        figure(self.latencies.value_at_quantile(0.5)) / 1e3
    }

    /// How long things took, for people.
    pub(crate) fn latencies(&self) -> String {
        let micros = |quantile| self.latencies.value_at_quantile(quantile) / 1_000;
        format!("ours p50 {} µs, p99 {} µs", micros(0.5), micros(0.99))
    }
}

impl<C: Client> Crowd<C> {
    /// `tasks` clients, which are made from their numbers.
    pub(crate) fn of(tasks: usize, client: impl FnMut(usize) -> C) -> Self {
        Self { clients: (0..tasks).map(client).collect() }
    }

    pub(crate) fn new(clients: Vec<C>) -> Self {
        Self { clients }
    }

    /// Has all of them work until `duration` has passed, and each finish what it has begun.
    pub(crate) async fn work(&mut self, duration: Duration) -> Tally {
        let start = Instant::now();
        let end = start + duration;
        let clients = std::mem::take(&mut self.clients).into_iter();
        let tasks = clients.map(|client| tokio::spawn(work(client, end)));
        let mut latencies = histogram();
        for task in join_all(tasks).await {
            let (client, own) = task.expect("no client panics");
            latencies.add(own).expect("both resize themselves");
            self.clients.push(client);
        }
        let rate = figure(latencies.len()) / start.elapsed().as_secs_f64();
        Tally { rate, latencies }
    }
}

async fn work<C: Client>(mut client: C, end: Instant) -> (C, Histogram<u64>) {
    let mut latencies = histogram();
    let mut now = Instant::now();
    while now < end {
        client.once().await;
        let done = Instant::now();
        let nanos = u64::try_from((done - now).as_nanos()).unwrap_or(u64::MAX);
        latencies.record(nanos).expect("it resizes itself");
        now = done;
    }
    (client, latencies)
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("3 digits are allowed")
}
