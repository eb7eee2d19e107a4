//! What runners promise, on logs in memory and in files. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// What the tests are written with.
mod account;
mod balances;

mod following;
mod failing;
mod forked;
mod killed;
mod waiting;
