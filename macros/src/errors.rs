//! All mistakes of one input, so that they are reported together.

use std::fmt::Display;

use quote::ToTokens;
use syn::{Error, Result};

/// Mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Reports `culprit`. The message says what to write instead.
    pub(crate) fn at(&mut self, culprit: impl ToTokens, message: impl Display) {
        self.add(Error::new_spanned(culprit, message));
    }

    pub(crate) fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// What was read, unless it could not be: then that is reported.
    pub(crate) fn take<T>(&mut self, read: Result<T>) -> Option<T> {
        read.map_err(|error| self.add(error)).ok()
    }

    /// `value`, if there was no mistake at all.
    pub(crate) fn finish<T>(self, value: T) -> Result<T> {
        match self.0 {
            None => Ok(value),
            Some(error) => Err(error),
        }
    }
}
