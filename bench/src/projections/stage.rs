//! Where a part is measured: a filled log, with the tables of the raw ways beside it.

use std::collections::BTreeMap;

use annals::{Append, EventStore, NewEvent, StreamAppend, prelude::*};

use crate::{
    account::{Account, AccountEvent, new_event},
    postgres,
    projections::{
        place::Place,
        raw::{self, Sum, Work},
        statement::Statement,
    },
    sqlite,
};

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        }
    }
}

pub(crate) const KINDS: [Kind; 2] = [Kind::Postgres, Kind::Sqlite];

/// A database of one's own.
pub(crate) struct Stage {
    bed: Bed,
    pub(crate) place: Place,
    /// How far the log is.
    pub(crate) head: Position,
    /// What all totals together must come to.
    pub(crate) total: i64,
}

enum Bed {
    Postgres(postgres::Bed),
    Sqlite(sqlite::Bed),
}

impl Stage {
    /// With so many events, here and there in so many streams.
    pub(crate) async fn new(kind: Kind, events: u64, streams: u64) -> Self {
        let bed = match kind {
            Kind::Postgres => Bed::Postgres(postgres::Bed::new().await),
            Kind::Sqlite => Bed::Sqlite(sqlite::Bed::new().await),
        };
        let place = Place::open(&bed.url()).await;
        let (head, total) = fill(&*place.log, events, streams).await;
        let mut stage = Self { bed, place, head, total };
        match &mut stage.bed {
            Bed::Postgres(bed) => {
                raw::postgres::create(bed.url()).await;
                bed.analyze().await;
            }
            Bed::Sqlite(bed) => raw::sqlite::create(bed.log()).await,
        }
        stage
    }

    pub(crate) fn url(&self) -> String {
        self.bed.url()
    }

    /// Takes away everything that was built, and writes out what is still in memory.
    pub(crate) async fn reset(&mut self) {
        match &mut self.bed {
            Bed::Postgres(bed) => {
                raw::postgres::reset(bed.url()).await;
                bed.checkpoint().await;
            }
            Bed::Sqlite(bed) => raw::sqlite::reset(bed.log()).await,
        }
    }
}

impl Stage {
    /// Works through the log by hand, from position 0: how many events a second. In a task, as ours is: to wake
    /// the thread that waits for everything takes another time.
    pub(crate) async fn by_hand(&self, work: Work) -> f64 {
        let task = match &self.bed {
            Bed::Postgres(bed) => {
                let url = bed.url().to_owned();
                tokio::spawn(async move { raw::postgres::build(&url, work).await })
            }
            Bed::Sqlite(bed) => {
                let log = bed.log().to_owned();
                tokio::spawn(async move { raw::sqlite::build(&log, work).await })
            }
        };
        task.await.expect("it does not panic")
    }

    /// That nothing of the log is missing in what was built, and nothing is there twice.
    pub(crate) async fn check(&self, sum: Sum) {
        let sum = match &self.bed {
            Bed::Postgres(bed) => raw::postgres::sum(bed.url(), sum).await,
            Bed::Sqlite(bed) => raw::sqlite::sum(bed.log(), sum).await,
        };
        assert_eq!(sum, self.total, "what all totals together come to");
    }
}

impl Bed {
    fn url(&self) -> String {
        match self {
            Self::Postgres(bed) => bed.url().to_owned(),
            Self::Sqlite(bed) => format!("sqlite://{}", bed.log().display()),
        }
    }
}

/// Fills a log that is empty: how far it is then, and what all totals together come to.
async fn fill(log: &dyn EventStore, events: u64, streams: u64) -> (Position, i64) {
    const TOGETHER: usize = 500;
    let (mut all, mut head) = (Statement::default(), Position::START);
    for first in (0..events).step_by(TOGETHER) {
        let mut parts: BTreeMap<u64, Vec<NewEvent>> = BTreeMap::new();
        for n in (first..events).take(TOGETHER) {
            let event = event(n);
            all.evolve(&event);
            parts.entry(scattered(n) % streams).or_default().push(new_event(&event));
        }
        let part = |(stream, events)| {
            let stream = StreamId::new(Account::CATEGORY, format!("{stream}"));
            let stream = stream.expect("a good name");
            StreamAppend { stream, expected: Expected::Any, events }
        };
        let append = Append::to_streams(parts.into_iter().map(part).collect());
        let append = append.expect("within the limits");
        head = log.append(&append).await.expect("nothing is in the way").position;
    }
    (head, all.total)
}

/// Events that might have been recorded, of nine types.
fn event(n: u64) -> AccountEvent {
    let (owner, reference) = (format!("Ada {n}"), format!("invoice 2012-{n}"));
    match n % 9 {
        0 => AccountEvent::Opened { owner },
        1 => AccountEvent::Renamed { owner },
        2 => AccountEvent::Deposited { cents: n, reference },
        3 => AccountEvent::Sent { cents: n, reference },
        4 => AccountEvent::Received { cents: n, reference },
        5 => AccountEvent::Withdrawn { cents: n },
        6 => AccountEvent::Charged { cents: n },
        7 => AccountEvent::Paid { cents: n },
        _ => AccountEvent::Limited { cents: n },
    }
}

/// A number as if by chance, always the same. Source: Steele and others, "Fast splittable pseudorandom number
/// generators", 2014.
fn scattered(n: u64) -> u64 {
    let n = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
