//! What the tests for tests promise. One binary.
#![cfg(test)]

mod account;
mod model_store;
mod broken;

mod given;
mod clock;
mod cancel;
mod faults;
mod lists;
mod broken_stores;
mod checkpoints;
