//! The write side in memory: decoding, loading, and one hot stream.

use std::{convert::Infallible, hint::black_box, sync::Arc, time::Instant};

use annals::{
    Append, Event as _, EventId, MemoryStore, NewEvent, Payload, SchemaVersion, Settings,
    SystemClock, Timestamp, Writer, prelude::*,
};
use futures::TryStreamExt;
use hdrhistogram::Histogram;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::{
    pairs::{measure, time},
    table::{Must, Row},
};

#[derive(Debug, Clone, PartialEq, Event)]
enum AccountEvent {
    #[event("account-opened")]
    Opened { owner: String },
    #[event("money-deposited")]
    Deposited { cents: u64, reference: String },
    #[event("money-withdrawn")]
    Withdrawn { cents: u64 },
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(AccountEvent)]
struct Account {
    #[fold(Opened { owner } => owner.clone())]
    owner: String,
    #[fold(
        Deposited { cents, .. } => self.balance + cents,
        Withdrawn { cents } => self.balance - cents,
    )]
    balance: u64, // cents
}

impl Aggregate for Account {
    const CATEGORY: Category = Category::new("account");
}

/// Deposits, and says what the balance was: lost or repeated, it would show.
struct Deposit;

impl Command for Deposit {
    type Aggregate = Account;
    type Rejection = Infallible;

    fn decide(&self, account: &Account) -> Result<Vec<AccountEvent>, Infallible> {
        let reference = format!("after {}", account.balance);
        Ok(vec![AccountEvent::Deposited { cents: 1, reference }])
    }
}

// The same content, as one would write it without Annals.
#[derive(Deserialize)]
struct Opened {
    owner: String,
}

#[derive(Deserialize)]
struct Deposited {
    cents: u64,
    #[expect(dead_code, reason = "decoded, as ours is, and not looked at")]
    reference: String,
}

#[derive(Deserialize)]
struct Withdrawn {
    cents: u64,
}

const DEPOSITED: &str = r#"{"cents":12050,"reference":"invoice 2012-0731"}"#;

/// Every row, one after the other.
pub(crate) fn rows() -> Vec<Row> {
    let runtime = Runtime::new().expect("a machine that can bench can start threads");
    [decode(), load(&runtime), hot_stream(&runtime)].concat()
}

/// How the raw ways read JSON: as bytes, as most would, or as text, as the derives do.
#[derive(Clone, Copy)]
enum Json {
    Bytes,
    Text,
}

impl Json {
    fn read<'p, T: Deserialize<'p>>(self, payload: &'p Payload) -> T {
        let read = match self {
            Self::Bytes => serde_json::from_slice(payload.as_bytes()),
            Self::Text => serde_json::from_str(payload.as_text().expect("JSON is text")),
        };
        read.expect("the payload is well formed")
    }
}

fn decode() -> Vec<Row> {
    const EVENTS: u32 = 100_000;
    let payload = Payload::from(DEPOSITED);
    let ours = || {
        time(|| {
            for _ in 0..EVENTS {
                let (name, payload) = black_box(("money-deposited", &payload));
                let event = AccountEvent::decode(name, SchemaVersion::FIRST, payload);
                black_box(event).expect("the payload is well formed");
            }
        })
    };
    let raw = |json: Json| {
        let payload = &payload;
        move || {
            time(|| {
                for _ in 0..EVENTS {
                    black_box(json.read::<Deposited>(black_box(payload)));
                }
            })
        }
    };
    let bytes = measure(EVENTS, ours, raw(Json::Bytes));
    let text = measure(EVENTS, ours, raw(Json::Text));
    vec![
        Row::of_pair(
            "core",
            "decode a small event, beside serde_json::from_slice",
            "ns/event",
            &bytes,
            Some(Must::AtMost(1.2)),
        ),
        Row::of_pair(
            "core",
            "decode a small event, beside serde_json::from_str",
            "ns/event",
            &text,
            None,
        ),
    ]
}

fn load(runtime: &Runtime) -> Vec<Row> {
    const EVENTS: u32 = 10_000;
    let writer = Writer::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))));
    let stream = Account::stream("ada");
    let new_events: Vec<NewEvent> = history(EVENTS).iter().map(new_event).collect();
    let recorded: Vec<(String, Payload)> = new_events
        .iter()
        .map(|event| (event.event_type().to_string(), event.payload().clone()))
        .collect();
    let id = stream.id().expect("a good name").clone();
    let append = Append::new(id, Expected::NoStream, new_events).expect("within the limits");
    runtime.block_on(writer.store().append(&append)).expect("memory does not fail");

    let ours = || {
        runtime.block_on(async {
            let start = Instant::now();
            let folded = writer.load(&stream).await.expect("memory does not fail");
            black_box(folded.state());
            start.elapsed()
        })
    };
    let raw = |json: Json| {
        let recorded = &recorded;
        move || time(|| plain_loop(black_box(recorded), json))
    };
    let bytes = measure(EVENTS, ours, raw(Json::Bytes));
    let text = measure(EVENTS, ours, raw(Json::Text));
    vec![
        Row::of_pair(
            "core",
            "load 10,000 events, beside a loop of from_slice and match",
            "ns/event",
            &bytes,
            Some(Must::AtMost(1.3)),
        ),
        Row::of_pair(
            "core",
            "load 10,000 events, beside a loop of from_str and match",
            "ns/event",
            &text,
            None,
        ),
    ]
}

/// What `load` does, as one would write it by hand over a slice.
fn plain_loop(recorded: &[(String, Payload)], json: Json) -> Account {
    let mut account = Account::default();
    for (name, payload) in recorded {
        match name.as_str() {
            "account-opened" => {
                let Opened { owner } = json.read(payload);
                account.owner = owner;
            }
            "money-deposited" => {
                let Deposited { cents, .. } = json.read(payload);
                account.balance += cents;
            }
            "money-withdrawn" => {
                let Withdrawn { cents } = json.read(payload);
                account.balance -= cents;
            }
            other => panic!("no such event: {other}"),
        }
    }
    account
}

/// 64 tasks execute commands on one stream: nothing lost, nothing twice, no conflict.
fn hot_stream(runtime: &Runtime) -> Vec<Row> {
    const TASKS: u64 = 64;
    const EACH: u64 = 1_000;
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let annals = Annals::on(Writer::new(store), Settings::default());

    let start = Instant::now();
    let latencies = runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let annals = annals.clone();
                tokio::spawn(async move {
                    let mut latencies = Histogram::<u64>::new(3).expect("3 digits are allowed");
                    for _ in 0..EACH {
                        let start = Instant::now();
                        let deposit = annals.execute(Account::stream("hot"), Deposit).await;
                        deposit.expect("memory does not fail");
                        let micros = u64::try_from(start.elapsed().as_micros());
                        latencies.record(micros.unwrap_or(u64::MAX)).expect("it resizes itself");
                    }
                    latencies
                })
            })
            .collect();
        let mut all = Histogram::<u64>::new(3).expect("3 digits are allowed");
        for task in tasks {
            all.add(task.await.expect("no task panics")).expect("both resize themselves");
        }
        all
    });
    let seconds = start.elapsed().as_secs_f64();

    let sent = TASKS * EACH;
    let id = Account::stream("hot").id().expect("a good name").clone();
    let recorded = annals.store().read_stream(&id, Revision::START);
    let references = runtime.block_on(recorded.try_fold(0, |good: u64, envelope| {
        let event = envelope.decode().expect("well formed");
        let expected = format!("after {good}");
        let is_next = matches!(event, Some(AccountEvent::Deposited { reference, .. }) if reference == expected);
        futures::future::ready(Ok(good + u64::from(is_next)))
    }));
    let in_order = references.expect("memory does not fail");
    let rate = number(sent) / seconds;
    let remark = format!(
        "{rate:.0} commands/s; latency p50 {} µs, p99 {} µs",
        latencies.value_at_quantile(0.5),
        latencies.value_at_quantile(0.99),
    );
    vec![
        Row::of_counts(
            "core",
            "64 tasks on one hot stream: events recorded in order, beside commands sent",
            number(in_order),
            number(sent),
            Must::Exactly(1.0),
            remark,
        ),
        Row::of_counts(
            "core",
            "64 tasks on one hot stream: conflicts, beside commands sent",
            number(annals.counts().conflicts),
            number(sent),
            Must::Exactly(0.0),
            String::new(),
        ),
    ]
}

fn history(events: u32) -> Vec<AccountEvent> {
    let opened = std::iter::once(AccountEvent::Opened { owner: "Ada Lovelace".to_owned() });
    let moved = (1..events).map(|n| match n % 3 {
        0 => AccountEvent::Withdrawn { cents: u64::from(n) },
        _ => AccountEvent::Deposited {
            cents: 2 * u64::from(n),
            reference: format!("invoice 2012-{n:04}"),
        },
    });
    opened.chain(moved).collect()
}

fn new_event(event: &AccountEvent) -> NewEvent {
    let id = EventId::at(Timestamp::UNIX_EPOCH);
    NewEvent::encode(id, event, Metadata::default()).expect("within the limits")
}

/// A count as a figure; exact up to 2^53.
fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
