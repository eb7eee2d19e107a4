//! The offers of an application. The bank's log does not number them: there is one at hand.

use super::{events::OfferEvent, words::OfferState};

/// The offer at hand, and the one before it, for as long as that is open.
///
/// When another offer is selected while one is out, the earlier one is cancelled before the new one is
/// created: so it is in all 974 cases of the bank's log.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offers {
    pub(crate) at_hand: Option<OfferState>,
    pub(crate) is_earlier_open: bool,
    /// Whether any was ever sent, and sent back.
    pub(crate) was_sent: bool,
    pub(crate) was_sent_back: bool,
}

impl Offers {
    /// What they are after an event.
    pub(crate) fn after(self, event: &OfferEvent) -> Self {
        let state = event.state();
        let is_out = matches!(self.at_hand, Some(OfferState::Sent | OfferState::SentBack));
        match state {
            OfferState::Selected => Self { at_hand: Some(state), is_earlier_open: is_out, ..self },
            OfferState::Cancelled if self.is_earlier_open => {
                Self { is_earlier_open: false, ..self }
            }
            _ => Self {
                at_hand: Some(state),
                was_sent: self.was_sent || state == OfferState::Sent,
                was_sent_back: self.was_sent_back || state == OfferState::SentBack,
                ..self
            },
        }
    }

    /// Whether one of them may become that.
    pub(crate) fn may_become(self, next: OfferState) -> bool {
        use OfferState::{Accepted, Cancelled, Created, Declined, Selected, Sent, SentBack};
        match (self.at_hand, next) {
            (Some(Selected), Cancelled) => self.is_earlier_open,
            (Some(Selected), Created) => !self.is_earlier_open,
            (None | Some(Sent | SentBack | Cancelled), Selected)
            | (Some(Created), Sent)
            | (Some(Sent), SentBack)
            | (Some(Sent | SentBack), Accepted | Declined | Cancelled) => true,
            _ => false,
        }
    }
}
