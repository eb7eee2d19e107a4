//! What is set aside, shared out and rebuilt in these tests: ledgers, with entries that cannot be read or folded
//! until they are mended.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use annals_core::{
    Append, Category, Clock, DecodeError, EncodeError, Event, EventId, EventStore, EventType,
    Expected, Filter, Fold, Metadata, NewEvent, Payload, Position, SchemaVersion, StreamId,
    SystemClock,
};
use annals_projections::{Column, Keyed, View};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

/// An entry in the ledger that its stream is about, and in others if it says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) amount: u64,
    pub(crate) also_in: Vec<String>,
}

const UNFOLDABLE: u64 = 1 << 32;
const UNREADABLE: u64 = 1 << 33;

static POISONS: AtomicU64 = AtomicU64::new(0);
static MENDED: RwLock<Option<HashSet<u64>>> = RwLock::new(None);

/// An amount that no other test has, and that cannot be folded until it is [mended](mend).
pub(crate) fn unfoldable() -> u64 {
    UNFOLDABLE + POISONS.fetch_add(1, Ordering::Relaxed)
}

/// An amount that no other test has, and that cannot be read until it is [mended](mend).
pub(crate) fn unreadable() -> u64 {
    UNREADABLE + POISONS.fetch_add(1, Ordering::Relaxed)
}

/// From now on that amount is one like any other.
pub(crate) fn mend(amount: u64) {
    let mut mended = MENDED.write().unwrap_or_else(PoisonError::into_inner);
    mended.get_or_insert_default().insert(amount);
}

/// From now on that amount is poison again.
pub(crate) fn spoil(amount: u64) {
    let mut mended = MENDED.write().unwrap_or_else(PoisonError::into_inner);
    mended.get_or_insert_default().remove(&amount);
}

fn is_mended(amount: u64) -> bool {
    let mended = MENDED.read().unwrap_or_else(PoisonError::into_inner);
    mended.as_ref().is_some_and(|mended| mended.contains(&amount))
}

impl Event for Entry {
    const NAMES: &'static [&'static str] = &["entry-made"];

    fn event_type(&self) -> EventType {
        EventType::new("entry-made")
    }

    fn schema_version(&self) -> SchemaVersion {
        SchemaVersion::FIRST
    }

    fn encode(&self) -> Result<Payload, EncodeError> {
        Ok(serde_json::to_string(self).unwrap().into())
    }

    fn decode(
        name: &str,
        version: SchemaVersion,
        payload: &Payload,
    ) -> Result<Option<Self>, DecodeError> {
        if name != "entry-made" {
            return Ok(None);
        }
        let malformed = |source| DecodeError::Malformed {
            event_type: EventType::new("entry-made"),
            version,
            source,
        };
        let entry: Self =
            serde_json::from_str(payload.as_text().unwrap_or_default()).map_err(malformed)?;
        if entry.amount >= UNREADABLE && !is_mended(entry.amount) {
            return Err(malformed(serde::de::Error::custom("nobody can read this")));
        }
        Ok(Some(entry))
    }
}

/// A ledger, as version `V` of it has it. Each is one that every other can read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made<const V: u32> {
    pub(crate) entries: i64,
    pub(crate) total: i64,
    /// Depends on every entry and on their order.
    pub(crate) digest: u64,
    /// Which version this was made by.
    pub(crate) made_by: u32,
}

pub(crate) type Ledger = Made<1>;

impl<const V: u32> Made<V> {
    pub(crate) const ENTRIES: Column<Self, i64> =
        Column::integer("entries", |it: &Self| it.entries.into()).indexed();

    /// As another version would read it.
    pub(crate) fn read_as<const W: u32>(self) -> Made<W> {
        let Self { entries, total, digest, made_by } = self;
        Made { entries, total, digest, made_by }
    }
}

impl<const V: u32> Fold for Made<V> {
    type Event = Entry;

    fn evolve(&mut self, entry: &Entry) {
        let amount = entry.amount;
        assert!(!(UNFOLDABLE..UNREADABLE).contains(&amount) || is_mended(amount), "this is poison");
        self.entries += 1;
        self.total += i64::try_from(amount).unwrap() * i64::from(V);
        self.digest = self.digest.rotate_left(7) ^ amount.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.made_by = V;
    }
}

impl<const V: u32> View for Made<V> {
    const NAME: &'static str = "ledger";
    const VERSION: u32 = V;
    const KEYED: Keyed<Entry> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::ENTRIES.any()];
}

/// The same, in every ledger that an entry names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Tagged(pub(crate) Ledger);

impl Fold for Tagged {
    type Event = Entry;

    fn evolve(&mut self, entry: &Entry) {
        self.0.evolve(entry);
    }
}

impl View for Tagged {
    const NAME: &'static str = "tagged";
    const KEYED: Keyed<Entry> = Keyed::By(|recorded| {
        let mut keys = recorded.event.also_in.clone();
        keys.push(recorded.envelope.stream.id().to_owned());
        keys
    });
}

fn ledger(id: &str) -> StreamId {
    StreamId::new(Category::new("ledger"), id).unwrap()
}

/// Records entries in a ledger; where the last of them stands.
pub(crate) async fn enter(log: &dyn EventStore, id: &str, amounts: &[u64]) -> Position {
    let entry = |amount: &u64| Entry { amount: *amount, also_in: vec![] };
    enter_all(log, id, amounts.iter().map(entry).collect()).await
}

pub(crate) async fn enter_all(log: &dyn EventStore, id: &str, entries: Vec<Entry>) -> Position {
    let mut end = Position::START;
    for some in entries.chunks(1_000) {
        let encoded = some.iter().map(|entry| {
            NewEvent::encode(EventId::at(SystemClock.now()), entry, Metadata::default()).unwrap()
        });
        let append = Append::new(ledger(id), Expected::Any, encoded.collect()).unwrap();
        end = log.append(&append).await.unwrap().position;
    }
    end
}

/// What every ledger should be, by a fold of the whole log.
pub(crate) async fn folded<const V: u32>(log: &dyn EventStore) -> BTreeMap<String, Made<V>> {
    let mut ledgers = BTreeMap::<String, Made<V>>::new();
    let mut events = log.read_log(Position::START, Filter::of::<Entry>());
    while let Some(envelope) = events.try_next().await.unwrap() {
        let entry: Entry = envelope.decode().unwrap().unwrap();
        ledgers.entry(envelope.stream.id().to_owned()).or_default().evolve(&entry);
    }
    ledgers
}

/// What a ledger should be, of these amounts.
pub(crate) fn of(amounts: &[u64]) -> Ledger {
    let mut ledger = Ledger::default();
    for amount in amounts {
        ledger.evolve(&Entry { amount: *amount, also_in: vec![] });
    }
    ledger
}
