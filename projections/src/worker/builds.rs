//! Builds: one beside the other, from the first event on until it takes its place.

use std::{collections::BTreeMap, sync::Arc};

use annals_core::{ModelTx, Position, StoreError};

use crate::{
    books::{self, Found, Mark, Report, Request, Share, Standing},
    build::Build,
    requests::{answer, decide},
    sink::Sink,
    standing::{begin_build, change, raced, remove_build, settle},
    worker::{Worker, beat::Plan, described},
};

/// How near a build must be to the head of the log before the one that is read stands still for it.
const NEAR: i64 = 1_000;

/// How long the one that is read stands still at most, in microseconds.
const STANDS_STILL: i64 = 5_000_000;

/// How long it goes on at least before it stands still again, in microseconds.
const GOES_ON: i64 = 30_000_000;

/// How often what a build is written to may fail to be made before who asked for it is told.
const ATTEMPTS: u32 = 3;

impl<S: Sink> Worker<S> {
    /// Finds what is to be begun since the version was raised, and what nobody reads any more; and has a finished
    /// build take the place of what is read.
    pub(super) async fn see_to_builds(
        &self,
        tx: &mut dyn ModelTx,
        standing: &mut Standing,
        now: i64,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let traits = &self.common.traits;
        plan.begins_newer = self.is_newer(standing);
        let built = standing.building.as_ref().map(|building| building.build.version());
        if built == Some(traits.version) && !standing.is_paused {
            self.bring_home(tx, standing, now, plan).await?;
        }
        let due = standing.dropping.iter().filter(|(_, at)| *at <= now);
        plan.to_remove = due.map(|(build, _)| *build).collect();
        Ok(())
    }

    /// Whether this program has a newer version than what is read, or built.
    fn is_newer(&self, standing: &Standing) -> bool {
        let version = self.common.traits.version;
        let built = standing.building.as_ref().map(|building| building.build.version());
        self.common.traits.is_built_beside
            && standing.live.version() < version
            && standing.given_up.is_none_or(|given_up| given_up < version)
            && built.is_none_or(|built| built < version)
    }

    /// Begins to build beside, since somebody has asked for it or the version was raised: in a transaction of its
    /// own, for it may fail by the application's own statements.
    pub(super) async fn begin_beside(&mut self, asked: Option<&str>) -> Result<(), StoreError> {
        let Err(error) = self.try_to_begin_beside(asked).await else {
            self.failed_begins = 0;
            return Ok(());
        };
        self.failed_begins += 1;
        if let Some(key) = asked
            && self.failed_begins >= ATTEMPTS
        {
            self.failed_begins = 0;
            let mut tx = self.common.models.begin().await?;
            if let Some(request) = books::find::<Request>(&mut *tx, key).await? {
                answer(&mut *tx, key, &request, Err(described(&error))).await?;
            }
            tx.commit().await?;
        }
        Err(error)
    }

    async fn try_to_begin_beside(&self, asked: Option<&str>) -> Result<(), StoreError> {
        let (sink, traits) = (&self.common.sink, &self.common.traits);
        let mut tx = self.common.models.begin().await?;
        let now = tx.now().await?.as_micros();
        let found = settle(&mut *tx, sink, traits).await?;
        let mut standing = found.entry.clone();
        if let Some(key) = asked {
            let Some(request) = books::find::<Request>(&mut *tx, key).await? else {
                return tx.commit().await;
            };
            let decided = decide(&request.entry.what, &mut standing, traits, now, now);
            if let Some(said) = decided
                && !answer(&mut *tx, key, &request, said).await?
            {
                // It was taken back: nothing is begun.
                return Ok(());
            }
        } else if self.is_newer(&standing) {
            let later = now.saturating_add(self.lease_micros());
            standing.dropping.extend(standing.building.take().map(|it| (it.build, later)));
            standing.begin_build(traits.version, now);
        }
        if standing != found.entry {
            if let Some(building) = &standing.building {
                begin_build(&mut *tx, sink, traits, building.build).await?;
            }
            change(&mut *tx, traits.name, &found, &standing).await?;
        }
        tx.commit().await
    }

    /// Removes builds, beside everything else: it may have to wait for those who still read them.
    pub(super) fn remove(&mut self, builds: Vec<Build>) {
        if builds.is_empty() || self.removing.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let common = Arc::clone(&self.common);
        self.removing = Some(tokio::spawn(async move {
            for build in builds {
                let removed = remove_build(&*common.models, &common.sink, &common.traits, build);
                if let Err(error) = removed.await {
                    let (projection, build) = (common.traits.name, build.number());
                    tracing::warn!(projection, build, %error, "is removed later");
                }
            }
        }));
    }

    /// Puts the build in the place of the one that is read, once it is as far. For that moment the one that is
    /// read stands still, or there might always be something that it has and the new one has not.
    async fn bring_home(
        &self,
        tx: &mut dyn ModelTx,
        standing: &mut Standing,
        now: i64,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        let name = self.common.traits.name;
        let Some(building) = standing.building.clone() else { return Ok(()) };
        let built = books::marks(tx, name, building.build).await?;
        let Some(reached) = built.iter().map(|(_, mark)| mark.entry.position).min() else {
            return Ok(());
        };
        let live = books::marks(tx, name, standing.live).await?;
        let wanted = live.iter().map(|(_, mark)| mark.entry.position).max();
        let is_passed = wanted.unwrap_or(Position::START) <= reached;
        let is_ownerless = live.iter().all(|(_, mark)| mark.entry.owner.is_none());
        let is_still = building.still_until.is_some_and(|until| now < until);
        if is_still && is_passed && is_ownerless {
            // Nobody may have begun to move one of them since it was looked at.
            for (share, mark) in &live {
                if !books::swap(tx, &share.key(name), Some(mark), Some(&mark.entry)).await? {
                    return Err(raced());
                }
            }
            let keep = i64::try_from(self.common.settings.keep_replaced.as_micros());
            standing.swap(now.saturating_add(keep.unwrap_or(i64::MAX)));
            let number = building.build.number();
            tracing::info!(projection = name, build = number, "is read from now on");
            return Ok(());
        }
        if is_still {
            // Somebody may have looked before, and taken one since.
            self.stand_still(tx, &live).await?;
            plan.is_urgent = true;
            return Ok(());
        }
        let may_stand_still =
            building.still_until.is_none_or(|until| until.saturating_add(GOES_ON) <= now);
        if may_stand_still && self.is_near(tx, building.build, &built, reached).await? {
            self.stand_still(tx, &live).await?;
            let until = now.saturating_add(STANDS_STILL);
            standing.building.as_mut().expect("it was there").still_until = Some(until);
            plan.is_urgent = true;
        }
        Ok(())
    }

    /// Takes these shares from whoever works on them.
    async fn stand_still(
        &self,
        tx: &mut dyn ModelTx,
        marks: &[(Share, Found<Mark>)],
    ) -> Result<(), StoreError> {
        for (share, mark) in marks.iter().filter(|(_, mark)| mark.entry.owner.is_some()) {
            let (key, still) =
                (share.key(self.common.traits.name), Mark { owner: None, ..mark.entry });
            if !books::swap(tx, &key, Some(mark), Some(&still)).await? {
                return Err(raced());
            }
        }
        Ok(())
    }

    /// Whether every share of a build is worked on, in good order, and near the head of the log as those know it
    /// who work on them.
    async fn is_near(
        &self,
        tx: &mut dyn ModelTx,
        build: Build,
        marks: &[(Share, Found<Mark>)],
        reached: Position,
    ) -> Result<bool, StoreError> {
        let name = self.common.traits.name;
        let reports = books::below::<Report>(tx, &books::of_build(name, build.number())).await?;
        let reports: BTreeMap<_, _> = reports.into_iter().collect();
        let mut head = Position::START;
        for (share, mark) in marks {
            let Some(report) = reports.get(&share.key(name)) else { return Ok(false) };
            let report = &report.entry;
            if mark.entry.owner != Some(report.owner) || !report.is_well || !report.has_looked {
                return Ok(false);
            }
            head = head.max(report.head);
        }
        Ok(head.get() - reached.get() <= NEAR)
    }
}
