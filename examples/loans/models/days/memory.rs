//! The tables in memory: rows of JSON under keys of one's own.
#![cfg(feature = "memory")]

use std::collections::BTreeMap;

use annals::{Build, MemoryTx};
use serde::{Serialize, de::DeserializeOwned};

use super::{Day, Days, DaysOf, Failure};

/// Under which key all days are listed: rows can be found by their keys alone.
fn list(build: Build) -> String {
    build.table("days_list")
}

/// What came and went on a day, by state.
fn of_day(build: Build, day: &str) -> String {
    format!("{}/{day}", build.table("days_day"))
}

fn of_application(build: Build, application: &str) -> String {
    format!("{}/{application}", build.table("days_state"))
}

impl DaysOf for MemoryTx {
    async fn make_tables(&mut self, build: Build) -> Result<(), Failure> {
        write(self, list(build), &Vec::<String>::new())
    }

    async fn drop_tables(&mut self, build: Build) -> Result<(), Failure> {
        // The rows of applications stay: nothing lists them, and nothing reads them any more.
        for day in find::<Vec<String>>(self, &list(build))? {
            self.remove(of_day(build, &day));
        }
        self.remove(list(build));
        Ok(())
    }

    async fn enter(
        &mut self,
        build: Build,
        application: &str,
        day: &str,
        state: &str,
    ) -> Result<(), Failure> {
        let mut states: BTreeMap<String, Day> = find(self, &of_day(build, day))?;
        if states.is_empty() {
            let mut days: Vec<String> = find(self, &list(build))?;
            days.push(day.to_owned());
            write(self, list(build), &days)?;
        }
        states.entry(state.to_owned()).or_default().entered += 1;
        let before: Option<String> = find(self, &of_application(build, application))?;
        if let Some(before) = before {
            states.entry(before).or_default().departed += 1;
        }
        write(self, of_application(build, application), &Some(state))?;
        write(self, of_day(build, day), &states)
    }

    async fn read_days(&mut self, build: Build) -> Result<Days, Failure> {
        let mut days = Days::new();
        for day in find::<Vec<String>>(self, &list(build))? {
            let states: BTreeMap<String, Day> = find(self, &of_day(build, &day))?;
            days.extend(states.into_iter().map(|(state, its)| ((day.clone(), state), its)));
        }
        Ok(days)
    }
}

fn find<T: DeserializeOwned + Default>(tx: &MemoryTx, key: &str) -> Result<T, Failure> {
    Ok(match tx.get(key) {
        Some(row) => serde_json::from_slice(row.as_bytes())?,
        None => T::default(),
    })
}

fn write(tx: &mut MemoryTx, key: String, row: &impl Serialize) -> Result<(), Failure> {
    tx.put(key, serde_json::to_string(row)?);
    Ok(())
}
