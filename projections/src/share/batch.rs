//! A batch: from envelopes to parts, to what is written in one transaction with the checkpoint.

use std::{error::Error, sync::Arc};

use annals_core::{Envelope, Position, StoreError};

use crate::{
    feed::Place,
    key::slice_of,
    share::{ShareLoop, parked::Aside},
    sink::{Part, Sink, Unwritten, parts_of},
    trouble::Trouble,
};

/// What becomes of a batch.
struct Prepared<E> {
    parts: Vec<Part<E>>,
    /// What is set aside, in order.
    aside: Vec<Aside>,
    /// How far the batch goes.
    through: Place,
    /// What comes after that and cannot be projected.
    failed: Option<Trouble>,
}

impl<E> Prepared<E> {
    /// Without what comes at that position and later.
    fn leave_from(&mut self, position: Position) {
        self.parts.retain(|part| part.position() < position);
        self.aside.retain(|aside| aside.position < position);
    }
}

impl<S: Sink> ShareLoop<S> {
    /// What goes together, one batch after the other.
    pub(super) fn batches<'e>(
        &self,
        mut events: &'e [Arc<Envelope>],
    ) -> impl Iterator<Item = &'e [Arc<Envelope>]> + use<'e, S> {
        let settings = self.common.settings;
        std::iter::from_fn(move || {
            if events.is_empty() {
                return None;
            }
            let (mut count, mut bytes) = (0, 0);
            for event in events {
                if count > 0 && (count >= settings.batch_events || bytes >= settings.batch_bytes) {
                    break;
                }
                (count, bytes) = (count + 1, bytes + event.payload.len());
            }
            let (batch, rest) = events.split_at(count);
            events = rest;
            Some(batch)
        })
    }

    /// Projects a batch, and commits: how far that went, unless nothing of it concerned this share. If one of
    /// its events cannot be projected, those before it are.
    pub(super) async fn commit(
        &mut self,
        batch: &[Arc<Envelope>],
    ) -> Result<Option<Place>, Trouble> {
        let mut prepared = self.prepare(batch);
        loop {
            if prepared.parts.is_empty() && prepared.aside.is_empty() {
                return prepared.failed.map_or(Ok(None), Err);
            }
            let Err(error) = self.try_to_commit(&prepared).await else {
                return prepared.failed.map_or(Ok(Some(prepared.through)), Err);
            };
            match error {
                Failed::At(trouble) => return Err(trouble),
                Failed::Part(index, source) => {
                    let part = &prepared.parts[index];
                    let (position, key) = (part.position(), part.key.clone());
                    prepared.failed = Some(Trouble::at(position, Some(key), source));
                    let before = batch.partition_point(|event| event.position < position);
                    prepared.leave_from(position);
                    // Without events there is nothing left either.
                    prepared.through = before.checked_sub(1).map_or(prepared.through, |last| {
                        Place { position: batch[last].position, last: Some(batch[last].id) }
                    });
                }
            }
        }
    }

    /// Reads the events, and divides them into what is for this share, what is set aside, and what is not
    /// its concern.
    fn prepare(&mut self, batch: &[Arc<Envelope>]) -> Prepared<S::Event> {
        let through = self.mark.entry.place();
        let mut prepared = Prepared { parts: vec![], aside: vec![], through, failed: None };
        self.parked.forget_uncommitted();
        for envelope in batch {
            if let Err(trouble) = self.prepare_one(envelope, &mut prepared) {
                // It may be for several keys, and some of them were there already.
                prepared.leave_from(envelope.position);
                prepared.failed = Some(trouble);
                break;
            }
            prepared.through = Place { position: envelope.position, last: Some(envelope.id) };
        }
        prepared
    }

    fn prepare_one(
        &mut self,
        envelope: &Arc<Envelope>,
        prepared: &mut Prepared<S::Event>,
    ) -> Result<(), Trouble> {
        if !self.common.filter.allows(&envelope.event_type) {
            return Ok(());
        }
        let position = envelope.position;
        let early = self.common.traits.keyed.of_envelope(envelope);
        if let Some(key) = &early
            && (!self.is_mine(key) || self.sets_aside(envelope, key, prepared)?)
        {
            return Ok(());
        }
        let parts = parts_of(&self.common.traits, envelope)
            .map_err(|(key, source)| Trouble::at(position, key, source))?;
        for part in parts {
            let is_left = early.is_none()
                && (!self.is_mine(&part.key) || self.sets_aside(envelope, &part.key, prepared)?);
            if !is_left {
                prepared.parts.push(part);
            }
        }
        Ok(())
    }

    pub(super) fn is_mine(&self, key: &str) -> bool {
        (self.share.first..self.mark.entry.end).contains(&slice_of(key))
    }

    /// Sets an event aside, if its key is, or if it was tried often enough.
    fn sets_aside(
        &mut self,
        envelope: &Envelope,
        key: &str,
        prepared: &mut Prepared<S::Event>,
    ) -> Result<bool, Trouble> {
        let position = envelope.position;
        let is_given_up =
            |given_up: &super::GivenUp| given_up.position == position && given_up.key == key;
        let error = match &self.given_up {
            Some(given_up) if is_given_up(given_up) => Some(given_up.error.clone()),
            _ if self.parked.has(key) => None,
            _ => return Ok(false),
        };
        self.parked.check(self.common.settings.on_failure, prepared.aside.len() + 1)?;
        self.parked.add_uncommitted(key);
        prepared.aside.push(Aside { position, key: key.to_owned(), error });
        Ok(true)
    }

    async fn try_to_commit(&mut self, prepared: &Prepared<S::Event>) -> Result<(), Failed> {
        let common = Arc::clone(&self.common);
        let mut tx = common.models.begin().await?;
        let written =
            common.sink.write(self.build, &prepared.parts, &mut *tx, &self.progress).await;
        written?;
        let (name, aside) = (common.traits.name, &prepared.aside);
        let keys = self.parked.write(&mut *tx, name, self.build, aside).await?;
        self.advance(tx, prepared.through).await?;
        self.parked.committed(keys, aside.len());
        // Both at once: who sees how far it is also sees that something is set aside.
        self.reached(prepared.through.position);
        Ok(())
    }
}

/// Why a batch was not committed.
enum Failed {
    Part(usize, Box<dyn Error + Send + Sync>),
    At(Trouble),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::At(trouble)
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::At(error.into())
    }
}

impl From<Unwritten> for Failed {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Part { index, source } => Self::Part(index, source),
            Unwritten::Store(error) => Self::At(error.into()),
        }
    }
}
