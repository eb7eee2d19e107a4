//! What the loan applications promise (`examples/loans`): the same figures on every store, whatever happens.

/// The example itself, with all that is in it.
#[path = "../../examples/loans/main.rs"]
#[allow(dead_code, reason = "the example uses it")]
mod example;

// What the tests are written with.
mod counted;
mod places;

mod ended;
mod imported;
mod killed;
mod rebuilt;
mod refused;
mod rules;
mod toured;
mod unreadable;
mod verified;
