//! What is known about read models, as records: where each part of one has got to, who works on it, what was
//! set aside.
//!
//! Names and keys stand in the keys of records with `%` and `/` written as `%25` and `%2F`.

use std::fmt;

use annals_core::{
    EventId, ModelTx, Position, ReadModels, Record, StoreError, StoreErrorKind, Timestamp,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::build::Build;

/// How many records are read at a time.
pub(crate) const PAGE: usize = 1_000;

/// A kind of record.
pub(crate) trait Entry: Serialize + DeserializeOwned + Send {
    const AREA: &'static str;
}

macro_rules! entries {
    ($($entry:ty => $area:literal),+ $(,)?) => {
        $(impl Entry for $entry { const AREA: &'static str = $area; })+
    };
}

entries! {
    Standing => "projection",
    Build => "live",
    Mark => "checkpoint",
    Lease => "lease",
    Member => "worker",
    Report => "status",
    ParkedKey => "parked-key",
    ParkedEvent => "parked",
    Request => "request",
    Deed => "history",
}

/// What there is of a projection. Its key is the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// What it is, so that nothing else goes on under its name.
    pub(crate) kind: Kind,
    /// The one that is read, which stands alone in the area `live` as well.
    pub(crate) live: Build,
    /// The one that is built beside it.
    pub(crate) building: Option<Building>,
    /// Up to which version nothing is built unless somebody asks for it, since that was given up.
    #[serde(default)]
    pub(crate) given_up: Option<u32>,
    /// Those that are not read any more, and since when they may be removed, in microseconds since 1970.
    pub(crate) dropping: Vec<(Build, i64)>,
    /// How many builds there were.
    pub(crate) builds: u32,
    /// Whether somebody wants nothing to be done for now.
    pub(crate) is_paused: bool,
    /// How often somebody wanted it to go on, also after it has halted.
    pub(crate) resumed: u32,
    /// The names of the events' types, for who does not know the projection.
    pub(crate) types: Vec<String>,
}

/// What goes by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    View,
    Projection,
}

/// What is built beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Building {
    pub(crate) build: Build,
    /// Since when, in microseconds since 1970.
    pub(crate) since: i64,
    /// Until when the live one stands still so that this one can get ahead of it, in microseconds since 1970.
    pub(crate) still_until: Option<i64>,
}

/// Which slices of which build: from `first` to those before the end that its [`Mark`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Share {
    pub(crate) build: u32,
    pub(crate) first: u16,
}

/// How far a share is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Before which slice it ends.
    pub(crate) end: u16,
    #[serde(with = "position")]
    pub(crate) position: Position,
    /// The event at that position, so that a log whose past was changed is noticed; `None` at the start.
    #[serde(with = "event_id")]
    pub(crate) last: Option<EventId>,
    /// Who may move it: whoever has the lease, since it took it.
    pub(crate) owner: Option<Uuid>,
    /// How often something was committed under it that did not move it.
    #[serde(default)]
    pub(crate) turns: u64,
}

/// Who works on a share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) owner: Uuid,
    /// By the store's clock, in microseconds since 1970.
    pub(crate) until: i64,
}

/// Somebody who works on a projection, or would.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) version: u32,
    /// By the store's clock, in microseconds since 1970.
    pub(crate) until: i64,
}

/// How a share is doing, as who works on it said last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) phase: String,
    /// Whether nothing is wrong with it.
    pub(crate) is_well: bool,
    /// Whether it has seen how far the log is.
    pub(crate) has_looked: bool,
    /// Why it does not go on, if it does not.
    pub(crate) why: Option<String>,
    #[serde(with = "position")]
    pub(crate) position: Position,
    #[serde(with = "position")]
    pub(crate) head: Position,
    pub(crate) owner: Uuid,
    /// How many events are set aside.
    pub(crate) parked: u64,
    /// When it was said, by the store's clock, in microseconds since 1970.
    pub(crate) at: i64,
}

/// A key of which events are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ParkedKey {
    pub(crate) key: String,
    /// What the first of them failed with, last.
    pub(crate) error: String,
    #[serde(with = "position")]
    pub(crate) position: Position,
    /// Since when, by the store's clock, in microseconds since 1970.
    pub(crate) since: i64,
    /// How many events of it are set aside.
    pub(crate) events: u64,
}

/// An event that is set aside. Its position is part of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ParkedEvent {
    #[serde(with = "position")]
    pub(crate) position: Position,
}

/// What somebody wants to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) what: Action,
    /// Who wants it.
    pub(crate) by: String,
    /// When it was asked for, by the store's clock, in microseconds since 1970.
    pub(crate) at: i64,
    /// What shares have done of it so far, where it is for each of them.
    #[serde(default)]
    pub(crate) done: Vec<(u16, String)>,
}

/// What can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// To do nothing until it is resumed.
    Pause,
    /// To go on, also after it has halted.
    Resume,
    /// To build the read model anew, beside the one there is.
    Rebuild,
    /// To give up the one that is being built.
    CancelRebuild,
    /// To project what was set aside: of that key, or of all.
    Replay {
        /// Of which keys; of all if there are none.
        keys: Vec<String>,
        /// Whether only to see if it would go well.
        dry_run: bool,
    },
    /// To forget what was set aside of these keys.
    Discard {
        /// Of which keys.
        keys: Vec<String>,
        /// Why.
        reason: String,
    },
}

/// What was done, and for whom, or taken back. Its key ends with that of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Deed {
    pub(crate) what: Action,
    pub(crate) by: String,
    pub(crate) at: i64,
    /// When it was done, by the store's clock, in microseconds since 1970.
    pub(crate) done_at: i64,
    /// What came of it.
    pub(crate) answer: String,
    /// Whether it was done.
    pub(crate) is_done: bool,
    /// Who took it back before it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) withdrawn_by: Option<String>,
}

impl Standing {
    pub(crate) fn new(kind: Kind, version: u32, types: Vec<String>) -> Self {
        Self {
            kind,
            live: Build::new(1, version),
            building: None,
            given_up: None,
            dropping: vec![],
            builds: 1,
            is_paused: false,
            resumed: 0,
            types,
        }
    }

    /// Begins to build a version beside the one that is read.
    pub(crate) fn begin_build(&mut self, version: u32, now: i64) -> Build {
        self.builds += 1;
        let build = Build::new(self.builds, version);
        self.given_up = None;
        self.building = Some(Building { build, since: now, still_until: None });
        build
    }

    /// The two builds that can be compared, the older first.
    pub(crate) fn two(&self) -> Option<[Build; 2]> {
        match &self.building {
            Some(building) => Some([self.live, building.build]),
            None => self.dropping.last().map(|(replaced, _)| [*replaced, self.live]),
        }
    }

    /// What is built now takes the place of what is read.
    pub(crate) fn swap(&mut self, drop_at: i64) {
        if let Some(building) = self.building.take() {
            self.dropping.push((self.live, drop_at));
            self.live = building.build;
        }
    }
}

impl Share {
    pub(crate) fn key(self, name: &str) -> String {
        format!("{}/{:04}", of_build(name, self.build), self.first)
    }

    /// The share that a record of a build is about.
    fn of(key: &str) -> Option<Self> {
        let mut parts = key.rsplit('/');
        let (first, build) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Self { build, first })
    }
}

impl ParkedKey {
    pub(crate) fn key(below: &str, key: &str) -> String {
        format!("{below}/{}", part(key))
    }
}

impl ParkedEvent {
    /// In the order of their positions.
    pub(crate) fn key(below: &str, key: &str, position: Position) -> String {
        format!("{}/{:020}", ParkedKey::key(below, key), position.get())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::Rebuild => f.write_str("rebuild"),
            Self::CancelRebuild => f.write_str("cancel the rebuild"),
            Self::Replay { keys, dry_run } => {
                let tried = if *dry_run { "try to replay" } else { "replay" };
                match keys.len() {
                    0 => write!(f, "{tried} all keys"),
                    _ => write!(f, "{tried} {}", keys.join(", ")),
                }
            }
            Self::Discard { keys, reason } => write!(f, "discard {}: {reason}", keys.join(", ")),
        }
    }
}

/// A part of a record's key.
pub(crate) fn part(name: &str) -> String {
    name.replace('%', "%25").replace('/', "%2F")
}

/// What was written as a part of a record's key.
pub(crate) fn unpart(part: &str) -> String {
    part.replace("%2F", "/").replace("%25", "%")
}

/// What the keys of a projection's records begin with, and a `/` after that.
pub(crate) fn of_build(name: &str, build: u32) -> String {
    format!("{}/{build}", part(name))
}

pub(crate) fn write<E: Entry>(entry: &E) -> String {
    serde_json::to_string(entry).expect("records have no keys but texts")
}

pub(crate) fn read<E: Entry>(content: &str) -> Result<E, StoreError> {
    serde_json::from_str(content).map_err(|error| {
        let message = format!("a record in the area {} cannot be read", E::AREA);
        StoreError::because(StoreErrorKind::Unreadable, message, error)
    })
}

/// A record as it was found, and what it says: to be swapped for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found<E> {
    pub(crate) text: String,
    pub(crate) entry: E,
}

pub(crate) async fn find<E: Entry>(
    tx: &mut dyn ModelTx,
    key: &str,
) -> Result<Option<Found<E>>, StoreError> {
    let Some(text) = tx.record(E::AREA, key).await? else { return Ok(None) };
    Ok(Some(Found { entry: read(&text)?, text }))
}

/// Writes an entry in place of one that was found, or where there was none; says whether that was still so.
pub(crate) async fn swap<E: Entry>(
    tx: &mut dyn ModelTx,
    key: &str,
    from: Option<&Found<E>>,
    to: Option<&E>,
) -> Result<bool, StoreError> {
    let to = to.map(write);
    tx.swap(E::AREA, key, from.map(|found| found.text.as_str()), to.as_deref()).await
}

pub(crate) async fn put<E: Entry>(
    tx: &mut dyn ModelTx,
    entries: &[(String, E)],
) -> Result<(), StoreError> {
    let record = |(key, entry): &(String, E)| Record { key: key.clone(), content: write(entry) };
    let records: Vec<_> = entries.iter().map(record).collect();
    if records.is_empty() { Ok(()) } else { tx.put(E::AREA, &records).await }
}

/// Every entry below `key`, which is followed by a `/`: for what there is little of.
pub(crate) async fn below<E: Entry>(
    tx: &mut dyn ModelTx,
    key: &str,
) -> Result<Vec<(String, Found<E>)>, StoreError> {
    let (prefix, mut after, mut entries) = (format!("{key}/"), String::new(), Vec::new());
    loop {
        let records = tx.records(E::AREA, &prefix, &after, PAGE).await?;
        let is_last = records.len() < PAGE;
        for Record { key, content } in records {
            after.clone_from(&key);
            entries.push((key, Found { entry: read(&content)?, text: content }));
        }
        if is_last {
            return Ok(entries);
        }
    }
}

/// The same outside of a transaction.
pub(crate) async fn committed_below<E: Entry>(
    models: &dyn ReadModels,
    key: &str,
) -> Result<Vec<(String, E)>, StoreError> {
    let (prefix, mut after, mut entries) = (format!("{key}/"), String::new(), Vec::new());
    loop {
        let records = models.records(E::AREA, &prefix, &after, PAGE).await?;
        let is_last = records.len() < PAGE;
        for Record { key, content } in records {
            after.clone_from(&key);
            entries.push((key, read(&content)?));
        }
        if is_last {
            return Ok(entries);
        }
    }
}

/// Removes every record below `key` in that area.
pub(crate) async fn remove_below<E: Entry>(
    tx: &mut dyn ModelTx,
    key: &str,
) -> Result<u64, StoreError> {
    let (prefix, mut removed) = (format!("{key}/"), 0);
    loop {
        let records = tx.records(E::AREA, &prefix, "", PAGE).await?;
        let keys: Vec<_> = records.into_iter().map(|record| record.key).collect();
        if keys.is_empty() {
            return Ok(removed);
        }
        tx.remove(E::AREA, &keys).await?;
        removed += u64::try_from(keys.len()).unwrap_or(u64::MAX);
    }
}

/// How far the shares of a build are.
pub(crate) async fn marks(
    tx: &mut dyn ModelTx,
    name: &str,
    build: Build,
) -> Result<Vec<(Share, Found<Mark>)>, StoreError> {
    let marks = below(tx, &of_build(name, build.number())).await?;
    Ok(marks.into_iter().filter_map(|(key, mark)| Some((Share::of(&key)?, mark))).collect())
}

/// The same outside of a transaction.
pub(crate) async fn committed_marks(
    models: &dyn ReadModels,
    name: &str,
    build: Build,
) -> Result<Vec<(Share, Mark)>, StoreError> {
    let marks = committed_below(models, &of_build(name, build.number())).await?;
    Ok(marks.into_iter().filter_map(|(key, mark)| Some((Share::of(&key)?, mark))).collect())
}

pub(crate) async fn committed<E: Entry>(
    models: &dyn ReadModels,
    key: &str,
) -> Result<Option<E>, StoreError> {
    models.record(E::AREA, key).await?.map(|content| read(&content)).transpose()
}

/// A moment, as records have it.
pub(crate) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

mod position {
    use annals_core::Position;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(position: &Position, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_i64(position.get())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Position, D::Error> {
        let position = Position::new(i64::deserialize(d)?);
        position.ok_or_else(|| D::Error::custom("a position is not negative"))
    }
}

mod event_id {
    use annals_core::EventId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use uuid::Uuid;

    pub(super) fn serialize<S: Serializer>(id: &Option<EventId>, s: S) -> Result<S::Ok, S::Error> {
        id.map(|id| id.0).serialize(s)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        d: D,
    ) -> Result<Option<EventId>, D::Error> {
        Ok(Option::<Uuid>::deserialize(d)?.map(EventId))
    }
}
