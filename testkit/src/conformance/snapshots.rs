//! The contract of [`Snapshots`](annals_core::Snapshots).

pub mod keeping;
