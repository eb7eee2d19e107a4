//! How a run ends that does not end well, and the exit code that says so.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
    time::Duration,
};

use annals::{AppendError, AskError, OpenError, StoreError, StoreErrorKind};
use serde_json::json;

use crate::{screen::duration, secrets};

/// The exit code of what was interrupted: 128 and the number of the signal.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was refused, or a check found something.
    Refused(String),
    /// It was asked for in a way that makes no sense.
    Usage(String),
    /// The store cannot be opened, or cannot be reached.
    Store(String),
    /// There is no log yet, or one of an earlier program.
    NotMade(String),
    /// It did not happen in time.
    Late(String),
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// Whoever read what is printed has gone.
    NobodyListens,
}

impl Failure {
    pub(crate) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }

    pub(crate) fn usage(why: impl fmt::Display) -> Self {
        Self::Usage(why.to_string())
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::NobodyListens => 0,
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::Store(_) | Self::NotMade(_) => 3,
            Self::Late(_) => 4,
            Self::Interrupted => INTERRUPTED,
        }
    }

    /// Says it to stderr.
    pub(crate) fn tell(&self, is_json: bool) {
        let why = secrets::hide(&self.to_string());
        let said = match self {
            Self::Interrupted | Self::NobodyListens => return,
            _ if is_json => json!({ "error": why, "code": self.code() }).to_string(),
            _ => format!("annals: {why}"),
        };
        // There is nobody else to tell.
        let _ = writeln!(io::stderr(), "{said}");
    }
}

/// A log of which not everything can be read.
pub(crate) fn damaged(error: &StoreError) -> Failure {
    Failure::refused(format!(
        "not all of the log can be read, `annals verify` says more: {}",
        chain(error)
    ))
}

/// How long it was waited for, as a sentence has it.
pub(crate) fn within(patience: Duration) -> String {
    match patience {
        Duration::ZERO => "at once".to_owned(),
        patience => format!("within {}", duration(patience)),
    }
}

/// An error with all that caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let (mut said, mut source) = (error.to_string(), error.source());
    while let Some(error) = source {
        let because = error.to_string();
        // Some say what their source says.
        if !said.ends_with(&because) {
            said = format!("{said}: {because}");
        }
        source = error.source();
    }
    said
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why)
            | Self::Usage(why)
            | Self::Store(why)
            | Self::NotMade(why)
            | Self::Late(why) => f.write_str(why),
            Self::Interrupted => f.write_str("interrupted"),
            Self::NobodyListens => f.write_str("nobody reads what is printed"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::Unavailable => Self::Store(chain(&error)),
            _ => Self::Refused(chain(&error)),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => Self::Store(chain(&error)),
            wrong => Self::Usage(chain(&wrong)),
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Store(error) => error.into(),
            refused => Self::Refused(chain(&refused)),
        }
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Store(error) => error.into(),
            AskError::Unanswered { name, patience } => Self::Late(format!(
                "nobody has answered {}: nothing seems to run {name:?} now; it stays asked for, and whatever runs it \
                 next does it, unless `annals projections withdraw` takes it back",
                within(patience)
            )),
            unknown => {
                Self::Refused(format!("{unknown}; `annals projections list` shows those there are"))
            }
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NobodyListens,
            _ => Self::Refused(error.to_string()),
        }
    }
}
