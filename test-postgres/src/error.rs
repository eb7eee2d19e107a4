//! Why there is no server.

use std::{fmt, io};

/// For a person to read: nobody recovers from it, so it says all there is to say.
#[derive(Debug)]
pub struct Error {
    message: String,
}

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// For `map_err`: what could not be done, and why.
    pub(crate) fn cannot(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |why| Self::new(format!("cannot {what}: {why}"))
    }

    /// Whether the port was taken, or the folder named for it, after it had been found free.
    pub(crate) fn is_about_the_port(&self) -> bool {
        ["Address already in use", "File exists"].iter().any(|why| self.message.contains(why))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
