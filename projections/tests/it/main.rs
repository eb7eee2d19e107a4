//! What runners promise, on logs in memory and in files. One binary.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

// What the tests are written with.
mod account;
mod balances;
mod counted;
mod fold;
mod place;
mod share_out;
mod statement;
mod ledger;
mod own;
mod subject;
mod watched;

mod following;
mod failing;
mod forked;
mod killed;
mod waiting;
mod views;
mod columns;
mod statements;
mod time_travel;
mod inline;
mod feed;
mod parking;
mod shares;
mod rebuild;
mod control;
mod health;
