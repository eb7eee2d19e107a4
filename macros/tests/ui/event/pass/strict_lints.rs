//! Whatever a crate denies, the derive does not trip over it.
#![deny(warnings, missing_docs, nonstandard_style, unused, unreachable_pub)]
#![deny(missing_debug_implementations, single_use_lifetimes, trivial_casts, unit_bindings)]
#![deny(unused_import_braces, unused_lifetimes, unused_qualifications, unused_results)]
#![forbid(unsafe_code)]

use annals::Event;

/// An event.
#[derive(Debug, Event)]
pub enum AccountEvent {
    /// A variant.
    #[event("account-opened", version = 2, upcast(1 = Ok))]
    Opened {
        /// A field.
        owner: String,
    },
    /// A variant that should not be used.
    #[event("moved")]
    #[deprecated]
    Moved(u32, u32),
    /// A variant.
    #[event("closed")]
    Closed,
}

/// An enum of enums.
#[derive(Debug, Event)]
pub enum BankEvent {
    /// A variant.
    #[event(nested)]
    Account(AccountEvent),
}

fn main() {}
