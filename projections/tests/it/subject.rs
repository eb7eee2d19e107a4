//! What a test is about: ledgers in some place, as a view or by the application's own statements.

use std::{error::Error, future::Future, time::Duration};

use annals_core::{Position, Record};
use annals_projections::{
    Action, Answer, OnFailure, Operator, ParkedInfo, Runner, RunnerSettings, Running, WaitError,
};
use serde_json::Value;

use crate::{
    ledger::{Ledger, Made},
    own,
    place::{Place, swift, unique},
};

/// How long a test waits for what has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Every kind of record.
pub(crate) const AREAS: [&str; 10] = [
    "projection",
    "live",
    "checkpoint",
    "lease",
    "worker",
    "status",
    "parked-key",
    "parked",
    "request",
    "history",
];

/// Waits until that is so.
pub(crate) async fn until<F: Future<Output = bool>>(is_so: impl FnMut() -> F) {
    assert!(is_soon(PATIENCE, is_so).await, "this was to be expected within {PATIENCE:?}");
}

/// Whether that is so within some time.
pub(crate) async fn is_soon<F: Future<Output = bool>>(
    within: Duration,
    mut is_so: impl FnMut() -> F,
) -> bool {
    let waited = async {
        while !is_so().await {
            // Records tell nobody that they have changed.
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(within, waited).await.is_ok()
}

/// All records of that kind whose keys begin with `prefix`.
pub(crate) async fn records(place: &Place, area: &str, prefix: &str) -> Vec<Record> {
    place.models.records(area, prefix, "", 1_000_000).await.unwrap()
}

#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) place: Place,
    /// The application's own tables, if it is not a view.
    table: Option<String>,
}

impl Subject {
    pub(crate) fn view(place: Place) -> Self {
        Self { place, table: None }
    }

    pub(crate) fn own(place: Place) -> Self {
        Self { place, table: Some(unique()) }
    }

    /// The same, as another process comes to it.
    pub(crate) async fn again(&self) -> Self {
        Self { place: self.place.again().await, table: self.table.clone() }
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.table.is_some() { "own_ledger" } else { "ledger" }
    }

    pub(crate) fn is_view(&self) -> bool {
        self.table.is_none()
    }

    /// What its tables are called after.
    pub(crate) fn table(&self) -> &str {
        self.table.as_deref().unwrap_or(self.name())
    }

    pub(crate) async fn runner_of<const V: u32>(&self, settings: RunnerSettings) -> Runner {
        let runner = match &self.table {
            Some(table) => own::runner::<V>(&self.place, table).await,
            None => self.place.rows::<Made<V>>().runner(),
        };
        runner.with_settings(settings)
    }

    pub(crate) async fn start(&self, settings: RunnerSettings) -> Running {
        self.runner_of::<1>(settings).await.start()
    }

    /// What is read under a key.
    pub(crate) async fn read(&self, key: &str) -> Option<Ledger> {
        let Some(table) = &self.table else {
            return self.place.rows::<Ledger>().get(key).await.unwrap();
        };
        let live = self.operator().show(self.name()).await.unwrap().unwrap().live;
        let text = own::get(&self.place, &live.table(table), key).await.unwrap();
        text.map(|text| serde_json::from_str(&text).unwrap())
    }

    pub(crate) fn operator(&self) -> Operator {
        self.place.operator()
    }

    pub(crate) async fn ask(&self, what: Action) -> Answer {
        self.operator().ask(self.name(), what, "ada", PATIENCE).await.unwrap()
    }

    pub(crate) async fn replay(&self, keys: &[&str]) -> Answer {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self.ask(Action::Replay { keys, dry_run: false }).await
    }

    pub(crate) async fn try_to_replay(&self) -> Answer {
        self.ask(Action::Replay { keys: vec![], dry_run: true }).await
    }

    pub(crate) async fn parked(&self) -> Vec<ParkedInfo> {
        self.operator().parked(self.name(), "", 1_000).await.unwrap()
    }

    /// Keys of which events are set aside, and how many of each.
    pub(crate) async fn parked_keys(&self) -> Vec<(String, u64)> {
        self.parked().await.into_iter().map(|info| (info.key, info.events)).collect()
    }

    /// Where the events stand that are set aside, in the order in which they would be replayed.
    pub(crate) async fn parked_positions(&self) -> Vec<i64> {
        let records = records(&self.place, "parked", &format!("{}/", self.name())).await;
        records.iter().map(|record| field(&record.content, "position")).collect()
    }

    /// How far its only share is.
    pub(crate) async fn checkpoint(&self) -> Position {
        let key = format!("{}/1/0000", self.name());
        let mark = self.place.models.record("checkpoint", &key).await.unwrap().unwrap();
        Position::new(field(&mark, "position")).unwrap()
    }
}

/// Why it was waited for in vain: by name, and with all that it came from.
pub(crate) fn halted(waited: Result<(), WaitError>) -> String {
    let Err(WaitError::Halted { source, .. }) = waited else {
        panic!("expected it to have halted: {waited:?}");
    };
    let (mut why, mut cause) = (source.to_string(), source.source());
    while let Some(error) = cause {
        why = format!("{why}: {error}");
        cause = error.source();
    }
    why
}

/// A number in a record.
pub(crate) fn field(content: &str, name: &str) -> i64 {
    serde_json::from_str::<Value>(content).unwrap()[name].as_i64().unwrap()
}

/// Swift, and what cannot be projected is set aside.
pub(crate) fn parking() -> RunnerSettings {
    RunnerSettings { on_failure: OnFailure::PARK, ..swift() }
}

/// Runs each of these tests everywhere, of a view and of the application's own projection.
macro_rules! of_both {
    ($($test:ident),+ $(,)?) => {
        mod of_a_view {
            $(pub(super) async fn $test(place: crate::place::Place) {
                super::$test(crate::subject::Subject::view(place)).await;
            })+
            crate::place::everywhere!($($test),+);
        }
        mod of_a_projection {
            $(pub(super) async fn $test(place: crate::place::Place) {
                super::$test(crate::subject::Subject::own(place)).await;
            })+
            crate::place::everywhere!($($test),+);
        }
    };
}
pub(crate) use of_both;
