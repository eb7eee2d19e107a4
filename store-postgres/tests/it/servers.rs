//! Servers of a test's own, which can be stopped, killed and paused.

use annals_postgres::PostgresSettings;
use annals_test_postgres::{Binaries, Result, Server};
use tokio::task::block_in_place;

/// Their data need not survive the machine.
const FAST: [(&str, &str); 3] =
    [("fsync", "off"), ("shared_buffers", "16MB"), ("max_connections", "60")];

pub(crate) fn binaries() -> Binaries {
    Binaries::find().unwrap()
}

pub(crate) fn server() -> Server {
    aside(|| Server::start(&binaries(), &FAST))
}

/// Does something with a server that takes a while, without keeping other tasks waiting.
pub(crate) fn aside<T>(work: impl FnOnce() -> Result<T>) -> T {
    block_in_place(work).unwrap()
}

/// Settings for a log alone on its server.
pub(crate) fn settings() -> PostgresSettings {
    PostgresSettings::default()
}
