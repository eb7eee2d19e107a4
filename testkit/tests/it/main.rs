//! What the tests for tests promise. One binary.
#![cfg(test)]

mod account;
mod model_store;
mod broken;
mod maps;

mod given;
mod clock;
mod cancel;
mod faults;
mod lists;
mod broken_stores;
mod read_models;
