//! Whatever a crate denies, the derive does not trip over it.
#![deny(warnings, missing_docs, nonstandard_style, unused, unreachable_pub)]
#![deny(missing_debug_implementations, single_use_lifetimes, trivial_casts, unit_bindings)]
#![deny(unused_import_braces, unused_lifetimes, unused_qualifications)]
#![forbid(unsafe_code)]

use AccountEvent::{Closed, Opened};
use annals::{Event, Fold};

/// An event.
#[derive(Debug, Event)]
pub enum AccountEvent {
    /// A variant.
    #[event("opened")]
    Opened {
        /// A field.
        owner: String,
    },
    /// A variant.
    #[event("closed")]
    Closed,
}

/// A fold.
#[derive(Debug, Default, Fold)]
#[fold(AccountEvent)]
pub struct Account {
    /// A field.
    #[fold(Opened { owner } => owner.clone(), Closed => String::new())]
    pub owner: String,
    /// A field whose guard alone reads what the pattern binds.
    #[fold(Opened { owner } if owner.is_empty() => |seen| seen.push(0))]
    pub seen: Vec<u8>,
}

fn main() {
    let mut account = Account::default();
    account.evolve(&Opened { owner: String::new() });
    account.evolve(&Closed);
}
