//! A reader: a process that follows the log, and reports what it saw, in the order it did.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use annals_core::{Envelope, EventStore, Filter, Position, subscribe};
use futures::StreamExt;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    database::open_for,
    journal::{Journal, orders},
    key::{Key, some_types},
    random::Random,
    record::{Seen, chain},
    scenario::Place,
    worker::{Patience, is_passing},
};

/// How many events are reported at once, at most.
const MOST_AT_ONCE: u64 = 1_000;

/// What a reader is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReaderOrders {
    pub(crate) url: String,
    pub(crate) seed: u64,
    pub(crate) place: Place,
}

/// Is a reader, as told by the input of this process.
///
/// # Errors
///
/// The orders make no sense, or the database refuses to be opened.
pub fn run() -> Result<()> {
    let (orders, _): (ReaderOrders, _) = orders()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = open_for(&orders.url, "chaos-reader").await?;
        follow(&*database.log(), &orders).await;
        Ok(())
    })
}

async fn follow(log: &dyn EventStore, orders: &ReaderOrders) {
    let mut random = Random::new(&[orders.seed, 6]);
    let mut patience = Patience::default();
    let mut after = Position::START;
    if orders.place == Place::Head {
        after = loop {
            match log.wait_past(Position::START).await {
                Ok(head) => break head,
                Err(error) if is_passing(&error) => patience.pause(&mut random).await,
                Err(error) => return Journal.write(&Seen::Wrong { why: chain(&error) }),
            }
        };
    }
    let filter = orders.place.filter();
    Journal.write(&Seen::Began { after: after.get() });

    let mut seeing = Seeing::new();
    loop {
        let mut events = subscribe(log, after, filter.clone());
        let why = loop {
            match events.next().await {
                Some(Ok(envelope)) => {
                    after = envelope.position;
                    patience = Patience::default();
                    if seeing.see(&envelope) {
                        return;
                    }
                }
                Some(Err(error)) if is_passing(&error) => break error.to_string(),
                Some(Err(error)) => return Journal.write(&Seen::Wrong { why: chain(&error) }),
                None => {
                    let why = "a subscription ended without an error".into();
                    return Journal.write(&Seen::Wrong { why });
                }
            }
        };
        drop(events);
        Journal.write(&Seen::Resumed { why });
        patience.pause(&mut random).await;
    }
}

impl Place {
    /// Which events are read from there.
    pub(crate) fn filter(self) -> Filter {
        match self {
            Self::Filtered => some_types(),
            Self::Start | Self::Head | Self::Late => Filter::All,
        }
    }
}

/// What was seen and is not yet reported.
struct Seeing {
    /// The first event, and how many followed it one after the other.
    run: Option<Sequence>,
    last: Instant,
    longest_pause: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Sequence {
    position: Position,
    key: Key,
    index: u64,
    count: u64,
}

impl Seeing {
    fn new() -> Self {
        Self { run: None, last: Instant::now(), longest_pause: Duration::ZERO }
    }

    /// Notes an event; whether it was the last of the run.
    fn see(&mut self, envelope: &Arc<Envelope>) -> bool {
        self.longest_pause = self.longest_pause.max(self.last.elapsed());
        self.last = Instant::now();

        let (key, index) = Key::of(envelope.id);
        let position = envelope.position;
        match &mut self.run {
            Some(run) if run.is_followed_by(position, key, index) => run.count += 1,
            _ => {
                self.report();
                self.run = Some(Sequence { position, key, index, count: 1 });
            }
        }
        let is_end = key == Key::END;
        if is_end {
            self.report();
            let millis = self.longest_pause.as_millis();
            let longest_pause_millis = u64::try_from(millis).unwrap_or(u64::MAX);
            Journal.write(&Seen::Ended { longest_pause_millis });
        }
        is_end
    }

    fn report(&mut self) {
        if let Some(Sequence { position, key, index, count }) = self.run.take() {
            Journal.write(&Seen::Events { position: position.get(), key, index, count });
        }
    }
}

impl Sequence {
    fn is_followed_by(&self, position: Position, key: Key, index: u64) -> bool {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        self.count < MOST_AT_ONCE
            && position == self.position.plus(count)
            && key == self.key
            && index == self.index + self.count
    }
}
