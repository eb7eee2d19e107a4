//! Read models that are written in the transaction that appends.
//!
//! The price: such an append is no part of a group, takes as many statements more as its read models need, and
//! keeps every other append waiting meanwhile; and if a read model cannot be written, nothing is appended.

use std::{fmt, sync::Arc, time::Duration};

use annals_core::{
    Append, AppendError, Appended, Clock, Envelope, Envelopes, EventId, EventStore, Filter,
    ModelTx, Position, ReadModels, Revision, StoreError, StoreErrorKind, StreamId, SystemClock,
};
use async_trait::async_trait;
use futures::TryStreamExt;

use crate::{
    books::{self, Entry, Mark, ParkedKey, Share, Standing},
    build::Build,
    key::SLICES,
    progress::Progress,
    runner::Runner,
    sink::{Sink, Traits, Unwritten, parts_of},
    standing::{begin_build, change, raced, remove_build, settle},
};

/// How many events are caught up with in one transaction.
const PAGE: usize = 1_000;

/// How often it is tried to catch up while others are at the same records.
const ATTEMPTS: u32 = 200;

/// How long is waited in between.
const PAUSE: Duration = Duration::from_millis(10);

/// A log whose appends are in some read models at once: who reads them sees what is recorded, always.
///
/// It has to be what every process appends by that appends at all. What was appended otherwise is caught up with
/// by the next append that is not.
///
/// To raise the `VERSION` of such a read model, stop all who append by the older one: their appends are refused from
/// then on.
pub struct InlineStore {
    log: Arc<dyn EventStore>,
    models: Arc<dyn ReadModels>,
    inlines: Vec<Box<dyn Inline>>,
}

/// A read model that is written in the transaction that appends.
#[async_trait]
pub(crate) trait Inline: Send + Sync {
    /// Has it there, and up to date with the log.
    async fn catch_up(
        &self,
        log: &dyn EventStore,
        models: &dyn ReadModels,
    ) -> Result<(), StoreError>;

    /// Writes what comes of events that `tx` has appended, and of all before them.
    async fn project(
        &self,
        tx: &mut dyn ModelTx,
        log: &dyn EventStore,
        appended: &[Arc<Envelope>],
    ) -> Result<(), StoreError>;
}

impl InlineStore {
    /// Appends to `log`, and in the same transactions of `models` writes the read models of these runners, after
    /// it has caught up with what they have missed. What else is set for the runners is of no concern.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed; [`Invalid`](StoreErrorKind::Invalid) if a read model cannot be kept
    /// there, is of a newer version, is cut into shares, or cannot be written.
    pub async fn open(
        log: Arc<dyn EventStore>,
        models: Arc<dyn ReadModels>,
        runners: impl IntoIterator<Item = Runner>,
    ) -> Result<Self, StoreError> {
        let inlines: Vec<_> = runners.into_iter().map(Runner::into_inline).collect();
        for inline in &inlines {
            inline.catch_up(&*log, &*models).await?;
        }
        Ok(Self { log, models, inlines })
    }
}

#[async_trait]
impl EventStore for InlineStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        let mut tx = self.models.begin().await?;
        let appended = match tx.append(append).await {
            Ok(appended) if !appended.repeated => appended,
            nothing_new => {
                // Nothing was written, and its connection is good for the next one.
                tx.commit().await?;
                return nothing_new;
            }
        };
        let envelopes = recorded(append, &appended);
        if !envelopes.is_empty() {
            for inline in &self.inlines {
                inline.project(&mut *tx, &*self.log, &envelopes).await?;
            }
        }
        tx.commit().await?;
        Ok(appended)
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.log.read_stream(stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.log.read_log(after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.log.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.log.wait_past(after).await
    }
}

/// The events of an append, as they will be read.
fn recorded(append: &Append, appended: &Appended) -> Vec<Arc<Envelope>> {
    let count = append.streams().iter().map(|stream| stream.events.len()).sum();
    let (before, mut number) = (appended.position.minus(count), 0);
    let mut envelopes = Vec::with_capacity(count);
    for (stream, end) in append.streams().iter().zip(&appended.revisions) {
        let first = end.minus(stream.events.len());
        for (index, event) in stream.events.iter().enumerate() {
            number += 1;
            envelopes.push(Arc::new(Envelope {
                id: event.id(),
                stream: stream.stream.clone(),
                revision: first.plus(index).plus(1),
                position: before.plus(number),
                event_type: event.event_type().clone(),
                schema_version: event.schema_version(),
                payload: event.payload().clone(),
                recorded_at: appended.recorded_at,
                metadata: Arc::clone(event.metadata()),
            }));
        }
    }
    envelopes
}

/// A sink that is written inline.
pub(crate) struct Inlined<S: Sink> {
    sink: S,
    traits: Traits<S::Event>,
}

impl<S: Sink> Inlined<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self { traits: sink.traits(), sink }
    }

    /// Catches up with a page of the log, in a transaction: whether there is more.
    async fn step(
        &self,
        log: &dyn EventStore,
        models: &dyn ReadModels,
    ) -> Result<bool, StoreError> {
        let mut tx = models.begin().await?;
        let now = tx.now().await?.as_micros();
        let found = settle(&mut *tx, &self.sink, &self.traits).await?;
        let (mut standing, version) = (found.entry.clone(), self.traits.version);
        if standing.live.version() < version {
            let built = standing.building.as_ref().map(|it| it.build.version());
            if built != Some(version) {
                if !self.traits.is_built_beside {
                    return Err(self.invalid("its version was raised, and it is not built beside"));
                }
                standing.dropping.extend(standing.building.take().map(|it| (it.build, now)));
                let build = standing.begin_build(version, now);
                begin_build(&mut *tx, &self.sink, &self.traits, build).await?;
            }
        }
        let build = match &standing.building {
            Some(building) if building.build.version() == version => building.build,
            _ if standing.live.version() == version => standing.live,
            _ => return Err(self.invalid("a newer version is in use")),
        };
        self.check_parked(&mut *tx, build).await?;
        let mut is_done = self.read_on(&mut *tx, log, build, None).await?;
        if is_done && build != standing.live {
            is_done = self.is_as_far_as(&mut *tx, build, standing.live).await?;
            if is_done {
                standing.swap(now);
            }
        }
        if standing != found.entry {
            change(&mut *tx, self.traits.name, &found, &standing).await?;
        }
        tx.commit().await?;
        Ok(!is_done)
    }

    /// Projects what comes after the checkpoint, up to `end`, or to the head; at most a page, unless there is an
    /// end. Whether that was all.
    async fn read_on(
        &self,
        tx: &mut dyn ModelTx,
        log: &dyn EventStore,
        build: Build,
        end: Option<Position>,
    ) -> Result<bool, StoreError> {
        let (key, found) = self.mark(tx, build).await?;
        let mut after = found.entry.position;
        let mut mark = found.entry;
        let mut is_done = end.is_some_and(|end| end <= after);
        while !is_done {
            let mut envelopes = log.read_log(after, Filter::All);
            let mut page = Vec::new();
            while page.len() < PAGE
                && end.is_none_or(|end| after < end)
                && let Some(envelope) = envelopes.try_next().await?
            {
                after = envelope.position;
                page.push(envelope);
            }
            self.write(tx, build, &page).await?;
            if let Some(last) = page.last() {
                mark = Mark { position: last.position, last: Some(last.id), ..mark };
            }
            is_done = page.len() < PAGE || end.is_some_and(|end| end <= after);
            if end.is_none() {
                break;
            }
        }
        if mark != found.entry && !books::swap(tx, &key, Some(&found), Some(&mark)).await? {
            return Err(raced());
        }
        Ok(is_done)
    }

    /// Whether one build is as far as the other, which can be moved no more until the transaction ends.
    async fn is_as_far_as(
        &self,
        tx: &mut dyn ModelTx,
        build: Build,
        live: Build,
    ) -> Result<bool, StoreError> {
        let name = self.traits.name;
        let (_, reached) = self.mark(tx, build).await?;
        for (share, mark) in books::marks(tx, name, live).await? {
            let still = Mark { owner: None, turns: mark.entry.turns.wrapping_add(1), ..mark.entry };
            if !books::swap(tx, &share.key(name), Some(&mark), Some(&still)).await? {
                return Err(raced());
            }
            if reached.entry.position < mark.entry.position {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// That nothing is set aside: what comes later of the same key would be projected before it.
    async fn check_parked(&self, tx: &mut dyn ModelTx, build: Build) -> Result<(), StoreError> {
        let prefix = format!("{}/", books::of_build(self.traits.name, build.number()));
        match tx.records(ParkedKey::AREA, &prefix, "", 1).await?.first() {
            None => Ok(()),
            Some(_) => Err(self.invalid("events are set aside; replay or discard them first")),
        }
    }

    async fn mark(
        &self,
        tx: &mut dyn ModelTx,
        build: Build,
    ) -> Result<(String, books::Found<Mark>), StoreError> {
        let key = Share { build: build.number(), first: 0 }.key(self.traits.name);
        let found = books::find::<Mark>(tx, &key).await?.ok_or_else(raced)?;
        if found.entry.end < SLICES {
            return Err(self.invalid("it is cut into shares, and cannot be written inline"));
        }
        Ok((key, found))
    }

    async fn write(
        &self,
        tx: &mut dyn ModelTx,
        build: Build,
        envelopes: &[Arc<Envelope>],
    ) -> Result<(), StoreError> {
        let mut parts = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let read = parts_of(&self.traits, envelope);
            parts.extend(read.map_err(|(_, source)| self.failed(envelope.position, source))?);
        }
        let written = self.sink.write(build, &parts, tx, &Progress::default()).await;
        written.map_err(|unwritten| match unwritten {
            Unwritten::Store(error) => error,
            Unwritten::Part { index, source } => self.failed(parts[index].position(), source),
        })
    }

    fn failed(
        &self,
        position: Position,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> StoreError {
        let name = self.traits.name;
        let message =
            format!("{name} cannot project the event that would be at position {position}");
        StoreError::because(StoreErrorKind::Invalid, message, source)
    }

    fn invalid(&self, why: &str) -> StoreError {
        StoreError::new(StoreErrorKind::Invalid, format!("{}: {why}", self.traits.name))
    }
}

#[async_trait]
impl<S: Sink> Inline for Inlined<S> {
    async fn catch_up(
        &self,
        log: &dyn EventStore,
        models: &dyn ReadModels,
    ) -> Result<(), StoreError> {
        let mut attempts = 0;
        loop {
            match self.step(log, models).await {
                Ok(true) => attempts = 0,
                Ok(false) => break,
                // Somebody else was at the same records, who appends or begins as well.
                Err(error)
                    if error.kind() == StoreErrorKind::Unavailable && attempts < ATTEMPTS =>
                {
                    attempts += 1;
                    SystemClock.sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
        let part = books::part(self.traits.name);
        let standing = books::committed::<Standing>(models, &part).await?;
        for (build, _) in standing.map(|standing| standing.dropping).unwrap_or_default() {
            remove_build(models, &self.sink, &self.traits, build).await?;
        }
        Ok(())
    }

    async fn project(
        &self,
        tx: &mut dyn ModelTx,
        log: &dyn EventStore,
        appended: &[Arc<Envelope>],
    ) -> Result<(), StoreError> {
        let Some(live) = books::find::<Build>(tx, &books::part(self.traits.name)).await? else {
            return Err(self.invalid("it is not there any more"));
        };
        let build = live.entry;
        if build.version() != self.traits.version {
            return Err(self.invalid("another version has taken its place"));
        }
        let (Some(first), Some(last)) = (appended.first(), appended.last()) else { return Ok(()) };
        let (key, mut found) = self.mark(tx, build).await?;
        let before = first.position.minus(1);
        if found.entry.position < before {
            self.check_parked(tx, build).await?;
            self.read_on(tx, log, build, Some(before)).await?;
            (_, found) = self.mark(tx, build).await?;
        }
        self.write(tx, build, appended).await?;
        let mark = Mark { position: last.position, last: Some(last.id), ..found.entry };
        match books::swap(tx, &key, Some(&found), Some(&mark)).await? {
            true => Ok(()),
            false => Err(raced()),
        }
    }
}

impl fmt::Debug for InlineStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineStore")
            .field("read_models", &self.inlines.len())
            .finish_non_exhaustive()
    }
}
