//! A row of a log of applications, and the command that it stands for.

use csv::StringRecord;

use super::super::{
    domain::{
        Advance, Application, ApplicationEvent, CompleteWork, HandleOffer, Intent, Occasion,
        OfferState, ScheduleWork, StartWork, State, Step, Submit, Work, WorkEvent,
    },
    moment::Moment,
};

pub(crate) const HEADER: [&str; 8] = [
    "timestamp",
    "case_id",
    "event_in_case",
    "amount_requested",
    "registered_at",
    "activity",
    "lifecycle",
    "resource",
];

/// How many bytes a name may have that becomes a key.
const LONGEST_KEY: usize = 100;

/// How many euros there can be: so many cents are still a number of the database.
const LARGEST: u64 = i64::MAX.unsigned_abs() / 100;

/// How many characters are told of what cannot be read.
const TOLD: usize = 40;

/// A row, read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) entry: u32,
    pub(crate) at: Moment,
    pub(crate) euros: u64,
    pub(crate) registered_at: Moment,
    pub(crate) activity: Activity,
    pub(crate) resource: Option<String>,
    /// Where it stands in its file.
    pub(crate) line: u64,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Activity {
    State(State),
    Offer(OfferState),
    Work(Work, Step),
}

impl Row {
    /// Reads a row; `columns` says where each of [`HEADER`] stands in it.
    pub(super) fn read(record: &StringRecord, columns: &[usize; 8]) -> Result<Self, String> {
        let column = |name: usize| {
            let value = record.get(columns[name]);
            value.ok_or_else(|| format!("there is no {}", HEADER[name]))
        };
        let number = |name: usize| -> Result<u64, String> {
            let text = column(name)?;
            text.parse().map_err(|_| format!("{} is {:?}, no number", HEADER[name], cut(text)))
        };
        let moment = |name: usize| {
            column(name)?.parse::<Moment>().map_err(|error| format!("{}: {error}", HEADER[name]))
        };
        // Both become keys of what is read: what is none there is refused here, where its line is known.
        let key = |name: usize, what: &str| {
            let text = column(name)?;
            if text.len() > LONGEST_KEY || text.contains(char::is_control) {
                return Err(format!("{} is {:?}, which names {what}", HEADER[name], cut(text)));
            }
            Ok(Some(text).filter(|it| !it.is_empty()).map(str::to_owned))
        };
        Ok(Self {
            case: key(1, "no application")?.ok_or("there is no case_id")?,
            entry: u32::try_from(number(2)?).map_err(|_| "event_in_case is too large")?,
            at: moment(0)?,
            euros: Some(number(3)?)
                .filter(|it| *it <= LARGEST)
                .ok_or("amount_requested is too large")?,
            registered_at: moment(4)?,
            activity: Activity::read(column(5)?, column(6)?)?,
            resource: key(7, "nobody")?,
            line: record.position().map_or(0, csv::Position::line),
        })
    }

    /// The same as fields of a file, in the order of [`HEADER`].
    pub(crate) fn fields(&self) -> [String; 8] {
        let (activity, lifecycle) = self.activity.logged();
        [
            self.at.to_string(),
            self.case.clone(),
            self.entry.to_string(),
            self.euros.to_string(),
            self.registered_at.to_string(),
            activity.to_owned(),
            lifecycle.to_owned(),
            self.resource.clone().unwrap_or_default(),
        ]
    }

    /// What has to be asked of the application.
    pub(crate) fn intent(&self) -> Intent {
        let (entry, happened_at) = (self.entry, self.at);
        let occasion = Occasion { entry, happened_at, resource: self.resource.clone() };
        match self.activity {
            Activity::State(State::Submitted) => {
                let (cents, registered_at) = (self.cents(), self.registered_at);
                Intent::Submit(Submit { cents, registered_at, occasion })
            }
            Activity::State(to) => Intent::Advance(Advance { to, occasion }),
            Activity::Offer(to) => Intent::HandleOffer(HandleOffer { to, occasion }),
            Activity::Work(work, Step::Schedule) => {
                Intent::ScheduleWork(ScheduleWork { work, occasion })
            }
            Activity::Work(work, Step::Start) => Intent::StartWork(StartWork { work, occasion }),
            Activity::Work(work, Step::Complete) => {
                Intent::CompleteWork(CompleteWork { work, occasion })
            }
        }
    }

    /// The amount. It was read no larger than goes into so many cents.
    pub(crate) fn cents(&self) -> u64 {
        self.euros * 100
    }

    /// What tells its command from every other.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}", self.case, self.entry)
    }

    pub(crate) fn stream(&self) -> annals::Stream<Application> {
        use annals::Aggregate;
        Application::stream(&self.case)
    }
}

impl Activity {
    fn read(activity: &str, lifecycle: &str) -> Result<Self, String> {
        let step = Step::of_logged(lifecycle)
            .ok_or_else(|| format!("the lifecycle {:?} is not known", cut(lifecycle)))?;
        let complete = |it: Self| (step == Step::Complete).then_some(it);
        let state = || State::of_logged(activity).map(Self::State).and_then(complete);
        let offer = || OfferState::of_logged(activity).map(Self::Offer).and_then(complete);
        let work = || Work::of_logged(activity).map(|work| Self::Work(work, step));
        state().or_else(offer).or_else(work).ok_or_else(|| {
            let activity = cut(activity);
            format!("the activity {activity:?} with the lifecycle {lifecycle:?} is not known")
        })
    }

    /// As the bank's log has it, with the lifecycle.
    pub(crate) fn logged(self) -> (&'static str, &'static str) {
        match self {
            Self::State(state) => (state.logged(), Step::Complete.logged()),
            Self::Offer(state) => (state.logged(), Step::Complete.logged()),
            Self::Work(work, step) => (work.logged(), step.logged()),
        }
    }

    /// What an event says.
    pub(crate) fn of(event: &ApplicationEvent) -> Self {
        match event {
            ApplicationEvent::State(event) => Self::State(event.state()),
            ApplicationEvent::Offer(event) => Self::Offer(event.state()),
            ApplicationEvent::Work(event) => {
                let step = match event {
                    WorkEvent::Scheduled { .. } => Step::Schedule,
                    WorkEvent::Started { .. } => Step::Start,
                    WorkEvent::Completed { .. } => Step::Complete,
                };
                Self::Work(event.work(), step)
            }
        }
    }
}

/// The beginning of a text, for whoever is told that it cannot be read.
fn cut(text: &str) -> String {
    let mut told: String = text.chars().take(TOLD).collect();
    if told.len() < text.len() {
        told.push('…');
    }
    told
}
