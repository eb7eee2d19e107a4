//! What the store promises, tested on a real PostgreSQL. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// What the tests are written with.
mod database;
mod sql;
mod servers;
mod proxy;
mod captured;
mod words;
mod short_run;

// From how a log comes to be to how it is looked at.
mod migrations;
mod schemas;
mod rights;
mod defaults;
mod defended;
mod appending;
mod appending_one;
mod meddled;
mod read_models;
mod plans;
mod row_plans;
mod pages;
mod timeouts;
mod connection_lost;
mod restarts;
mod failover;
mod waiting;
mod pooler;
mod tls;
mod readable;

annals_testkit::event_store_conformance!(database::log);
annals_testkit::snapshots_conformance!(database::snapshots);
annals_testkit::read_models_conformance!(database::read_models);
