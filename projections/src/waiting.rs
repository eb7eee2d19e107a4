//! Reading what one has written: waiting until a position is in a read model, whoever works on it.

use std::{sync::Arc, time::Duration};

use annals_core::{
    Clock, Envelope, Event, EventStore, Filter, Position, ReadModels, StoreError, StoreErrorKind,
    guarded,
};
use futures::{
    TryStreamExt,
    future::{Either, select},
};
use tokio::{sync::watch, time::timeout};

use crate::{
    books::{self, Lease, Mark, Member, ParkedEvent, Report, Share, Standing},
    joint::Joint,
    key::{Keyed, slice_of},
    projection::Recorded,
    status::{Phase, Status},
    trouble::Halted,
};

/// How soon it is looked again, at first.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// And at last.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// How many looks there are for one at what else could be the reason: that nothing concerns it, or that nobody
/// works on it.
const LOOKS_FOR_REASONS: u32 = 8;

/// How many looks there are for one at the store's clock.
const LOOKS_AT_CLOCK: u32 = 32;

/// By how many looks these come earlier, the first too. Before that it is mostly there.
const LOOKS_EARLIER: u32 = 3;

/// Why something is not in the read model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Not yet.
    #[error("{name} is at position {position}, and was not at {wanted} within {timeout:?}")]
    TimedOut {
        /// The projection.
        name: &'static str,
        /// How far it is.
        position: Position,
        /// How far it should be.
        wanted: Position,
        /// For how long it was waited for.
        timeout: Duration,
    },

    /// And will not be, unless somebody does something.
    #[error("{name} has halted")]
    Halted {
        /// The projection.
        name: &'static str,
        /// Why it does not go on.
        source: Halted,
    },

    /// And will not be, until somebody resumes it.
    #[error("{name} is paused")]
    Paused {
        /// The projection.
        name: &'static str,
    },

    /// And will not be, unless somebody replays it: the event is set aside.
    #[error("the event is set aside by {name}, with its key {key:?}")]
    Parked {
        /// The projection.
        name: &'static str,
        /// The key of the event.
        key: String,
    },

    /// And will not be: nobody works on it.
    #[error("{name} was stopped")]
    Stopped {
        /// The projection.
        name: &'static str,
    },

    /// That cannot be said: the log or the read models cannot be read.
    #[error("how far {name} is cannot be read")]
    Store {
        /// The projection.
        name: &'static str,
        /// What they failed with.
        source: StoreError,
    },
}

/// Knows of one projection how far it is.
pub(crate) struct Waiting {
    log: Arc<dyn EventStore>,
    models: Arc<dyn ReadModels>,
    clock: Arc<dyn Clock>,
    name: &'static str,
    filter: Filter,
    keys: KeysOf,
    // However many wait, the records are read once for all who look at the same time.
    standing: Joint<Known>,
    is_anything_parked: Joint<bool>,
    others: Joint<Arc<Others>>,
}

/// What is read, and how far it is; `None` where nobody ever worked on it.
type Known = Option<Arc<(Standing, Vec<(Share, Mark)>)>>;

/// Who works on it, or would.
struct Others {
    reports: Vec<(String, Report)>,
    leases: Vec<(String, Lease)>,
    members: Vec<(String, Member)>,
}

/// The keys that an event is for, none if it is for nobody; `None` if that cannot be said.
type KeysOf = Box<dyn Fn(&Arc<Envelope>) -> Option<Vec<String>> + Send + Sync>;

impl Waiting {
    pub(crate) fn new<E: Event + Send + Sync>(
        log: Arc<dyn EventStore>,
        models: Arc<dyn ReadModels>,
        clock: Arc<dyn Clock>,
        name: &'static str,
        keyed: Keyed<E>,
    ) -> Self {
        let keys = move |envelope: &Arc<Envelope>| {
            let early = keyed.of_envelope(envelope).map(|key| vec![key]);
            let event = match guarded(|| envelope.decode::<E>()) {
                Ok(Ok(Some(event))) => event,
                Ok(Ok(None)) => return Some(vec![]),
                Ok(Err(_)) | Err(_) => return early,
            };
            if early.is_some() {
                return early;
            }
            let recorded = Recorded { event, envelope: Arc::clone(envelope) };
            guarded(|| keyed.of(&recorded)).ok()?.ok()
        };
        Self {
            log,
            models,
            clock,
            name,
            filter: Filter::of::<E>(),
            keys: Box::new(keys),
            standing: Joint::default(),
            is_anything_parked: Joint::default(),
            others: Joint::default(),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn now(&self) -> annals_core::Timestamp {
        self.clock.now()
    }

    /// Waits until everything up to `wanted` is in what is read.
    pub(crate) async fn wait_for(
        &self,
        wanted: Position,
        patience: Duration,
        mut local: Option<watch::Receiver<Status>>,
    ) -> Result<(), WaitError> {
        let name = self.name;
        let waiting = async {
            let mut pause = FIRST_PAUSE;
            let mut looks = 0_u32;
            loop {
                if self.is_reached_here(wanted, local.as_mut()).await? {
                    return Ok(());
                }
                // Where everything is worked on here, the records have nothing to add, but now and then.
                let is_known = local.as_ref().is_some_and(is_known_here);
                let is_asked = !is_known || is_due(looks, LOOKS_AT_CLOCK);
                let reached = match is_asked {
                    true => self.is_reached(wanted, looks).await,
                    false => Ok(false),
                };
                match reached {
                    Ok(true) => return Ok(()),
                    Ok(false) => {}
                    Err(WaitError::Stopped { name }) => match local.as_ref().map(here) {
                        Some(Phase::Halted(source)) => {
                            return Err(WaitError::Halted { name, source });
                        }
                        None | Some(Phase::Stopped) => return Err(WaitError::Stopped { name }),
                        // The runner of this process has only just begun, or has something to get over.
                        Some(_) => {}
                    },
                    // It may be there again in time.
                    Err(WaitError::Store { source, .. })
                        if source.kind() == StoreErrorKind::Unavailable => {}
                    Err(error) => return Err(error),
                }
                looks = looks.saturating_add(1);
                let timer = self.clock.sleep(if is_known { LONGEST_PAUSE } else { pause });
                let is_gone = match local.as_mut() {
                    Some(status) => {
                        match select(timer, Box::pin(status.changed())).await {
                            Either::Left(_) => false,
                            // That is not for nothing: it is no look at the records.
                            Either::Right((Ok(()), _)) if is_known => continue,
                            Either::Right((changed, _)) => changed.is_err(),
                        }
                    }
                    None => {
                        timer.await;
                        false
                    }
                };
                if is_gone {
                    local = None;
                }
                pause = LONGEST_PAUSE.min(pause + pause / 4);
            }
        };
        let waited = timeout(patience, waiting).await;
        match waited {
            Ok(waited) => waited,
            Err(_) => {
                let position = self.position().await.map_err(|source| self.failed(source))?;
                Err(WaitError::TimedOut { name, position, wanted, timeout: patience })
            }
        }
    }

    /// Whether the runner of this process knows that it is there.
    async fn is_reached_here(
        &self,
        wanted: Position,
        local: Option<&mut watch::Receiver<Status>>,
    ) -> Result<bool, WaitError> {
        let Some(local) = local else { return Ok(false) };
        let (status, name) = (local.borrow_and_update().clone(), self.name);
        let is_whole = status.is_whole();
        match status.live_halted {
            _ if is_whole && status.position >= wanted => {}
            Some(source) if is_whole => return Err(WaitError::Halted { name, source }),
            // Others may know more.
            _ => return Ok(false),
        }
        if status.parked > 0 {
            self.check_parked(wanted).await?;
        }
        Ok(true)
    }

    /// Whether the records say that it is there, or that it will not be.
    async fn is_reached(&self, wanted: Position, looks: u32) -> Result<bool, WaitError> {
        let found = self.look(wanted, looks).await.map_err(|source| self.failed(source))?;
        let name = self.name;
        match found {
            Found::Reached { parked: false } => Ok(true),
            Found::Reached { parked: true } => self.check_parked(wanted).await.map(|()| true),
            Found::NotYet => Ok(false),
            Found::Paused => Err(WaitError::Paused { name }),
            Found::Nobody => Err(WaitError::Stopped { name }),
            Found::Halted(why) => {
                Err(WaitError::Halted { name, source: Halted::Elsewhere { why } })
            }
        }
    }

    async fn look(&self, wanted: Position, looks: u32) -> Result<Found, StoreError> {
        let Some(known) = self.standing.read(self.read_standing()).await? else {
            return Ok(Found::Nobody);
        };
        let (standing, marks) = &*known;
        let is_behind = |(_, mark): &&(Share, Mark)| mark.position < wanted;
        let behind: Vec<_> = marks.iter().filter(is_behind).copied().collect();
        if marks.is_empty() {
            // It was removed, and another one is read by now.
            return Ok(Found::NotYet);
        }
        let is_due_reasons = is_due(looks, LOOKS_FOR_REASONS);
        if behind.is_empty() || (is_due_reasons && self.concerns_none(&behind, wanted).await?) {
            let parked = self.is_anything_parked.read(self.read_parked(standing)).await?;
            return Ok(Found::Reached { parked });
        }
        if standing.is_paused {
            return Ok(Found::Paused);
        }
        if !is_due_reasons {
            return Ok(Found::NotYet);
        }
        let others = self.others.read(self.read_others(standing)).await?;
        let halted = others.reports.iter().find_map(|(key, report)| {
            let is_its = |(share, mark): &(Share, Mark)| {
                share.key(self.name) == *key && mark.owner == Some(report.owner)
            };
            (report.phase == "halted" && behind.iter().any(is_its)).then_some(report)
        });
        if let Some(report) = halted {
            return Ok(Found::Halted(report.why.clone().unwrap_or_default()));
        }
        // Only those who can work on what is read, or on what will be.
        let built = standing.building.as_ref().map(|building| building.build.version());
        let can_work = |member: &Member| {
            [Some(standing.live.version()), built].contains(&Some(member.version))
        };
        let members = others.members.iter().filter(|(_, member)| can_work(member));
        let leases = others.leases.iter().map(|(_, lease)| lease.until);
        let is_anybody = match leases.chain(members.map(|(_, member)| member.until)).max() {
            None => false,
            // Whoever it was may have been killed. What time it is only a transaction says.
            Some(until) if is_due(looks, LOOKS_AT_CLOCK) => {
                let mut tx = self.models.begin().await?;
                let now = tx.now().await?.as_micros();
                tx.commit().await?;
                now < until
            }
            Some(_) => true,
        };
        Ok(if is_anybody { Found::NotYet } else { Found::Nobody })
    }

    async fn read_standing(&self) -> Result<Known, StoreError> {
        let part = books::part(self.name);
        let Some(standing) = books::committed::<Standing>(&*self.models, &part).await? else {
            return Ok(None);
        };
        let marks = books::committed_marks(&*self.models, self.name, standing.live).await?;
        Ok(Some(Arc::new((standing, marks))))
    }

    /// Whether anything at all is set aside. To be read after how far it is: that is committed with it.
    async fn read_parked(&self, standing: &Standing) -> Result<bool, StoreError> {
        let below = books::of_build(self.name, standing.live.number());
        let parked = self.models.records("parked-key", &format!("{below}/"), "", 1).await?;
        Ok(!parked.is_empty())
    }

    async fn read_others(&self, standing: &Standing) -> Result<Arc<Others>, StoreError> {
        let below = books::of_build(self.name, standing.live.number());
        let reports = books::committed_below(&*self.models, &below).await?;
        let leases = books::committed_below(&*self.models, &below).await?;
        let members = books::committed_below(&*self.models, &books::part(self.name)).await?;
        Ok(Arc::new(Others { reports, leases, members }))
    }

    /// Whether nothing up to `wanted` concerns those who are behind.
    async fn concerns_none(
        &self,
        behind: &[(Share, Mark)],
        wanted: Position,
    ) -> Result<bool, StoreError> {
        let mut there = self.log.read_log(wanted.minus(1), Filter::All);
        if there.try_next().await?.is_none() {
            return Ok(false);
        }
        drop(there);
        let Some(after) = behind.iter().map(|(_, mark)| mark.position).min() else {
            return Ok(true);
        };
        let mut envelopes = self.log.read_log(after, self.filter.clone());
        while let Some(envelope) = envelopes.try_next().await? {
            if envelope.position > wanted {
                break;
            }
            let keys = (self.keys)(&envelope);
            let concerns = |(share, mark): &(Share, Mark)| {
                let is_its = |key: &String| (share.first..mark.end).contains(&slice_of(key));
                mark.position < envelope.position
                    && keys.as_ref().is_none_or(|keys| keys.iter().any(is_its))
            };
            if behind.iter().any(concerns) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// That the event at a position is not set aside.
    async fn check_parked(&self, position: Position) -> Result<(), WaitError> {
        match self.parked_key(position).await.map_err(|source| self.failed(source))? {
            Some(key) => Err(WaitError::Parked { name: self.name, key }),
            None => Ok(()),
        }
    }

    async fn parked_key(&self, position: Position) -> Result<Option<String>, StoreError> {
        let mut there = self.log.read_log(position.minus(1), self.filter.clone());
        let Some(envelope) = there.try_next().await? else { return Ok(None) };
        drop(there);
        if envelope.position != position {
            return Ok(None);
        }
        let part = books::part(self.name);
        let Some(standing) = books::committed::<Standing>(&*self.models, &part).await? else {
            return Ok(None);
        };
        let below = books::of_build(self.name, standing.live.number());
        for key in (self.keys)(&envelope).unwrap_or_default() {
            let event = ParkedEvent::key(&below, &key, position);
            if books::committed::<ParkedEvent>(&*self.models, &event).await?.is_some() {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// How far it is.
    async fn position(&self) -> Result<Position, StoreError> {
        let known = self.standing.read(self.read_standing()).await?;
        let marks = known.iter().flat_map(|known| &known.1);
        Ok(marks.map(|(_, mark)| mark.position).min().unwrap_or_default())
    }

    fn failed(&self, source: StoreError) -> WaitError {
        WaitError::Store { name: self.name, source }
    }
}

/// Whether it is time for what is done once in so many looks.
fn is_due(looks: u32, every: u32) -> bool {
    looks.wrapping_add(LOOKS_EARLIER).is_multiple_of(every)
}

/// Whether everything that is read is worked on in this process, and all is well.
fn is_known_here(status: &watch::Receiver<Status>) -> bool {
    let status = status.borrow();
    status.is_whole() && status.is_healthy()
}

fn here(status: &watch::Receiver<Status>) -> Phase {
    status.borrow().phase.clone()
}

/// What the records say.
enum Found {
    Reached {
        /// Whether anything at all is set aside.
        parked: bool,
    },
    NotYet,
    Paused,
    Halted(String),
    Nobody,
}
