//! The contract of [`EventStore`](annals_core::EventStore), a file for each of its sides.

pub mod appending;
pub mod repeating;
pub mod keeping;
pub mod reading;
pub mod filtering;
pub mod naming;
pub mod limits;
pub mod racing;
pub mod waiting;
pub mod cancelling;
pub mod histories;
