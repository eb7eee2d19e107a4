//! The suite for checkpoints holds for maps behind a lock, and catches what is broken.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use annals_core::{AdvanceError, Checkpoint, Checkpoints, StoreError};
use annals_testkit::conformance::{CheckpointsFixture, checkpoints::advancing, run};
use tokio::task::yield_now;

/// Checkpoints and a read model of texts, sound but for a flaw.
#[derive(Default)]
struct Maps {
    flaw: Option<Flaw>,
    checkpoints: Mutex<HashMap<String, Checkpoint>>,
    rows: Mutex<HashMap<String, String>>,
}

/// A promise that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// It sets the checkpoint, wherever it is.
    SetsBlindly,
    /// It looks where the checkpoint is in one transaction, and moves it in another.
    ChecksApart,
    /// It compares positions, and not events.
    ComparesPositions,
    /// It writes to the read model at once.
    WritesThrough,
    /// It commits the read model although the checkpoint did not move.
    CommitsAnyway,
}

impl Checkpoints for Maps {
    type Tx = HashMap<String, String>;

    async fn load(&self, name: &str) -> Result<Checkpoint, StoreError> {
        Ok(self.checkpoints.lock().unwrap().get(name).copied().unwrap_or_default())
    }

    async fn begin(&self) -> Result<Self::Tx, StoreError> {
        Ok(HashMap::new())
    }

    async fn advance(
        &self,
        tx: Self::Tx,
        name: &str,
        from: Checkpoint,
        to: Checkpoint,
    ) -> Result<(), AdvanceError> {
        if self.flaw == Some(Flaw::ChecksApart) && self.load(name).await? == from {
            yield_now().await;
            self.checkpoints.lock().unwrap().insert(name.into(), to);
            return Ok(());
        }
        let mut checkpoints = self.checkpoints.lock().unwrap();
        let actual = checkpoints.get(name).copied().unwrap_or_default();
        let is_there = match self.flaw {
            Some(Flaw::SetsBlindly) => true,
            Some(Flaw::ComparesPositions) => actual.position == from.position,
            _ => actual == from,
        };
        if is_there || self.flaw == Some(Flaw::CommitsAnyway) {
            self.rows.lock().unwrap().extend(tx);
        }
        if !is_there {
            return Err(AdvanceError::Superseded { name: name.into(), actual: actual.position });
        }
        checkpoints.insert(name.into(), to);
        Ok(())
    }
}

impl CheckpointsFixture for Maps {
    type Checkpoints = Self;

    fn checkpoints(&self) -> &Self {
        self
    }

    async fn write(&self, tx: &mut HashMap<String, String>, key: &str, value: &str) {
        if self.flaw == Some(Flaw::WritesThrough) {
            self.rows.lock().unwrap().insert(key.into(), value.into());
        }
        tx.insert(key.into(), value.into());
    }

    async fn read(&self, key: &str) -> Option<String> {
        self.rows.lock().unwrap().get(key).cloned()
    }
}

async fn sound() -> Maps {
    Maps::default()
}

annals_testkit::checkpoints_conformance!(sound);

#[test]
fn a_store_that_sets_checkpoints_blindly_is_caught() {
    assert_caught(Flaw::SetsBlindly, advancing::an_advance_from_elsewhere_commits_nothing);
    assert_caught(
        Flaw::SetsBlindly,
        advancing::a_runner_that_wakes_after_another_took_over_commits_nothing,
    );
}

#[test]
fn a_store_that_checks_checkpoints_apart_is_caught() {
    assert_caught(Flaw::ChecksApart, advancing::of_many_first_advances_at_once_exactly_one_wins);
}

#[test]
fn a_store_that_compares_positions_only_is_caught() {
    assert_caught(
        Flaw::ComparesPositions,
        advancing::an_advance_from_another_event_at_that_position_commits_nothing,
    );
}

#[test]
fn a_store_that_writes_through_is_caught() {
    assert_caught(Flaw::WritesThrough, advancing::a_dropped_transaction_leaves_nothing);
    assert_caught(Flaw::WritesThrough, advancing::an_advance_from_elsewhere_commits_nothing);
}

#[test]
fn a_store_that_commits_anyway_is_caught() {
    assert_caught(Flaw::CommitsAnyway, advancing::an_advance_from_elsewhere_commits_nothing);
}

#[track_caller]
fn assert_caught(flaw: Flaw, rule: impl AsyncFnOnce(Maps)) {
    let broken = Maps { flaw: Some(flaw), ..Maps::default() };
    let caught = catch_unwind(AssertUnwindSafe(|| run(rule(broken)))).is_err();
    assert!(caught, "a broken store passes the rule");
}
