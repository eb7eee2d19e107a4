//! What one generated application goes through, in about the proportions of the bank's.

use super::{
    super::super::super::domain::{OfferState, State, Step, Work},
    Case, SECOND,
};

const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;

impl Case {
    pub(super) fn run(&mut self) {
        self.state(State::Submitted);
        self.wait(300);
        self.state(State::PartlySubmitted);
        match self.chance.below(100) {
            0..26 => {
                self.wait(40 * SECOND);
                self.state(State::Declined);
            }
            26..62 => self.handle_leads(),
            62..63 => self.check_fraud(),
            _ => {
                self.wait(40 * SECOND);
                self.state(State::Preaccepted);
                self.wait(SECOND);
                self.complete_application();
            }
        }
    }

    fn handle_leads(&mut self) {
        self.work(Work::HandleLeads, Step::Schedule);
        self.pass(20 * MINUTE);
        self.work(Work::HandleLeads, Step::Start);
        self.wait(MINUTE);
        let is_good = self.chance.percent(48);
        self.state(if is_good { State::Preaccepted } else { State::Declined });
        if is_good {
            self.work(Work::CompleteApplication, Step::Schedule);
        }
        self.work(Work::HandleLeads, Step::Complete);
        if is_good {
            self.go_on_completing();
        }
    }

    fn check_fraud(&mut self) {
        self.work(Work::AssessFraud, Step::Schedule);
        self.sessions(Work::AssessFraud, 60, DAY);
        self.state(State::Declined);
    }

    fn complete_application(&mut self) {
        self.work(Work::CompleteApplication, Step::Schedule);
        self.go_on_completing();
    }

    fn go_on_completing(&mut self) {
        self.sessions(Work::CompleteApplication, 62, DAY / 2);
        match self.chance.below(100) {
            0..15 => self.state(State::Cancelled),
            15..30 => self.state(State::Declined),
            30..31 => {} // Nobody ever came back to it.
            _ => self.make_offers(),
        }
    }

    fn make_offers(&mut self) {
        self.work(Work::CompleteApplication, Step::Start);
        self.state(State::Accepted);
        let is_early = self.chance.percent(58);
        if is_early {
            self.offer(OfferState::Selected);
        }
        self.state(State::Finalised);
        if !is_early {
            self.offer(OfferState::Selected);
        }
        self.send_offer();
        self.work(Work::FollowUpOffers, Step::Schedule);
        self.work(Work::CompleteApplication, Step::Complete);
        self.sessions(Work::FollowUpOffers, 68, 4 * DAY);
        if self.chance.percent(16) {
            self.offer(OfferState::Selected);
            self.offer(OfferState::Cancelled);
            self.send_offer();
            self.sessions(Work::FollowUpOffers, 50, 4 * DAY);
        }
        match self.chance.below(100) {
            0..33 => self.end(State::Cancelled, OfferState::Cancelled),
            33..38 => {}
            _ => self.assess(),
        }
    }

    fn send_offer(&mut self) {
        self.wait(SECOND);
        self.offer(OfferState::Created);
        self.offer(OfferState::Sent);
    }

    fn assess(&mut self) {
        self.pass(4 * DAY);
        self.offer(OfferState::SentBack);
        self.work(Work::AssessApplication, Step::Schedule);
        self.sessions(Work::AssessApplication, 35, DAY);
        if self.chance.percent(50) {
            self.work(Work::ChaseDocuments, Step::Schedule);
            self.sessions(Work::ChaseDocuments, 80, DAY);
        }
        if self.chance.percent(27) {
            return self.end(State::Declined, OfferState::Declined);
        }
        self.offer(OfferState::Accepted);
        let mut last = [State::Approved, State::Registered, State::Activated];
        last.rotate_left(usize::try_from(self.chance.below(3)).unwrap_or_default());
        last.into_iter().for_each(|state| self.state(state));
    }

    /// The application ends, and with it the offer.
    fn end(&mut self, state: State, offer: OfferState) {
        if self.chance.percent(50) {
            self.offer(offer);
            self.state(state);
        } else {
            self.state(state);
            self.offer(offer);
        }
    }

    /// Somebody works on it, again and again: more often than not, in so many of a hundred cases.
    fn sessions(&mut self, work: Work, again: u64, apart: u64) {
        loop {
            self.pass(apart);
            self.work(work, Step::Start);
            self.wait(8 * MINUTE);
            self.work(work, Step::Complete);
            if !self.chance.percent(again) {
                // As in the bank's, a few are completed that nobody has started.
                if self.chance.percent(3) {
                    self.work(work, Step::Complete);
                }
                return;
            }
        }
    }
}
