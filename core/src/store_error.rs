//! How a store fails, by what there is to do about it.

use std::{error::Error, fmt, sync::Arc};

use crate::{envelope::Envelope, event::DecodeError};

/// A failure beneath the domain. [`kind`](Self::kind) says what to do about it. Cheap to clone, since
/// one failure may have to be told to many.
#[derive(Debug, Clone)]
pub struct StoreError(Arc<Failure>);

#[derive(Debug)]
struct Failure {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// One variant for each thing a caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// Out of reach or too busy. Retry with a backoff; the outcome of a write is unknown.
    Unavailable,
    /// Something recorded cannot be read back. Do not retry: a person has to look.
    Unreadable,
    /// The store was asked for something it forbids. Do not retry: fix the caller.
    Invalid,
}

impl StoreError {
    /// A failure of that kind. The message is in lower case, without full stop, and leaves the
    /// source to the chain of errors.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Failure { kind, message: message.into(), source: None }))
    }

    /// A failure of that kind that came from another.
    pub fn because(
        kind: StoreErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self(Arc::new(Failure { kind, message: message.into(), source: Some(source.into()) }))
    }

    /// An event that was recorded and cannot be read back: because of `error`, or, if there is none,
    /// because whoever reads does not know its type.
    pub(crate) fn unreadable(envelope: &Envelope, error: Option<DecodeError>) -> Self {
        let Envelope { revision, stream, event_type, .. } = envelope;
        let event = format!("the event at revision {revision} of {stream}");
        let kind = StoreErrorKind::Unreadable;
        match error {
            None => Self::new(kind, format!("{event} is of the unknown type {event_type:?}")),
            Some(error) => Self::because(kind, format!("{event} cannot be read"), error),
        }
    }

    /// What to do about it.
    pub fn kind(&self) -> StoreErrorKind {
        self.0.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source: &(dyn Error + 'static) = &**self.0.source.as_ref()?;
        Some(source)
    }
}
