//! The past, as a moment of it had it.

use crate::{clock::Timestamp, envelope::Envelope, position::Position};

/// A moment of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// When the log was that long.
    Position(Position),
    /// By the times that events were recorded at, which the store's clock has given them and which may step
    /// back: everything up to the last event that was recorded then or before.
    Time(Timestamp),
}

impl AsOf {
    /// Whether an event was recorded then or before.
    pub fn includes(self, envelope: &Envelope) -> bool {
        match self {
            Self::Position(end) => envelope.position <= end,
            Self::Time(end) => envelope.recorded_at <= end,
        }
    }
}
