//! A writer: a process whose tasks append, each one thing after the other, until told to stop.

use std::{collections::HashMap, sync::Arc, time::Duration};

use annals_core::{EventStore, Revision, StoreError, StoreErrorKind, StreamId};
use futures::{TryStreamExt, future::join_all};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    Result,
    database::{Database, append_and_abort, append_with_row, open_for},
    journal::{Journal, orders},
    key::{Key, stream},
    random::Random,
    record::{Answer, End, Intention, Part, Record, Wanted, Way, chain},
    workload::{Choice, choose},
};

/// The first stream that a task has to itself; those below are for all.
const FIRST_OWN: u32 = 1_000;

/// What a writer is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WriterOrders {
    pub(crate) url: String,
    pub(crate) seed: u64,
    /// No two writers of a run have the same, not even if one replaces the other.
    pub(crate) number: u16,
    /// How many tasks it has. All writers of a run have as many.
    pub(crate) tasks: u8,
}

/// Is a writer, as told by the input of this process.
///
/// # Errors
///
/// The orders make no sense, or the database refuses to be opened.
pub fn run() -> Result<()> {
    let (orders, stopped): (WriterOrders, _) = orders()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let database = open_for(&orders.url, "chaos-writer").await?;
        let tasks = (0..orders.tasks).map(|task| {
            let worker = Worker::new(&orders, task, Arc::clone(&database), stopped.clone());
            tokio::spawn(worker.work())
        });
        for ended in join_all(tasks).await {
            ended?;
        }
        Ok(())
    })
}

/// A task of a writer.
struct Worker {
    database: Arc<dyn Database>,
    log: Arc<dyn EventStore>,
    stopped: watch::Receiver<bool>,
    random: Random,
    writer: u16,
    task: u8,
    count: u32,
    own: u32,
    /// What streams ended with, as far as this task knows.
    ends: HashMap<u32, End>,
    last: Option<Intention>,
}

impl Worker {
    fn new(
        orders: &WriterOrders,
        task: u8,
        database: Arc<dyn Database>,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let WriterOrders { seed, number: writer, tasks, .. } = *orders;
        Self {
            log: database.log(),
            database,
            stopped,
            random: Random::new(&[seed, 4, writer.into(), task.into()]),
            writer,
            task,
            count: 0,
            own: FIRST_OWN + u32::from(writer) * u32::from(tasks) + u32::from(task),
            ends: HashMap::new(),
            last: None,
        }
    }

    async fn work(mut self) {
        while !*self.stopped.borrow() {
            let (way, shares) = match choose(&mut self.random, self.own) {
                Choice::New { way, shares } => (way, shares),
                Choice::Again => {
                    if let Some(last) = self.last.clone() {
                        self.ask(&last).await;
                    }
                    continue;
                }
            };
            let mut parts = Vec::with_capacity(shares.len());
            for share in shares {
                if share.stream != self.own {
                    self.catch_up(share.stream).await;
                }
                let end = self.ends.get(&share.stream).copied();
                parts.push(share.part(end, &mut self.random));
            }
            let key = Key::new(self.writer, self.task, self.count);
            self.count += 1;
            let intention = Intention { key, way, parts };
            Journal.write(&Record::Intended(intention.clone()));
            let answer = self.ask(&intention).await;
            self.learn(intention, &answer);
        }
    }

    /// Asks until the answer is certain.
    async fn ask(&mut self, intention: &Intention) -> Answer {
        let Intention { key, .. } = *intention;
        let append = intention.append();
        let mut patience = Patience::default();
        loop {
            let answer = match intention.way {
                Way::Alone => self.log.append(&append).await.into(),
                Way::WithRow => append_with_row(&*self.database, &append, key).await,
                Way::Aborted => append_and_abort(&*self.database, &append, key).await,
            };
            Journal.write(&Record::Answered { key, answer: answer.clone() });
            match answer {
                Answer::Unavailable { .. } => patience.pause(&mut self.random).await,
                // Duplicates are told before conflicts, so no earlier attempt was recorded; nor will
                // one that is still on its way be, as no stream goes back to what it was.
                Answer::Conflict { .. } if patience.was_tried => {
                    self.must_be_nowhere(intention).await;
                    return answer;
                }
                _ => return answer,
            }
        }
    }

    async fn must_be_nowhere(&mut self, intention: &Intention) {
        let key = intention.key;
        let Some(part) = intention.parts.iter().find(|part| part.events > 0) else { return };
        let stream = stream(part.stream);
        let mut patience = Patience::default();
        let why = loop {
            match self.log.locate(&stream, key.id(0)).await {
                Ok(None) => return,
                Ok(Some(revision)) => break format!("{key} was refused, and is at {revision}"),
                Err(error) if is_passing(&error) => patience.pause(&mut self.random).await,
                Err(error) => break chain(&error),
            }
        };
        Journal.write(&Record::Wrong { why });
    }

    /// Takes from an answer what it says of the ends of streams.
    fn learn(&mut self, intention: Intention, answer: &Answer) {
        let Answer::Appended { revisions, at, .. } = answer else { return };
        let mut events = 0;
        for (part, revision) in intention.parts.iter().zip(revisions) {
            events += u64::from(part.events);
            if part.events > 0 {
                let (key, index) = (intention.key, events - 1);
                let end = End { revision: *revision, key, index, at: *at };
                self.ends.insert(part.stream, end);
            }
        }
        self.last = Some(intention);
    }

    /// Reads what came in a stream since this task last looked.
    async fn catch_up(&mut self, number: u32) {
        let known = self.ends.get(&number).map_or(0, |end| end.revision);
        let after = Revision::new(known).unwrap_or_default();
        let mut patience = Patience::default();
        loop {
            match newest(&*self.log, &stream(number), after).await {
                Ok(newest) => {
                    self.ends.extend(newest.map(|end| (number, end)));
                    return;
                }
                Err(error) if is_passing(&error) => patience.pause(&mut self.random).await,
                Err(error) => return Journal.write(&Record::Wrong { why: chain(&error) }),
            }
        }
    }
}

/// The last event of a stream, if there is one after `after`.
async fn newest(
    log: &dyn EventStore,
    stream: &StreamId,
    after: Revision,
) -> std::result::Result<Option<End>, StoreError> {
    let mut events = log.read_stream(stream, after);
    let mut newest = None;
    while let Some(envelope) = events.try_next().await? {
        newest = Some(End::of(envelope.revision, envelope.id, envelope.recorded_at));
    }
    Ok(newest)
}

/// Whether it will pass by itself.
pub(crate) fn is_passing(error: &StoreError) -> bool {
    error.kind() == StoreErrorKind::Unavailable
}

/// How long to wait before the next attempt: longer each time, up to half a second or so.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    pub(crate) was_tried: bool,
    millis: u64,
}

impl Patience {
    pub(crate) async fn pause(&mut self, random: &mut Random) {
        self.was_tried = true;
        self.millis = (self.millis * 2).clamp(10, 500);
        sleep(Duration::from_millis(self.millis / 2 + random.below(self.millis))).await;
    }
}

/// How long to insist on the last append of all.
const LAST_PATIENCE: Duration = Duration::from_secs(60);

/// Appends the last event of a run, by which readers know that there is no more.
pub(crate) async fn append_the_end(log: &dyn EventStore) -> Result<Vec<Record>> {
    let part = Part { stream: u32::MAX, expected: Wanted::Any, events: 1 };
    let intention = Intention { key: Key::END, way: Way::Alone, parts: vec![part] };
    let (append, mut random) = (intention.append(), Random::new(&[5]));
    let asking = async {
        let mut patience = Patience::default();
        loop {
            match log.append(&append).await.into() {
                Answer::Unavailable { .. } => patience.pause(&mut random).await,
                answer => return answer,
            }
        }
    };
    let answer = timeout(LAST_PATIENCE, asking).await?;
    Ok(vec![Record::Intended(intention), Record::Answered { key: Key::END, answer }])
}
