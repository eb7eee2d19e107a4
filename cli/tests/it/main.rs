//! The tool, run as its users run it: the real binary, on real stores. One binary of tests.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod place;
mod tool;
mod account;

mod looking;
mod following;
mod terminals;
mod documented;
mod refusing;
mod verifying;
mod migrating;
mod moving;
mod resuming;
mod operating;
mod halting;
mod parking;
