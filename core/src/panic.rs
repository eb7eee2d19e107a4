//! Panics in the application's code, kept to those whose code it is.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Code of the application panicked: `decide`, `evolve`, or the reading or writing of an event.
/// Nothing of that command was recorded, and nothing of the state it was working on is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("panicked: {message}")]
pub struct Panicked {
    message: String,
}

impl Panicked {
    /// What the panic carried, if it was a text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What `catch_unwind` has caught.
    pub fn of(payload: Box<dyn Any + Send>) -> Self {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        // It may be anything, also something that panics once more.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        Self { message: text.unwrap_or_else(|| "(no message)".to_owned()) }
    }
}

/// Runs code of the application, for extensions. It must own or only read what it works on: after a panic
/// nothing it could have left half done may be looked at.
///
/// # Errors
///
/// [`Panicked`] if it did.
pub fn guarded<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(code)).map_err(Panicked::of)
}
