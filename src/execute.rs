//! A command with what is asked along with it, before it is sent.

use std::{future::IntoFuture, sync::Arc};

use annals_core::{
    Command, Committed, Envelope, ExecuteError, Expected, Invalid, Metadata, Options, Stream,
};
use futures::future::{BoxFuture, FutureExt};

use crate::annals::Annals;

/// A command about to be executed: await it.
///
/// # Cancel safety
///
/// If the future is dropped, the command's events were recorded whole or not at all, or still will
/// be; a command that had not yet been decided never will be. The next command on the stream sees
/// the truth.
/// # Panics
///
/// When it is awaited outside of a Tokio runtime.
#[must_use = "nothing happens until it is awaited"]
pub struct Execute<C: Command> {
    annals: Annals,
    stream: Stream<C::Aggregate>,
    command: C,
    expected: Expected,
    idempotency_key: Option<String>,
    metadata: Metadata,
    /// The correlation and the causation that take the place of those in `metadata`.
    cause: Option<Metadata>,
}

impl<C: Command> Execute<C> {
    pub(crate) fn new(annals: Annals, stream: Stream<C::Aggregate>, command: C) -> Self {
        let (expected, metadata) = (Expected::Any, Metadata::default());
        Self { annals, stream, command, expected, idempotency_key: None, metadata, cause: None }
    }

    /// What the stream must look like when the command is decided; anything, if this is not said.
    ///
    /// With a [`Revision`](crate::Revision), or no stream, a conflict is answered and not retried.
    pub fn expected(mut self, expected: Expected) -> Self {
        self.expected = expected;
        self
    }

    /// What tells this command from every other on its stream: 1 to 255 bytes.
    ///
    /// Sent again with the same key, a command that was recorded is not executed again, but gets the
    /// original answer. Another command with that key gets
    /// [`KeyReused`](ExecuteError::KeyReused). A command that led to no events was not recorded, and
    /// is executed again.
    ///
    /// It has to be the same command to the last field: with a time or an id that is filled in anew at
    /// each attempt, it is another. It also has to decide as it did: after a release that changes what
    /// it leads to, it is another too.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// What is recorded with each of its events.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// The event that led to the command: its events go on with the same correlation, whatever
    /// [`metadata`](Self::metadata) says.
    pub fn caused_by(mut self, cause: &Envelope) -> Self {
        self.cause = Some(Metadata::default().caused_by(cause));
        self
    }
}

impl<C: Command> IntoFuture for Execute<C> {
    type Output = Result<Committed<C::Aggregate>, ExecuteError<C::Rejection>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { annals, stream, command, expected, idempotency_key, mut metadata, cause } = self;
        if let Some(cause) = cause {
            metadata.correlation_id = cause.correlation_id;
            metadata.causation_id = cause.causation_id;
        }
        let metadata = Arc::new(metadata);
        async move {
            let stream = stream.id().map_err(Invalid::from)?.clone();
            annals.send(stream, command, Options { expected, idempotency_key, metadata }).await
        }
        .boxed()
    }
}
