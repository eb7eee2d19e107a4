//! What the store promises, tested on files that are really there. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// What the tests are written with.
mod database;
mod sql;
mod processes;
mod words;

// From how a log comes to be to how it is looked at.
mod migrations;
mod defended;
mod appending;
mod backups;
mod transactions;
mod views;
mod surroundings;
mod sharing;
mod plans;
mod pages;
mod readers;
mod cancelled;
mod in_memory_only;
mod readable;

annals_testkit::event_store_conformance!(database::log);
annals_testkit::snapshots_conformance!(database::snapshots);
annals_testkit::read_models_conformance!(database::read_models);

/// The same of a log in memory.
mod in_memory {
    use crate::database;

    annals_testkit::event_store_conformance!(database::log_in_memory);
    annals_testkit::snapshots_conformance!(database::snapshots_in_memory);
    annals_testkit::read_models_conformance!(database::read_models_in_memory);
}
