//! Tests for what is written with Annals, and for the stores beneath it.
//!
//! **For application developers**: [`given`] tests the decisions of an aggregate without any store,
//! [`ManualClock`] moves time by hand, and [`FaultyStore`] breaks where a network would.
//!
//! ```
//! # use annals_core::{
//! #     Aggregate, Category, Command, DecodeError, EncodeError, Event, EventType, Fold, Payload,
//! #     SchemaVersion,
//! # };
//! # #[derive(Debug, PartialEq)]
//! # enum DoorEvent { Opened, Closed }
//! # impl Event for DoorEvent {
//! #     const NAMES: &'static [&'static str] = &["door-opened", "door-closed"];
//! #     fn event_type(&self) -> EventType {
//! #         EventType::new(match self { Self::Opened => "door-opened", Self::Closed => "door-closed" })
//! #     }
//! #     fn schema_version(&self) -> SchemaVersion { SchemaVersion::FIRST }
//! #     fn encode(&self) -> Result<Payload, EncodeError> { Ok("{}".into()) }
//! #     fn decode(name: &str, _: SchemaVersion, _: &Payload) -> Result<Option<Self>, DecodeError> {
//! #         Ok(match name {
//! #             "door-opened" => Some(Self::Opened),
//! #             "door-closed" => Some(Self::Closed),
//! #             _ => None,
//! #         })
//! #     }
//! # }
//! # #[derive(Clone, Default)]
//! # struct Door { open: bool }
//! # impl Fold for Door {
//! #     type Event = DoorEvent;
//! #     fn evolve(&mut self, event: &DoorEvent) { self.open = *event == DoorEvent::Opened; }
//! # }
//! # impl Aggregate for Door { const CATEGORY: Category = Category::new("door"); }
//! # #[derive(Debug, PartialEq)]
//! # struct NotOpen;
//! # impl std::fmt::Display for NotOpen {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("not open") }
//! # }
//! # impl std::error::Error for NotOpen {}
//! # struct Close;
//! # impl Command for Close {
//! #     type Aggregate = Door;
//! #     type Rejection = NotOpen;
//! #     fn decide(&self, door: &Door) -> Result<Vec<DoorEvent>, NotOpen> {
//! #         if door.open { Ok(vec![DoorEvent::Closed]) } else { Err(NotOpen) }
//! #     }
//! # }
//! use annals_testkit::given;
//!
//! given::<Door>([DoorEvent::Opened]).when(Close).then([DoorEvent::Closed]);
//! given::<Door>([]).when(Close).then_rejected(NotOpen);
//! ```
//!
//! **For authors of stores**: [`conformance`] holds the contracts as tests, one macro for each, and
//! [`Model`] is the simplest thing that keeps the contract of the log.

// In the order in which data meets them.
mod difference;
mod given;
mod clock;
mod cancel;
mod faults;
mod model;
pub mod histories;
pub mod conformance;

pub use cancel::cancelled_after;
pub use clock::ManualClock;
pub use faults::{Call, Calls, Fault, FaultyStore};
pub use given::{Given, Outcome, given};
pub use model::Model;
