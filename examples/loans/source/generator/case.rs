//! One generated application: its clock, who is at it, and what was done so far.

mod course;

use super::super::{
    super::{
        domain::{OfferState, State, Step, Work},
        moment::Moment,
    },
    chance::Chance,
    row::{Activity, Row},
};

const SECOND: u64 = 1_000;

/// When clocks in the Netherlands were put back, in 2011.
const WINTER: i64 = 1_319_936_400_000;

/// The bank's own system, as it is called in the log.
const SYSTEM: u64 = 112;

/// An application as it is made up.
pub(super) struct Case {
    name: String,
    now: i64,
    euros: u64,
    begin: Moment,
    chance: Chance,
    who: u64,
    rows: Vec<Row>,
}

impl Case {
    pub(super) fn rows(name: &str, begin: i64, mut chance: Chance) -> Vec<Row> {
        let euros = 500 * (1 + chance.below(30) + chance.below(30) * chance.below(4));
        let mut case = Self {
            name: name.to_owned(),
            now: begin,
            euros,
            begin: moment(begin),
            who: SYSTEM,
            rows: vec![],
            chance,
        };
        case.run();
        case.rows
    }

    /// The same person, a little later; at times in the same millisecond.
    fn wait(&mut self, mean: u64) {
        self.now += self.chance.about(mean);
    }

    /// Somebody else, later.
    fn pass(&mut self, mean: u64) {
        self.wait(mean);
        self.who = 10_000 + 17 * (1 + self.chance.below(60));
    }

    fn state(&mut self, state: State) {
        self.row(Activity::State(state));
    }

    fn offer(&mut self, state: OfferState) {
        self.row(Activity::Offer(state));
    }

    fn work(&mut self, work: Work, step: Step) {
        self.row(Activity::Work(work, step));
    }

    fn row(&mut self, activity: Activity) {
        // Several rows of one push of a button have one time.
        if self.chance.percent(86) {
            self.now += self.chance.about(SECOND);
        }
        let resource = (!self.chance.percent(7)).then(|| self.who.to_string());
        let entry = u32::try_from(self.rows.len()).unwrap_or(u32::MAX - 1) + 1;
        let (case, euros, registered_at) = (self.name.clone(), self.euros, self.begin);
        let at = moment(self.now);
        self.rows.push(Row { case, entry, at, euros, registered_at, activity, resource, line: 0 });
    }
}

fn moment(millis: i64) -> Moment {
    Moment::new(millis, if millis < WINTER { 7_200 } else { 3_600 })
}
