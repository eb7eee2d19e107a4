//! What is read.

use annals::prelude::*;
use serde::{Deserialize, Serialize};

use super::domain::{ApplicationEvent, State};

/// What each application is now.
#[derive(Debug, Default, Fold, Serialize, Deserialize)]
#[fold(ApplicationEvent)]
pub struct Present {
    #[fold(
        Submitted => State::Submitted,
        Preaccepted => State::Preaccepted,
        OfferSent => State::Offered,
        Declined => State::Declined,
    )]
    pub state: State,
    #[fold(Submitted { amount } => amount.euros())]
    pub euros: u64,
}

impl Present {
    pub const IS_OFFERED: Column<Self, bool> =
        Column::boolean("is_offered", |it: &Self| (it.state == State::Offered).into()).indexed();
}

impl View for Present {
    const NAME: &'static str = "present";
    const KEYED: Keyed<ApplicationEvent> = Keyed::ById;
    const COLUMNS: &'static [Column<Self>] = &[Self::IS_OFFERED.any()];
}

use annals::{Build, SqliteTx};

/// How often what happened on which day.
pub struct Days;

impl Projection<SqliteTx> for Days {
    type Event = ApplicationEvent;
    type Error = sqlx::Error;
    const NAME: &'static str = "days";

    async fn begin(&self, _: Build, tx: &mut SqliteTx) -> Result<(), sqlx::Error> {
        let create = "CREATE TABLE days (day TEXT NOT NULL CHECK (day IS date(day)),
            what TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (day, what))";
        sqlx::query(create).execute(tx.connection()).await.map(|_| ())
    }

    async fn project(
        &self,
        recorded: &Recorded<ApplicationEvent>,
        _: Build,
        tx: &mut SqliteTx,
    ) -> Result<(), sqlx::Error> {
        let envelope = &recorded.envelope;
        let count = "INSERT INTO days VALUES ($1, $2, 1)
            ON CONFLICT (day, what) DO UPDATE SET times = times + 1";
        let count = sqlx::query(count).bind(envelope.metadata.extra.get("day"));
        count.bind(envelope.event_type.as_str()).execute(tx.connection()).await.map(|_| ())
    }
}
