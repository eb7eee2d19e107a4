//! What the store promises, tested on a real PostgreSQL. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod database;

annals_testkit::event_store_conformance!(database::log);
annals_testkit::snapshots_conformance!(database::snapshots);
annals_testkit::checkpoints_conformance!(database::checkpoints);
