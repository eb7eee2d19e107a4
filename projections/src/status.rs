//! How a projection is doing.

use annals_core::{Position, Timestamp};

use crate::trouble::Halted;

/// How a projection is doing, as its runner sees it.
#[derive(Debug, Clone)]
pub struct Status {
    /// What its runner does.
    pub phase: Phase,
    /// Everything up to here is in the read model.
    pub position: Position,
    /// How far the log was when its runner last looked.
    pub head: Position,
    /// Since when its phase is what it is.
    pub since: Timestamp,
}

/// What a runner does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Phase {
    /// It finds out where it was.
    Starting,
    /// There are events that it has not projected.
    CatchingUp,
    /// It waits for more.
    Following,
    /// Something is wrong, and it tries again.
    Retrying(Halted),
    /// It does not go on by itself.
    Halted(Halted),
    /// It was stopped.
    Stopped,
}

impl Status {
    /// How many events of the log are not yet in the read model, of which perhaps none concerns it.
    pub fn lag(&self) -> i64 {
        (self.head.get() - self.position.get()).max(0)
    }

    /// Whether all is well.
    pub fn is_healthy(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::CatchingUp | Phase::Following)
    }
}
