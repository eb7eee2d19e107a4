//! What is built from the log: a view, the same view with a key that cannot be projected, and a projection
//! that sends a statement for each event.

use annals::{Build, prelude::*};
use annals_postgres::PgTx;
use annals_sqlite::SqliteTx;
use serde::{Deserialize, Serialize};

use crate::account::AccountEvent;

const COUNT_MOVEMENT: &str = include_str!("../../sql/projections/count_movement.sql");
const COUNT_MOVEMENT_SQLITE: &str = include_str!("../../sql/sqlite/projections/count_movement.sql");

/// What has become of an account.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) total: i64, // cents
    pub(crate) count: u64,
    /// What was written last with anything.
    pub(crate) last: String,
}

/// By hand, since nearly every event changes nearly every field.
impl Fold for Statement {
    type Event = AccountEvent;

    fn evolve(&mut self, event: &AccountEvent) {
        self.count += 1;
        self.total = self.total.wrapping_add(moved(event));
        if let Some(text) = text(event) {
            text.clone_into(&mut self.last);
        }
    }
}

impl View for Statement {
    const NAME: &'static str = "statement";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("total", |statement: &Self| statement.total.into()).indexed().any(),
        Column::text("last", |statement: &Self| statement.last.clone().into()).any(),
    ];
}

/// By how much an event moves the balance.
pub(crate) fn moved(event: &AccountEvent) -> i64 {
    use AccountEvent::{Charged, Deposited, Paid, Received, Sent, Withdrawn};
    match event {
        Deposited { cents, .. } | Received { cents, .. } | Paid { cents } => cents.cast_signed(),
        Sent { cents, .. } | Withdrawn { cents } | Charged { cents } => -cents.cast_signed(),
        _ => 0,
    }
}

/// What is written with an event.
pub(crate) fn text(event: &AccountEvent) -> Option<&str> {
    use AccountEvent::{Audited, Deposited, Opened, Received, Renamed, Sent};
    match event {
        Opened { owner } | Renamed { owner } | Audited { owner } => Some(owner),
        Deposited { reference, .. } | Sent { reference, .. } | Received { reference, .. } => {
            Some(reference)
        }
        _ => None,
    }
}

/// The key of which nothing can be projected.
const POISON: &str = "account:17";

/// The same view, of which one key may be poisonous.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Poisonable<const IS_POISONED: bool>(Statement);

impl<const IS_POISONED: bool> Fold for Poisonable<IS_POISONED> {
    type Event = AccountEvent;

    fn evolve(&mut self, event: &AccountEvent) {
        self.0.evolve(event);
    }
}

impl<const IS_POISONED: bool> View for Poisonable<IS_POISONED> {
    const NAME: &'static str = "poisonable";
    const COLUMNS: &'static [Column<Self>] = &[
        Column::integer("total", |it: &Self| it.0.total.into()).indexed().any(),
        Column::text("last", |it: &Self| it.0.last.clone().into()).any(),
    ];

    fn project(&mut self, key: &str, recorded: &Recorded<AccountEvent>) {
        if IS_POISONED && key == POISON {
            // As a panic, without what is printed about one.
            std::panic::resume_unwind(Box::new("poison"));
        }
        self.evolve(&recorded.event);
    }
}

/// Counts each event in, by a statement of its own.
pub(crate) struct Movements;

/// An event as the arguments of that statement.
fn arguments(recorded: &Recorded<AccountEvent>) -> (&str, i64, Option<&str>) {
    let event = &recorded.event;
    (recorded.envelope.stream.as_str(), moved(event), text(event))
}

/// Under which it is known.
pub(crate) const MOVEMENTS: &str = <Movements as Projection<PgTx>>::NAME;

impl Projection<PgTx> for Movements {
    type Event = AccountEvent;
    type Error = sqlx::Error;
    const NAME: &'static str = "movements";

    async fn project(
        &self,
        recorded: &Recorded<AccountEvent>,
        _: Build,
        tx: &mut PgTx,
    ) -> Result<(), sqlx::Error> {
        let (key, moved, text) = arguments(recorded);
        let query = sqlx::query(COUNT_MOVEMENT).bind(key).bind(moved).bind(text);
        query.execute(tx.connection()).await.map(|_| ())
    }
}

impl Projection<SqliteTx> for Movements {
    type Event = AccountEvent;
    type Error = sqlx::Error;
    const NAME: &'static str = "movements";

    async fn project(
        &self,
        recorded: &Recorded<AccountEvent>,
        _: Build,
        tx: &mut SqliteTx,
    ) -> Result<(), sqlx::Error> {
        let (key, moved, text) = arguments(recorded);
        let query = sqlx::query(COUNT_MOVEMENT_SQLITE).bind(key).bind(moved).bind(text);
        query.execute(tx.connection()).await.map(|_| ())
    }
}
