//! The read model that is written by the application's own statements, one an event.

use annals_postgres::PgTx;
use annals_projections::{Build, Keyed, Projection, Recorded};
use annals_sqlite::SqliteTx;

use crate::projections::deposit::Deposited;

pub(crate) const CREATE_TALLY: &str = include_str!("../../sql/create_tally.sql");
pub(crate) const READ_TALLY: &str = include_str!("../../sql/read_tally.sql");
const ADD_TO_TALLY: &str = include_str!("../../sql/add_to_tally.sql");

/// Cents, deposits and digest of each account, in a table of the application.
pub(crate) struct Tally;

macro_rules! projection {
    ($($tx:ty),+) => {$(
        impl Projection<$tx> for Tally {
            type Event = Deposited;
            type Error = sqlx::Error;
            const NAME: &'static str = "tally";
            const KEYED: Keyed<Deposited> = Keyed::ById;

            async fn project(
                &self,
                recorded: &Recorded<Deposited>,
                _: Build,
                tx: &mut $tx,
            ) -> Result<(), sqlx::Error> {
                let account = recorded.envelope.stream.id();
                let add = sqlx::query(ADD_TO_TALLY).bind(account).bind(recorded.event.0);
                add.execute(tx.connection()).await.map(|_| ())
            }
        }
    )+};
}

projection!(PgTx, SqliteTx);
