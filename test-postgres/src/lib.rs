//! Private PostgreSQL servers for tests, chaos runs and benchmarks.
//!
//! Each has a folder and a port of its own, and can be stopped, killed, paused and started again,
//! or followed by a standby. However the process that started it ends, nothing of it is left.

// In the order in which a server comes about.
mod error;
mod search;
mod binaries;
mod account;
mod house;
mod daemon;
mod tls;
mod server;
mod bouncer;

pub use crate::{
    binaries::Binaries,
    bouncer::Bouncer,
    error::{Error, Result},
    server::Server,
};
