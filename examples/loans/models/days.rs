//! Applications by state and day, in a table of its own: a projection, for what a view cannot say.
//!
//! Who comes into a state leaves another one, and only the table knows which that was. So there are two: what
//! each application is, and how many came and went on each day.

mod memory;
mod sql;

use std::{collections::BTreeMap, future::Future};

use annals::{Annals, Build, ModelTx, Runner, StoreError, StoreErrorKind, prelude::*};

use super::super::domain::StateEvent;

pub(super) const NAME: &str = "days";

/// How many came and how many went, by day and state.
pub(crate) type Days = BTreeMap<(String, String), Day>;

/// How many applications came into a state on a day, and how many left it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Day {
    pub(crate) entered: i64,
    pub(crate) departed: i64,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What the projection needs of a store. Each kind of transaction has its own way.
pub(crate) trait DaysOf: ModelTx {
    fn make_tables(&mut self, build: Build) -> impl Future<Output = Result<(), Failure>> + Send;

    fn drop_tables(&mut self, build: Build) -> impl Future<Output = Result<(), Failure>> + Send;

    /// That an application comes into a state on a day.
    fn enter(
        &mut self,
        build: Build,
        application: &str,
        day: &str,
        state: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    fn read_days(&mut self, build: Build) -> impl Future<Output = Result<Days, Failure>> + Send;
}

struct States;

impl<Tx: DaysOf> Projection<Tx> for States {
    type Event = StateEvent;
    type Error = Failure;
    const NAME: &'static str = NAME;
    const KEYED: Keyed<StateEvent> = Keyed::ById;
    const BESIDE: bool = true;

    async fn begin(&self, build: Build, tx: &mut Tx) -> Result<(), Failure> {
        tx.make_tables(build).await
    }

    async fn project(
        &self,
        recorded: &Recorded<StateEvent>,
        build: Build,
        tx: &mut Tx,
    ) -> Result<(), Failure> {
        let (application, event) = (recorded.envelope.stream.id(), &recorded.event);
        let day = event.occasion().happened_at.day();
        tx.enter(build, application, &day, event.state().name()).await
    }

    async fn discard(&self, build: Build, tx: &mut Tx) -> Result<(), Failure> {
        tx.drop_tables(build).await
    }
}

/// The projection, for the store that it is.
pub(super) async fn runner(annals: &Annals) -> Result<Runner, StoreError> {
    let mut tx = annals.read_models().begin().await?;
    #[cfg(feature = "memory")]
    if tx.as_any().is::<annals::MemoryTx>() {
        return Ok(annals.project::<_, annals::MemoryTx>(States));
    }
    #[cfg(feature = "postgres")]
    if tx.as_any().is::<annals::PgTx>() {
        return Ok(annals.project::<_, annals::PgTx>(States));
    }
    if tx.as_any().is::<annals::SqliteTx>() {
        return Ok(annals.project::<_, annals::SqliteTx>(States));
    }
    Err(StoreError::new(StoreErrorKind::Invalid, "no table is known for this kind of store"))
}

/// What is in the table that is read.
pub(crate) async fn read_days(annals: &Annals) -> Result<Days, Failure> {
    let Some(overview) = annals.operator().show(NAME).await? else { return Ok(Days::new()) };
    let mut tx = annals.read_models().begin().await?;
    let any = tx.as_any();
    #[cfg(feature = "memory")]
    if let Some(tx) = any.downcast_mut::<annals::MemoryTx>() {
        return tx.read_days(overview.live).await;
    }
    #[cfg(feature = "postgres")]
    if let Some(tx) = any.downcast_mut::<annals::PgTx>() {
        return tx.read_days(overview.live).await;
    }
    match any.downcast_mut::<annals::SqliteTx>() {
        Some(tx) => tx.read_days(overview.live).await,
        None => Err("no table is known for this kind of store".into()),
    }
}
