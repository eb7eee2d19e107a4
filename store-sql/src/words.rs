//! Things that every store says in the same way.

use std::{error::Error, time::Duration};

use annals_core::{Expected, Last, StoreError, StoreErrorKind};

/// What a stream must be, as two arguments of a statement: how far it is, or -1 for anywhere and -2 for
/// past its start; and which event is its last, unless that does not matter.
pub fn expected_numbers(expected: Expected) -> (i64, Option<Last>) {
    match expected {
        Expected::Any => (-1, None),
        Expected::Exists => (-2, None),
        Expected::NoStream => (0, None),
        Expected::At(revision) => (revision.get(), None),
        Expected::After(last) => (last.revision.get(), Some(last)),
    }
}

/// A setting in a URL that is one or the other.
///
/// # Errors
///
/// [`Invalid`](StoreErrorKind::Invalid) if it is neither.
pub fn yes_or_no(name: &str, value: &str) -> Result<bool, StoreError> {
    value.parse().map_err(|error| {
        let message = format!("`{name}=` is `true` or `false`");
        StoreError::because(StoreErrorKind::Invalid, message, error)
    })
}

/// Something that the database should have, and have as it is meant to be.
///
/// # Errors
///
/// [`Unreadable`](StoreErrorKind::Unreadable) if it has not.
pub fn valid<T>(value: Option<T>) -> Result<T, StoreError> {
    value.ok_or_else(|| unreadable("a value is missing, or is none that an event can have"))
}

/// Something that is recorded is not what it should be.
pub fn unreadable(error: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::because(StoreErrorKind::Unreadable, "an event is not what it should be", error)
}

/// Nothing was heard of the database for `patience`.
pub fn too_late(what: &str, patience: Duration) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, format!("{what} took longer than {patience:?}"))
}
