//! The write loop: what goes in, and what comes back.

mod pending;
mod plan;
mod repeat;
mod run;

use std::{collections::VecDeque, convert::Infallible, fmt, sync::Arc};

pub use pending::Pending;

use crate::{
    append::{Conflict, Expected},
    command::Command,
    fold::{Aggregate, Fold},
    folded::Folded,
    invalid::Invalid,
    load::LoadError,
    metadata::Metadata,
    panic::Panicked,
    position::{Position, Revision},
    store_error::StoreError,
    stream::{Stream, StreamId},
    writer::Writer,
};

/// The longest idempotency key, in bytes.
pub const MAX_KEY_BYTES: usize = 255;

/// What is asked along with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What the stream must look like when the command is decided; by default, anything.
    ///
    /// With [`Expected::At`] or [`Expected::NoStream`] a conflict is answered and not retried, since
    /// no retry could end otherwise. In any case events are only recorded right after the state they
    /// were decided on.
    pub expected: Expected,
    /// What tells this command from every other on its stream, so that it takes effect only once,
    /// however often it is sent: 1 to [`MAX_KEY_BYTES`] bytes.
    pub idempotency_key: Option<String>,
    /// What is recorded with each of its events.
    pub metadata: Arc<Metadata>,
}

impl Default for Options {
    fn default() -> Self {
        Self { expected: Expected::Any, idempotency_key: None, metadata: Arc::default() }
    }
}

/// The answer to a command: what it led to is recorded.
pub struct Committed<A: Aggregate> {
    folded: Folded<A>,
    events: Vec<<A as Fold>::Event>,
    repeat: bool,
}

impl<A: Aggregate> Committed<A> {
    /// The state that the command left.
    pub fn state(&self) -> &A {
        self.folded.state()
    }

    /// How far the stream was then.
    pub fn revision(&self) -> Revision {
        self.folded.revision()
    }

    /// Where in the log the last event of the state stands: a reader that has come so far has seen
    /// all of it.
    pub fn position(&self) -> Position {
        self.folded.position()
    }

    /// What the command led to.
    pub fn events(&self) -> &[A::Event] {
        &self.events
    }

    /// Whether the command was found in the log under its idempotency key, and this is that answer
    /// again. It was sent before, or the answer of the store was lost on the way and asked for again.
    pub fn is_repeat(&self) -> bool {
        self.repeat
    }
}

// Neither the state nor the events have to be `Debug`.
impl<A: Aggregate> fmt::Debug for Committed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committed")
            .field("revision", &self.revision())
            .field("position", &self.position())
            .field("events", &self.events.len())
            .field("is_repeat", &self.repeat)
            .finish()
    }
}

/// Why a command led to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<R> {
    /// The domain says no, on a state that was true when it was asked.
    #[error(transparent)]
    Rejected(R),

    /// The stream is not as expected, or others were first too many times in a row.
    #[error(transparent)]
    Conflict(#[from] Conflict),

    /// No store would keep this. Fix the caller.
    #[error(transparent)]
    Invalid(#[from] Invalid),

    /// The idempotency key was used before, by a command that led to something else.
    #[error("the idempotency key {key:?} was used on {stream} by another command")]
    KeyReused {
        /// The stream.
        stream: StreamId,
        /// The key.
        key: String,
    },

    /// Too many commands wait for the stream already. This one was not decided: send it again later.
    #[error("too many commands wait for {stream} already")]
    Busy {
        /// The stream.
        stream: StreamId,
    },

    /// The application's own code panicked. Nothing was recorded.
    #[error(transparent)]
    Panicked(#[from] Panicked),

    /// The store failed. If it is unavailable, the command may have taken effect all the same: with
    /// an idempotency key it can be sent again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a command was not even decided, or its decision not recorded.
type Refusal = ExecuteError<Infallible>;

impl<R> ExecuteError<R> {
    fn refused(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rejected(never) => match never {},
            Refusal::Conflict(conflict) => Self::Conflict(conflict),
            Refusal::Invalid(invalid) => Self::Invalid(invalid),
            Refusal::KeyReused { stream, key } => Self::KeyReused { stream, key },
            Refusal::Busy { stream } => Self::Busy { stream },
            Refusal::Panicked(panicked) => Self::Panicked(panicked),
            Refusal::Store(error) => Self::Store(error),
        }
    }
}

impl<R> From<LoadError> for ExecuteError<R> {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Name(name) => Self::Invalid(name.into()),
            LoadError::Store(error) => Self::Store(error),
            LoadError::Panicked(panicked) => Self::Panicked(panicked),
        }
    }
}

impl Writer {
    /// Loads the stream's state, asks the command, and records what it answers; if someone else was
    /// first, again from the newer state.
    ///
    /// The facade does the same with states it remembers, and for many commands at a time.
    ///
    /// # Errors
    ///
    /// [`ExecuteError`], by who must act. None is returned once the events are known to be recorded.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the events were recorded whole or not at all, or still will be.
    pub async fn execute<C: Command>(
        &self,
        stream: &Stream<C::Aggregate>,
        command: C,
        options: Options,
    ) -> Result<Committed<C::Aggregate>, ExecuteError<C::Rejection>> {
        let stream = stream.id().map_err(Invalid::from)?;
        let (pending, answer) = Pending::new(command, options);
        self.run(stream, None, VecDeque::from([pending])).await;
        answer.await
    }
}
