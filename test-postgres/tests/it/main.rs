//! What a private server promises, tested on real ones. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;

mod servers;
mod tls;
mod standbys;
mod leftovers;
mod bouncers;

use std::{
    thread,
    time::{Duration, Instant},
};

use annals_test_postgres::{Binaries, Server};

/// For servers whose data need not survive the machine.
const FAST: [(&str, &str); 2] = [("fsync", "off"), ("shared_buffers", "16MB")];

/// What the tests write, and how they read it back.
const WRITE: &str = "CREATE TABLE t (n int); INSERT INTO t VALUES (7)";
const READ: &str = "SELECT n FROM t";

fn binaries() -> Binaries {
    Binaries::find().unwrap()
}

fn server() -> Server {
    Server::start(&binaries(), &FAST).unwrap()
}

/// Waits until `is_so`.
#[track_caller]
fn eventually(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not so after a minute");
        thread::park_timeout(Duration::from_millis(10));
    }
}
