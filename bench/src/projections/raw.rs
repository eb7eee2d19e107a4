//! Read models by hand: a loop that reads the log in batches, and writes them together with a checkpoint.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::collections::HashMap;

use annals::Fold as _;

use crate::{account::read_by_hand, projections::statement::Statement};

/// How many events go together, as ours do by default.
const BATCH: i64 = 1_000;

/// What a loop does with a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Folds it into rows, and writes them by one statement.
    View,
    /// Folds it into rows, and writes them by a prepared statement for each.
    ViewByRow,
    /// Sends a statement for each event.
    Statements,
}

/// Which totals come to how much.
#[derive(Clone, Copy)]
pub(crate) enum Sum {
    Ours,
    Raw,
    Movements,
}

/// An event of the log, as far as it is needed.
struct Logged<'r> {
    stream: &'r str,
    event_type: &'r str,
    payload: &'r [u8],
}

/// The keys of a batch, each once, and in order, as ours are written.
fn keys<'r>(batch: &[Logged<'r>]) -> Vec<&'r str> {
    let mut keys: Vec<_> = batch.iter().map(|logged| logged.stream).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Folds a batch into the states that there were.
fn fold<'r>(batch: &[Logged<'r>], states: &mut HashMap<&'r str, Statement>) {
    for logged in batch {
        let event = read_by_hand(logged.event_type, logged.payload);
        states.entry(logged.stream).or_default().evolve(&event);
    }
}

fn read_state(text: &str) -> Statement {
    serde_json::from_str(text).expect("it was written so")
}

fn write_state(state: &Statement) -> String {
    serde_json::to_string(state).expect("it is made of numbers and a text")
}
