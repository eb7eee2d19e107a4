//! Read models of Annals: built from the log, each event exactly once.
//!
//! ```
//! # use std::{sync::Arc, time::Duration};
//! # use annals_core::{Event, Position};
//! # use annals_projections::{Projection, Recorded, Runner};
//! # use annals_sqlite::{SqliteStore, SqliteTx};
//! # struct Balances;
//! impl Projection<SqliteTx> for Balances {
//! #   type Event = NoEvent;
//! #   /*
//!     type Event = AccountEvent;
//! #   */
//!     type Error = sqlx::Error;
//!     const NAME: &'static str = "balances";
//!
//!     async fn project(
//!         &self,
//!         recorded: &Recorded<Self::Event>,
//!         tx: &mut SqliteTx,
//!     ) -> Result<(), sqlx::Error> {
//!         sqlx::query("UPDATE balance SET deposits = deposits + 1 WHERE account = ?")
//!             .bind(recorded.envelope.stream.as_str())
//!             .execute(tx.connection())
//!             .await?;
//!         Ok(())
//!     }
//! }
//!
//! # async fn run(store: SqliteStore, position: Position) -> Result<(), Box<dyn std::error::Error>> {
//! let (log, checkpoints) = (Arc::new(store.clone()), store.checkpoints());
//! let balances = Runner::new(log, checkpoints, Balances).start();
//! // What a command has recorded is in the read model then, at the position that it was answered with:
//! balances.wait_for(position, Duration::from_secs(1)).await?;
//! # Ok(()) }
//! #
//! # enum NoEvent {}
//! # impl Event for NoEvent {
//! #     const NAMES: &'static [&'static str] = &[];
//! #     fn event_type(&self) -> annals_core::EventType { match *self {} }
//! #     fn schema_version(&self) -> annals_core::SchemaVersion { match *self {} }
//! #     fn encode(&self) -> Result<annals_core::Payload, annals_core::EncodeError> { match *self {} }
//! #     fn decode(_: &str, _: annals_core::SchemaVersion, _: &annals_core::Payload)
//! #     -> Result<Option<Self>, annals_core::DecodeError> { Ok(None) }
//! # }
//! ```
//!
//! A [`Projection`] gets one event after the other, and a transaction to write with. Its [`Runner`]
//! follows the log in batches, and commits what was written together with the checkpoint that says how
//! far it has come: so a crash between any two steps loses nothing and applies nothing twice, and of two
//! runners of one projection only one commits.
//!
//! Catching up and following are the same loop. What goes wrong is tried again from the checkpoint; what
//! goes on to go wrong halts the projection, visibly: [`Status`] says so, and whoever
//! [waits](Running::wait_for) for it is told at once.

// In the order in which data meets them.
mod projection;
mod settings;
mod batch;
mod trouble;
mod status;
mod runner;
mod running;

pub use projection::{Projection, Recorded};
pub use runner::Runner;
pub use running::{Running, WaitError};
pub use settings::RunnerSettings;
pub use status::{Phase, Status};
pub use trouble::Halted;
