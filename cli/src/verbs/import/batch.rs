//! Events that are imported in one transaction.

use std::collections::HashSet;

use annals::{Append, AppendError, Expected, StreamAppend, StreamId};

use super::wrong;
use crate::{events::Exported, failure::Failure, store::Store};

/// How many events one has at most.
const MOST: usize = 1_000;

/// At how many bytes it is full.
const MOST_BYTES: usize = 8 << 20;

/// Events in order of position, cut into appends in which each stream stands once.
#[derive(Default)]
pub(super) struct Batch {
    appends: Vec<Vec<(u64, Exported)>>,
    /// Those in the last append.
    streams: HashSet<StreamId>,
    events: usize,
    bytes: usize,
}

impl Batch {
    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.events).unwrap_or(u64::MAX)
    }

    pub(super) fn is_full_with(&self, event: &Exported) -> bool {
        self.events >= MOST || (self.events > 0 && self.bytes + event.bytes() > MOST_BYTES)
    }

    /// Adds the event in that line.
    pub(super) fn add(&mut self, number: u64, event: Exported) {
        self.events += 1;
        self.bytes += event.bytes();
        let last = self.appends.last().and_then(|append| append.last());
        let goes_on = last.is_some_and(|(_, last)| last.stream == event.stream);
        let is_new = self.streams.insert(event.stream.clone());
        match self.appends.last_mut() {
            Some(append) if goes_on || is_new => append.push((number, event)),
            _ => {
                self.streams = HashSet::from([event.stream.clone()]);
                self.appends.push(vec![(number, event)]);
            }
        }
    }

    /// Sees to it that all of it could be appended, as far as that can be said without a log.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        self.appends.drain(..).try_for_each(|events| append(events).map(|_| ()))
    }

    /// Appends all of it, or nothing.
    pub(super) async fn append(&mut self, store: &Store) -> Result<(), Failure> {
        if self.appends.is_empty() {
            return Ok(());
        }
        let mut tx = store.annals.read_models().begin().await?;
        for events in self.appends.drain(..) {
            let Some((number, last)) = events.last().map(|(number, it)| (*number, it.position))
            else {
                continue;
            };
            let appended =
                tx.append(&append(events)?).await.map_err(|error| refused(number, error))?;
            if appended.position != last {
                let why =
                    format!("somebody else appends to the log: it is at {}", appended.position);
                return Err(wrong(number, why));
            }
        }
        Ok(tx.commit().await?)
    }
}

/// One append of events, each stream of which stands together.
fn append(events: Vec<(u64, Exported)>) -> Result<Append, Failure> {
    let number = events.first().map_or(0, |(number, _)| *number);
    let mut parts: Vec<StreamAppend> = vec![];
    for (number, event) in events {
        let (stream, before) = (event.stream.clone(), event.revision.minus(1));
        let due = parts.last().filter(|part| part.stream == stream).map(|part| {
            let Expected::At(before) = part.expected else { return before };
            before.plus(part.events.len())
        });
        if due.is_some_and(|due| due != before) {
            return Err(wrong(
                number,
                format!("{stream} is at another revision than {}", event.revision),
            ));
        }
        let event = event.into_new().map_err(|why| wrong(number, why))?;
        match parts.last_mut() {
            Some(part) if due.is_some() => part.events.push(event),
            _ => parts.push(StreamAppend {
                stream,
                expected: Expected::At(before),
                events: vec![event],
            }),
        }
    }
    Append::to_streams(parts).map_err(|error| wrong(number, error.to_string()))
}

fn refused(number: u64, error: AppendError) -> Failure {
    match error {
        AppendError::Store(error) => error.into(),
        refused => wrong(number, refused.to_string()),
    }
}
