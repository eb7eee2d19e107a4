//! What is set aside: events that could not be projected, and all later ones of their keys, in order.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    error::Error,
    mem,
    ops::Range,
    sync::Arc,
};

use annals_core::{Filter, ModelTx, Position, ReadModels, StoreError, guarded};
use futures::TryStreamExt;

use crate::{
    books::{self, Action, Found, Mark, ParkedEvent, ParkedKey, Request},
    build::Build,
    key::slice_of,
    projection::Recorded,
    requests,
    settings::OnFailure,
    share::{Asked, ShareLoop},
    sink::{Part, Sink, Unwritten},
    trouble::{Halted, Trouble},
};

/// The keys of a share of which events are set aside.
#[derive(Default)]
pub(super) struct Parked {
    keys: HashMap<String, ParkedKey>,
    /// What the batch at hand adds to them.
    uncommitted: HashSet<String>,
    count: u64,
}

/// An event that is set aside.
pub(super) struct Aside {
    pub(super) position: Position,
    pub(super) key: String,
    /// What it failed with, if it is the first of its key.
    pub(super) error: Option<String>,
}

/// What an operator has asked for, on its way.
pub(super) struct Task {
    request_key: String,
    request: Request,
    keys: VecDeque<String>,
    /// How many events were projected or forgotten.
    events: u64,
    failures: Vec<String>,
}

impl Parked {
    pub(super) async fn load(
        models: &dyn ReadModels,
        name: &str,
        build: Build,
        slices: Range<u16>,
    ) -> Result<Self, StoreError> {
        let below = books::of_build(name, build.number());
        let keys = books::committed_below::<ParkedKey>(models, &below).await?.into_iter();
        let mine = keys.filter(|(_, parked)| slices.contains(&slice_of(&parked.key)));
        let keys: HashMap<_, _> = mine.map(|(_, parked)| (parked.key.clone(), parked)).collect();
        let count = keys.values().map(|parked| parked.events).sum();
        Ok(Self { keys, uncommitted: HashSet::new(), count })
    }

    /// Whether later events of that key are set aside as well.
    pub(super) fn has(&self, key: &str) -> bool {
        // Mostly there are none at all.
        (!self.keys.is_empty() && self.keys.contains_key(key))
            || (!self.uncommitted.is_empty() && self.uncommitted.contains(key))
    }

    /// How many events are set aside.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// That with so many more there are not more than may be.
    pub(super) fn check(&self, on_failure: OnFailure, more: usize) -> Result<(), Trouble> {
        let OnFailure::Park { limit } = on_failure else { return Ok(()) };
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        match self.count.saturating_add(more) <= limit {
            true => Ok(()),
            false => Err(Trouble::Lasting(Halted::TooManyParked { limit })),
        }
    }

    pub(super) fn add_uncommitted(&mut self, key: &str) {
        if !self.has(key) {
            self.uncommitted.insert(key.to_owned());
        }
    }

    pub(super) fn forget_uncommitted(&mut self) {
        self.uncommitted.clear();
    }

    /// Writes down what is set aside in addition, and says how the keys of that stand then.
    pub(super) async fn write(
        &self,
        tx: &mut dyn ModelTx,
        name: &str,
        build: Build,
        aside: &[Aside],
    ) -> Result<Vec<ParkedKey>, StoreError> {
        if aside.is_empty() {
            return Ok(vec![]);
        }
        let now = tx.now().await?.as_micros();
        let below = books::of_build(name, build.number());
        let event = |aside: &Aside| {
            let key = ParkedEvent::key(&below, &aside.key, aside.position);
            (key, ParkedEvent { position: aside.position })
        };
        books::put(tx, &aside.iter().map(event).collect::<Vec<_>>()).await?;
        let keys = self.with(aside, now);
        let record = |key: &ParkedKey| (ParkedKey::key(&below, &key.key), key.clone());
        books::put(tx, &keys.iter().map(record).collect::<Vec<_>>()).await?;
        Ok(keys)
    }

    /// The keys that have more events with these.
    fn with(&self, aside: &[Aside], now: i64) -> Vec<ParkedKey> {
        let mut keys: HashMap<&str, ParkedKey> = HashMap::new();
        for Aside { position, key, error } in aside {
            let parked = keys.entry(key).or_insert_with(|| match self.keys.get(key) {
                Some(parked) => parked.clone(),
                None => ParkedKey {
                    key: key.clone(),
                    error: error.clone().unwrap_or_default(),
                    position: *position,
                    since: now,
                    events: 0,
                },
            });
            parked.events += 1;
        }
        keys.into_values().collect()
    }

    /// These keys stand so from now on, with so many events more.
    pub(super) fn committed(&mut self, keys: Vec<ParkedKey>, more: usize) {
        self.keys.extend(keys.into_iter().map(|parked| (parked.key.clone(), parked)));
        self.count += u64::try_from(more).unwrap_or(u64::MAX);
    }

    /// So many events of a key are not set aside any more.
    fn released(&mut self, key: &str, events: u64, is_last: bool) {
        self.count = self.count.saturating_sub(events);
        if is_last {
            self.keys.remove(key);
        } else if let Some(parked) = self.keys.get_mut(key) {
            parked.events = parked.events.saturating_sub(events);
        }
    }
}

/// A page of what is set aside of one key.
struct Page<E> {
    /// The keys of its records.
    records: Vec<String>,
    parts: Vec<Part<E>>,
    /// What comes after these parts and cannot be read.
    failed: Option<(Position, Box<dyn Error + Send + Sync>)>,
    is_last: bool,
}

impl<S: Sink> ShareLoop<S> {
    /// Does a part of what an operator has asked for, if somebody has.
    pub(super) async fn work_for_operators(&mut self) -> Result<(), Trouble> {
        if self.asked.is_none()
            && let Ok(asked) = self.asks.try_recv()
        {
            self.begin_task(asked);
        }
        let Some(mut task) = self.asked.take() else { return Ok(()) };
        // What fails is still to be done, and answered.
        let done = match task.keys.front().cloned() {
            None => self.answer(&task).await.map(|()| true),
            Some(key) => {
                let worked = self.work_on(&mut task, &key).await;
                worked.map(|is_done| {
                    if is_done {
                        task.keys.pop_front();
                    }
                    false
                })
            }
        };
        if !matches!(done, Ok(true)) {
            self.asked = Some(task);
        }
        done.map(|_| ())
    }

    pub(super) fn begin_task(&mut self, (request_key, request): Asked) {
        let is_meant = |parked: &&ParkedKey| match &request.what {
            Action::Replay { keys, .. } => keys.is_empty() || keys.contains(&parked.key),
            // What was set aside after it was asked for nobody has seen; and it may be asked for again, if
            // whoever did it was killed before saying so.
            Action::Discard { keys, .. } => {
                keys.contains(&parked.key) && parked.since <= request.at
            }
            _ => false,
        };
        let keys = self.parked.keys.values().filter(is_meant).map(|parked| parked.key.clone());
        let keys = keys.collect::<BTreeSet<_>>().into_iter().collect();
        self.asked = Some(Task { request_key, request, keys, events: 0, failures: vec![] });
    }

    /// Does a part of it for a key; whether that was all.
    async fn work_on(&mut self, task: &mut Task, key: &str) -> Result<bool, Trouble> {
        let replayed = match task.request.what {
            Action::Discard { .. } => self.discard(key).await.map(Replayed::All),
            Action::Replay { dry_run: true, .. } => self.try_to_replay(key).await,
            _ => self.replay(key).await,
        };
        Ok(match replayed? {
            Replayed::All(events) => {
                task.events += events;
                true
            }
            Replayed::Some(events) => {
                task.events += events;
                false
            }
            Replayed::Until { events, position, error } => {
                task.events += events;
                task.failures.push(format!("{key} at position {position}: {error}"));
                true
            }
        })
    }

    /// Projects a page of what is set aside of a key. The checkpoint stays where it is.
    async fn replay(&mut self, key: &str) -> Result<Replayed, Trouble> {
        let mut page = self.page(key, "").await?;
        let events = page.parts.len();
        let common = Arc::clone(&self.common);
        loop {
            let mut tx = common.models.begin().await?;
            let held = self.hold(&mut *tx).await?;
            let written =
                common.sink.write(self.build, &page.parts, &mut *tx, &self.progress).await;
            match written {
                Ok(()) => {}
                Err(Unwritten::Store(error)) => return Err(error.into()),
                Err(Unwritten::Part { index, source }) => {
                    page.failed = Some((page.parts[index].position(), source));
                    page.parts.truncate(index);
                    continue;
                }
            }
            let records: Vec<String> = match &page.failed {
                None => mem::take(&mut page.records),
                Some((position, _)) => {
                    let below = self.below();
                    let first = ParkedEvent::key(&below, key, *position);
                    page.records.iter().filter(|record| **record < first).cloned().collect()
                }
            };
            let (number, is_last) = (records.len(), page.is_last && page.failed.is_none());
            self.release(&mut *tx, key, &records, is_last, page.failed.as_ref()).await?;
            tx.commit().await?;
            self.mark = held;
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            self.parked.released(key, number, is_last);
            self.tell_parked();
            let events = u64::try_from(events.min(page.parts.len())).unwrap_or(u64::MAX);
            return Ok(match page.failed {
                Some((position, error)) => {
                    Replayed::Until { events, position, error: error.to_string() }
                }
                None if is_last => Replayed::All(events),
                None => Replayed::Some(events),
            });
        }
    }

    /// Projects all that is set aside of a key, and takes it back.
    async fn try_to_replay(&mut self, key: &str) -> Result<Replayed, Trouble> {
        let common = Arc::clone(&self.common);
        let (mut after, mut events) = (String::new(), 0);
        // Mostly this is all, and nobody has to wait while it is read.
        let mut next = Some(self.page(key, "").await?);
        let mut tx = common.models.begin().await?;
        loop {
            let page = match next.take() {
                Some(page) => page,
                None => self.page(key, &after).await?,
            };
            let written =
                common.sink.write(self.build, &page.parts, &mut *tx, &self.progress).await;
            let (written, failed) = match written {
                Ok(()) => (page.parts.len(), page.failed),
                Err(Unwritten::Store(error)) => return Err(error.into()),
                Err(Unwritten::Part { index, source }) => {
                    (index, Some((page.parts[index].position(), source)))
                }
            };
            events += u64::try_from(written).unwrap_or(u64::MAX);
            if let Some((position, error)) = failed {
                return Ok(Replayed::Until { events, position, error: error.to_string() });
            }
            match page.records.last() {
                Some(last) if !page.is_last => after.clone_from(last),
                _ => return Ok(Replayed::All(events)),
            }
        }
    }

    /// Forgets what is set aside of a key.
    async fn discard(&mut self, key: &str) -> Result<u64, Trouble> {
        let common = Arc::clone(&self.common);
        let below = ParkedKey::key(&self.below(), key);
        let mut tx = common.models.begin().await?;
        let held = self.hold(&mut *tx).await?;
        let events = books::remove_below::<ParkedEvent>(&mut *tx, &below).await?;
        tx.remove("parked-key", &[below]).await?;
        tx.commit().await?;
        self.mark = held;
        self.parked.released(key, events, true);
        self.tell_parked();
        Ok(events)
    }

    /// What the keys of what is set aside begin with.
    fn below(&self) -> String {
        books::of_build(self.common.traits.name, self.build.number())
    }

    fn tell_parked(&self) {
        let parked = self.parked.count();
        self.status.send_modify(|status| status.parked = parked);
    }

    /// That this is still who works on the share, and goes on to be until the transaction ends. The checkpoint
    /// is another one then, at the same place: if it is not known whether this was committed, what was read
    /// before it was is no good any more.
    async fn hold(&self, tx: &mut dyn ModelTx) -> Result<Found<Mark>, Trouble> {
        let mark = &self.mark;
        let entry = Mark { turns: mark.entry.turns.wrapping_add(1), ..mark.entry };
        match books::swap(tx, &self.key, Some(mark), Some(&entry)).await? {
            true => Ok(Found { text: books::write(&entry), entry }),
            false => Err(Trouble::Lost),
        }
    }

    async fn release(
        &self,
        tx: &mut dyn ModelTx,
        key: &str,
        records: &[String],
        is_last: bool,
        failed: Option<&(Position, Box<dyn Error + Send + Sync>)>,
    ) -> Result<(), Trouble> {
        let below = self.below();
        let released = u64::try_from(records.len()).unwrap_or(u64::MAX);
        tx.remove("parked", records).await?;
        let parked_key = ParkedKey::key(&below, key);
        if is_last {
            tx.remove("parked-key", &[parked_key]).await?;
        } else if let Some(parked) = self.parked.keys.get(key) {
            let mut parked = parked.clone();
            parked.events = parked.events.saturating_sub(released);
            if let Some((position, error)) = failed {
                (parked.position, parked.error) = (*position, error.to_string());
            }
            books::put(tx, &[(parked_key, parked)]).await?;
        }
        Ok(())
    }

    /// A page of what is set aside of a key, read from the log.
    async fn page(&self, key: &str, after: &str) -> Result<Page<S::Event>, Trouble> {
        let below = self.below();
        let prefix = format!("{}/", ParkedKey::key(&below, key));
        let limit = self.common.settings.batch_events.max(1);
        let records = self.common.models.records("parked", &prefix, after, limit).await?;
        let is_last = records.len() < limit;
        let mut positions = BTreeSet::new();
        for record in &records {
            positions.insert(books::read::<ParkedEvent>(&record.content)?.position);
        }
        let records = records.into_iter().map(|record| record.key).collect();
        let mut page = Page { records, parts: vec![], failed: None, is_last };
        let (Some(first), Some(last)) = (positions.first(), positions.last()) else {
            return Ok(page);
        };
        let filter = Filter::of::<S::Event>();
        let mut envelopes = self.common.feed.log().read_log(first.minus(1), filter);
        while let Some(envelope) = envelopes.try_next().await? {
            let position = envelope.position;
            if positions.contains(&position) {
                match guarded(|| envelope.decode::<S::Event>()) {
                    Ok(Ok(None)) => {}
                    Ok(Ok(Some(event))) => {
                        let recorded = Arc::new(Recorded { event, envelope });
                        page.parts.push(Part { recorded, key: key.to_owned() });
                    }
                    Ok(Err(error)) => {
                        page.failed = Some((position, error.into()));
                        break;
                    }
                    Err(panicked) => {
                        page.failed = Some((position, panicked.into()));
                        break;
                    }
                }
            }
            if position >= *last {
                break;
            }
        }
        Ok(page)
    }

    async fn answer(&self, task: &Task) -> Result<(), Trouble> {
        let Task { request_key, request, events, failures, .. } = task;
        let done = match request.what {
            Action::Discard { .. } => format!("{events} events discarded"),
            Action::Replay { dry_run: true, .. } => format!("{events} events could be projected"),
            _ => format!("{events} events projected"),
        };
        let answer = match failures.is_empty() {
            true => done,
            false => format!("{done}; still failing: {}", failures.join("; ")),
        };
        let (name, first) = (self.common.traits.name, self.share.first);
        requests::answer_for_share(
            &*self.common.models,
            name,
            self.build,
            request_key,
            first,
            answer,
        )
        .await?;
        Ok(())
    }
}

/// How far a replay came.
enum Replayed {
    /// Nothing is left.
    All(u64),
    /// There is more.
    Some(u64),
    /// That one fails again.
    Until { events: u64, position: Position, error: String },
}
