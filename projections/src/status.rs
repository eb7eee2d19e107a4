//! How a projection is doing.

use annals_core::{Position, Timestamp};

use crate::{build::Build, trouble::Halted};

/// How a projection is doing, as its runner in this process sees it.
#[derive(Debug, Clone)]
pub struct Status {
    /// What its runner does. Of several shares, what is the most worth knowing.
    pub phase: Phase,
    /// Everything up to here is in the read model, as far as this process works on it.
    pub position: Position,
    /// How far the log was when its runner last looked.
    pub head: Position,
    /// Since when its phase is what it is.
    pub since: Timestamp,
    /// Which build is read.
    pub build: Option<Build>,
    /// Which shares of the build that is read this process works on, and how many there are.
    pub shares: (usize, usize),
    /// How many events are set aside here.
    pub parked: u64,
    /// Why a share of what is read has halted, if one has.
    pub(crate) live_halted: Option<Halted>,
    /// When the runner last gave a sign of life.
    pub(crate) seen: Timestamp,
}

/// What a runner does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Phase {
    /// It finds out where it was.
    Starting,
    /// Others work on it, and this one would if they did not.
    StandingBy,
    /// There are events that it has not projected.
    CatchingUp,
    /// It waits for more.
    Following,
    /// Somebody wanted it to pause.
    Paused,
    /// Something is wrong, and it tries again.
    Retrying(Halted),
    /// It has something to do, and nothing comes of it.
    Stalled,
    /// It does not go on by itself.
    Halted(Halted),
    /// It was stopped.
    Stopped,
    /// Somebody else works on it.
    #[doc(hidden)]
    Lost,
}

impl Status {
    /// How many events of the log are not yet in the read model, of which perhaps none concerns it.
    pub fn lag(&self) -> i64 {
        (self.head.get() - self.position.get()).max(0)
    }

    /// Whether all is well.
    pub fn is_healthy(&self) -> bool {
        self.phase.is_healthy()
    }

    /// Whether everything that is read is worked on here.
    pub(crate) fn is_whole(&self) -> bool {
        self.shares.0 > 0 && self.shares.0 == self.shares.1
    }
}

impl Phase {
    pub(crate) fn is_healthy(&self) -> bool {
        matches!(self, Self::Starting | Self::StandingBy | Self::CatchingUp | Self::Following)
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self, Self::Halted(_) | Self::Stopped | Self::Lost)
    }

    /// Whether what did it is not at work any more, and all is well.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Stopped | Self::Lost)
    }

    /// In a word, for records.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::StandingBy => "standing by",
            Self::CatchingUp => "catching up",
            Self::Following => "following",
            Self::Paused => "paused",
            Self::Retrying(_) => "retrying",
            Self::Stalled => "stalled",
            Self::Halted(_) => "halted",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }

    /// Of the phases of several shares, the one with the highest is the one to know.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::StandingBy | Self::Lost => 0,
            Self::Following => 1,
            Self::CatchingUp => 2,
            Self::Starting => 3,
            Self::Paused => 4,
            Self::Stopped => 5,
            Self::Retrying(_) => 6,
            Self::Stalled => 7,
            Self::Halted(_) => 8,
        }
    }

    pub(crate) fn why(&self) -> Option<&Halted> {
        match self {
            Self::Retrying(why) | Self::Halted(why) => Some(why),
            _ => None,
        }
    }
}
