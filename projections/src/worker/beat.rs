//! One look at the records, and what follows from it: in one transaction.

use std::collections::BTreeMap;

use annals_core::{ModelTx, StoreError};

use crate::{
    books::{self, Action, Entry, Found, Lease, Mark, Member, Report, Request, Share, Standing},
    build::Build,
    key::SLICES,
    requests::{self, decide},
    share::{Asked, Assignment},
    sink::Sink,
    standing::{change, raced, settle},
    status::Phase,
    trouble::Halted,
    worker::{Held, Worker, described},
};

/// What is to be done until the next beat.
pub(super) struct Plan {
    /// Which build is read.
    pub(super) live: Build,
    /// How many shares that has.
    pub(super) live_shares: usize,
    /// How it is doing, if that is not for its shares to say.
    pub(super) phase: Option<Phase>,
    /// Shares that are to be worked on from now on.
    pub(super) to_begin: Vec<Assignment>,
    /// Shares that are to be left to others, after their batch.
    pub(super) to_end: Vec<Share>,
    /// Shares that have ended and are not ours any more.
    pub(super) gone: Vec<Share>,
    /// What shares are asked by operators.
    pub(super) asks: Vec<(Share, Asked)>,
    /// Shares whose checkpoints nobody waits for any more.
    pub(super) relaxed: Vec<Share>,
    /// Whether to build beside, since the version was raised.
    pub(super) begins_newer: bool,
    /// Who has asked for another build, by the keys of their requests.
    pub(super) rebuilds: Vec<String>,
    /// Builds that are to be removed.
    pub(super) to_remove: Vec<Build>,
    /// Whether somebody waits for the next beat.
    pub(super) is_urgent: bool,
}

/// A build that this worker can work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Workable {
    pub(super) build: Build,
    pub(super) is_live: bool,
    /// Whether shares may be begun.
    pub(super) is_open: bool,
}

/// What is done about a share.
enum Step {
    Renew(Option<Found<Lease>>),
    Release,
    Take(Workable, Found<Mark>, Option<Found<Lease>>),
}

impl<S: Sink> Worker<S> {
    pub(super) async fn beat(&mut self) -> Result<Plan, StoreError> {
        let common = std::sync::Arc::clone(&self.common);
        let mut tx = common.models.begin().await?;
        let now = tx.now().await?.as_micros();
        let settled = settle(&mut *tx, &common.sink, &common.traits).await;
        self.failed_settlings =
            settled.as_ref().map_or(self.failed_settlings.saturating_add(1), |_| 0);
        let found = settled?;
        let mut standing = found.entry.clone();
        let mut plan = Plan {
            live: standing.live,
            live_shares: 0,
            phase: None,
            to_begin: vec![],
            to_end: vec![],
            gone: vec![],
            asks: vec![],
            relaxed: vec![],
            begins_newer: false,
            rebuilds: vec![],
            to_remove: vec![],
            is_urgent: false,
        };

        let requests = self.decide(&mut *tx, &mut standing, now, &mut plan).await?;
        self.see_to_builds(&mut *tx, &mut standing, now, &mut plan).await?;
        if standing != found.entry {
            change(&mut *tx, common.traits.name, &found, &standing).await?;
        }
        plan.live = standing.live;

        let workable = self.workable(&standing, now, &mut plan);
        let crew = self.crew(&mut *tx, now).await?;
        self.lease(&mut *tx, &workable, crew, now, &mut plan).await?;
        // Only now: they may just have been cut.
        plan.live_shares = books::marks(&mut *tx, self.common.traits.name, plan.live).await?.len();
        let mut again = self.pass_on(&requests, plan.live, &mut plan);
        if self.resumed.replace(standing.resumed).is_some_and(|before| before != standing.resumed) {
            again = self.held.keys().copied().collect();
        }
        self.begin_halted_again(&mut *tx, &again, &mut plan).await?;
        self.report(&mut *tx, &standing, now).await?;
        tx.commit().await?;
        Ok(plan)
    }

    /// Does what operators ask that concerns the projection as a whole. What is left is for its shares.
    async fn decide(
        &self,
        tx: &mut dyn ModelTx,
        standing: &mut Standing,
        now: i64,
        plan: &mut Plan,
    ) -> Result<Vec<(String, Found<Request>)>, StoreError> {
        let traits = &self.common.traits;
        let mut left = vec![];
        for (key, request) in requests::pending(tx, traits.name).await? {
            let what = &request.entry.what;
            if *what == Action::Rebuild && standing.live.version() <= traits.version {
                plan.rebuilds.push(key);
                continue;
            }
            let later = now.saturating_add(self.lease_micros());
            match decide(what, standing, traits, now, later) {
                None => left.push((key, request)),
                Some(answer) => {
                    if !requests::answer(tx, &key, &request, answer).await? {
                        return Err(raced());
                    }
                }
            }
        }
        Ok(left)
    }

    /// On what this worker can work, of what there is.
    fn workable(&self, standing: &Standing, now: i64, plan: &mut Plan) -> Vec<Workable> {
        let version = self.common.traits.version;
        let live = standing.live.version();
        if standing.is_paused {
            plan.phase = Some(Phase::Paused);
            return vec![];
        }
        let building = standing.building.as_ref().filter(|it| it.build.version() == version);
        if live > version && building.is_none() {
            plan.phase = Some(Phase::Halted(Halted::Outdated { live, version }));
        }
        if live < version && building.is_none() {
            let is_given_up = standing.given_up.is_some_and(|given_up| given_up >= version);
            plan.phase = Some(Phase::Halted(match is_given_up {
                true => Halted::GivenUp { live, version },
                false => Halted::NotBeside { live, version },
            }));
        }
        let still = standing.building.as_ref().and_then(|building| building.still_until);
        let is_open = still.is_none_or(|until| until <= now);
        let mut workable = vec![];
        if live == version {
            workable.push(Workable { build: standing.live, is_live: true, is_open });
        }
        workable.extend(building.map(|it| Workable {
            build: it.build,
            is_live: false,
            is_open: true,
        }));
        workable
    }

    /// Signs in, and says how many there are.
    async fn crew(&self, tx: &mut dyn ModelTx, now: i64) -> Result<usize, StoreError> {
        let until = now.saturating_add(self.lease_micros());
        books::put(tx, &[self.member(until)]).await?;
        let members = books::below::<Member>(tx, &books::part(self.common.traits.name)).await?;
        let (live, silent): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(_, member)| self.is_valid(member.entry.until, now));
        // Not at once: two who are only late, and sign in, would each wait for the other to be removed.
        let is_gone = |member: &Member| (member.until - now).abs() > LONGEST_LEASE;
        let gone = silent.into_iter().filter(|(_, member)| is_gone(&member.entry));
        let gone: Vec<_> = gone.map(|(key, _)| key).collect();
        if !gone.is_empty() {
            tx.remove(Member::AREA, &gone).await?;
        }
        let version = self.common.traits.version;
        Ok(live.iter().filter(|(_, member)| member.entry.version == version).count().max(1))
    }

    pub(super) fn lease_micros(&self) -> i64 {
        let lease = self.common.settings.lease.max(super::SHORTEST_LEASE);
        i64::try_from(lease.as_micros()).unwrap_or(i64::MAX)
    }

    /// Whether something that ends then is still so. What ends later than anything can was written by a clock
    /// that was wrong, or by somebody with a much longer lease.
    fn is_valid(&self, until: i64, now: i64) -> bool {
        let longest = self.lease_micros().max(LONGEST_LEASE);
        now < until && until <= now.saturating_add(longest)
    }

    /// Renews what is held, takes what is free and due, and leaves what is too much. All workers do so in the
    /// order of the shares, so that of two who have both come too late none waits for the other in a circle.
    async fn lease(
        &self,
        tx: &mut dyn ModelTx,
        workable: &[Workable],
        crew: usize,
        now: i64,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let name = self.common.traits.name;
        let mut steps = vec![];
        for work in workable {
            let marks = self.cut(tx, work.build).await?;
            let below = books::of_build(name, work.build.number());
            let leases: BTreeMap<_, _> =
                books::below::<Lease>(tx, &below).await?.into_iter().collect();
            let fair = marks.len().div_ceil(crew);
            let mut number = 0;
            let (held, free): (Vec<_>, Vec<_>) =
                marks.into_iter().partition(|(share, _)| self.is_held(*share));
            for (share, mark) in held {
                let lease = leases.get(&share.key(name));
                let is_ours = lease.is_some_and(|lease| lease.entry.owner == self.common.worker)
                    && mark.entry.owner == Some(self.common.worker);
                if !is_ours || (number >= fair && self.has_ended(share)) {
                    plan.to_end.push(share);
                    plan.gone.push(share);
                    steps.push((share, Step::Release));
                } else if number >= fair || (work.is_live && !work.is_open) {
                    plan.to_end.push(share);
                    steps.push((share, Step::Renew(lease.cloned())));
                } else {
                    number += 1;
                    steps.push((share, Step::Renew(lease.cloned())));
                    plan.relaxed.extend(work.is_live.then_some(share));
                }
            }
            for (share, mark) in free {
                let lease = leases.get(&share.key(name));
                let is_free = lease.is_none_or(|lease| {
                    lease.entry.owner == self.common.worker
                        || !self.is_valid(lease.entry.until, now)
                });
                if number < fair && is_free && work.is_open {
                    number += 1;
                    steps.push((share, Step::Take(*work, mark, lease.cloned())));
                } else if self.held.contains_key(&share) {
                    plan.gone.push(share);
                    steps.push((share, Step::Release));
                }
            }
        }
        let builds: Vec<_> = workable.iter().map(|work| work.build.number()).collect();
        for share in self.held.keys().filter(|share| !builds.contains(&share.build)) {
            plan.to_end.push(*share);
            if self.has_ended(*share) {
                plan.gone.push(*share);
                steps.push((*share, Step::Release));
            } else {
                plan.is_urgent = true;
            }
        }
        steps.sort_unstable_by_key(|(share, _)| *share);
        for (share, step) in steps {
            match step {
                Step::Renew(lease) => self.renew(tx, share, lease, now).await?,
                Step::Release => self.release(tx, share).await?,
                Step::Take(work, mark, lease) => {
                    let taken = self.take(tx, work, share, mark, lease.as_ref(), now).await?;
                    if taken.is_none() && self.held.contains_key(&share) {
                        plan.gone.push(share);
                        self.release(tx, share).await?;
                    }
                    plan.to_begin.extend(taken);
                }
            }
        }
        Ok(())
    }

    /// The shares of a build, cut into as many as the settings say.
    async fn cut(
        &self,
        tx: &mut dyn ModelTx,
        build: Build,
    ) -> Result<Vec<(Share, Found<Mark>)>, StoreError> {
        let name = self.common.traits.name;
        let marks = books::marks(tx, name, build).await?;
        let shares = self.common.settings.shares.clamp(1, SLICES);
        if marks.len() >= usize::from(shares) {
            return Ok(marks);
        }
        for number in 1..shares {
            let boundary = u32::from(number) * u32::from(SLICES) / u32::from(shares);
            let boundary = u16::try_from(boundary).unwrap_or(SLICES);
            let marks = books::marks(tx, name, build).await?;
            let over = marks
                .into_iter()
                .find(|(share, mark)| share.first < boundary && boundary < mark.entry.end);
            let Some((share, mark)) = over else { continue };
            // Who works on it notices: its checkpoint is another one.
            let left = Mark { end: boundary, owner: None, ..mark.entry };
            let right = Mark { owner: None, ..mark.entry };
            let key = Share { first: boundary, ..share }.key(name);
            if !books::swap(tx, &share.key(name), Some(&mark), Some(&left)).await?
                || !books::swap(tx, &key, None, Some(&right)).await?
            {
                return Err(raced());
            }
        }
        books::marks(tx, name, build).await
    }

    /// Takes a share: from here on nobody else can move its checkpoint.
    async fn take(
        &self,
        tx: &mut dyn ModelTx,
        work: Workable,
        share: Share,
        mark: Found<Mark>,
        lease: Option<&Found<Lease>>,
        now: i64,
    ) -> Result<Option<Assignment>, StoreError> {
        let key = share.key(self.common.traits.name);
        let owner = self.common.worker;
        let until = now.saturating_add(self.lease_micros());
        if !books::swap(tx, &key, lease, Some(&Lease { owner, until })).await? {
            return Ok(None);
        }
        let entry = Mark { owner: Some(owner), ..mark.entry };
        if !books::swap(tx, &key, Some(&mark), Some(&entry)).await? {
            return Err(raced());
        }
        let mark = Found { text: books::write(&entry), entry };
        Ok(Some(Assignment { build: work.build, share, mark, is_eager: !work.is_live }))
    }

    async fn renew(
        &self,
        tx: &mut dyn ModelTx,
        share: Share,
        lease: Option<Found<Lease>>,
        now: i64,
    ) -> Result<(), StoreError> {
        let until = now.saturating_add(self.lease_micros());
        let renewed = Lease { owner: self.common.worker, until };
        let key = share.key(self.common.traits.name);
        match books::swap(tx, &key, lease.as_ref(), Some(&renewed)).await? {
            true => Ok(()),
            false => Err(raced()),
        }
    }

    /// Whether it is worked on here, or was until it halted.
    fn is_held(&self, share: Share) -> bool {
        self.held.get(&share).is_some_and(|held| !held.phase().is_over())
    }

    fn has_ended(&self, share: Share) -> bool {
        self.held.get(&share).is_none_or(|held| held.phase().has_ended())
    }

    /// What operators ask of shares that are worked on here. Which of these have halted and have to begin again
    /// to do it.
    fn pass_on(
        &self,
        requests: &[(String, Found<Request>)],
        live: Build,
        plan: &mut Plan,
    ) -> Vec<Share> {
        let mut halted = vec![];
        for (key, request) in requests {
            for (share, held) in &self.held {
                let is_done = request.entry.done.iter().any(|(first, _)| *first == share.first);
                if held.build == live && !is_done {
                    plan.asks.push((*share, (key.clone(), request.entry.clone())));
                    if matches!(held.phase(), Phase::Halted(_)) && !held.told.contains(key) {
                        halted.push(*share);
                    }
                }
            }
        }
        halted
    }

    /// What has halted of these begins again.
    async fn begin_halted_again(
        &self,
        tx: &mut dyn ModelTx,
        shares: &[Share],
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        for (share, held) in self.held.iter().filter(|(share, _)| shares.contains(share)) {
            if !matches!(held.phase(), Phase::Halted(_)) || plan.gone.contains(share) {
                continue;
            }
            let key = share.key(self.common.traits.name);
            if let Some(mark) = books::find::<Mark>(tx, &key).await?
                && mark.entry.owner == Some(self.common.worker)
            {
                let (build, share) = (held.build, *share);
                let is_eager = build != plan.live;
                plan.to_begin.push(Assignment { build, share, mark, is_eager });
            }
        }
        Ok(())
    }

    /// Says how its shares are doing, for who looks from elsewhere.
    async fn report(
        &self,
        tx: &mut dyn ModelTx,
        standing: &Standing,
        now: i64,
    ) -> Result<(), StoreError> {
        let name = self.common.traits.name;
        // Of a build that was given up nothing is left, and nothing is to be.
        let building = standing.building.as_ref().map(|building| building.build);
        let is_there = |build: Build| build == standing.live || Some(build) == building;
        let report = |(share, held): (&Share, &Held)| {
            let status = held.handles.status.borrow();
            let report = Report {
                phase: status.phase.word().to_owned(),
                is_well: status.phase.is_healthy(),
                has_looked: status.has_looked,
                why: status.phase.why().map(|why| described(why)),
                position: status.position,
                head: status.head,
                owner: self.common.worker,
                parked: status.parked,
                at: now,
            };
            (share.key(name), report)
        };
        let shares =
            self.held.iter().filter(|(share, held)| self.is_held(**share) && is_there(held.build));
        books::put(tx, &shares.map(report).collect::<Vec<_>>()).await
    }
}

/// The longest a lease of others is believed, in microseconds: an hour at which a clock was wrong is more.
const LONGEST_LEASE: i64 = 10 * 60 * 1_000_000;
