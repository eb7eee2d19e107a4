//! `annals parked`: what projections have set aside, why, and what becomes of it.

mod show;

use annals::{Action, ParkedInfo};
use serde::Serialize;

use crate::{
    args::{ParkedVerb, Patience},
    events::moment,
    failure::Failure,
    screen::{Screen, duration, number},
    store::Store,
    table::Table,
    verbs::projections::{ask, overview, tell},
};

/// How many keys are read at a time.
const PAGE: usize = 1_000;

/// A key of which events are set aside, for programs.
#[derive(Serialize)]
struct Parked<'p> {
    projection: &'p str,
    key: &'p str,
    position: i64,
    events: u64,
    since: String,
    age_seconds: f64,
    error: &'p str,
}

pub(super) async fn run(store: &Store, verb: &ParkedVerb, screen: &Screen) -> Result<(), Failure> {
    match verb {
        ParkedVerb::List { name } => list(store, name.as_deref(), screen).await,
        ParkedVerb::Show(by) => show::run(store, by, screen).await,
        ParkedVerb::Replay { name, keys, dry_run, patience } => {
            for key in keys {
                find(store, name, key).await?;
            }
            let replay = Action::Replay { keys: keys.clone(), dry_run: *dry_run };
            tell(&ask(store, name, replay, patience).await?, screen)
        }
        ParkedVerb::Discard { name, keys, reason, dry_run, patience } => {
            let discard = Action::Discard { keys: keys.clone(), reason: reason.clone() };
            discarded(store, name, (keys, discard), *dry_run, patience, screen).await
        }
    }
}

async fn list(store: &Store, name: Option<&str>, screen: &Screen) -> Result<(), Failure> {
    let names = match name {
        Some(name) => vec![overview(store, name).await?.name],
        None => store.annals.operator().list().await?.into_iter().map(|it| it.name).collect(),
    };
    let mut table =
        Table::new(&["projection", "key", ">events", ">position", "since", ">for", "error"]);
    for name in &names {
        let mut after = String::new();
        loop {
            let infos = store.annals.operator().parked(name, &after, PAGE).await?;
            for info in &infos {
                match screen.is_json {
                    true => screen.json(&shape(name, info))?,
                    false => table.row(row(name, info)),
                }
            }
            match infos.last() {
                Some(last) if infos.len() == PAGE => after.clone_from(&last.key),
                _ => break,
            }
        }
    }
    match table.is_empty() {
        _ if screen.is_json => Ok(()),
        true => screen.line("nothing is set aside"),
        false => screen.table(&table),
    }
}

async fn discarded(
    store: &Store,
    name: &str,
    (keys, discard): (&[String], Action),
    dry_run: bool,
    patience: &Patience,
    screen: &Screen,
) -> Result<(), Failure> {
    let mut events = 0;
    for key in keys {
        let info = find(store, name, key).await?;
        events += info.events;
        if dry_run && screen.is_json {
            screen.json(&shape(name, &info))?;
        } else if dry_run {
            screen.line(&format!("{key}: {} events would be forgotten", info.events))?;
        }
    }
    if dry_run {
        return Ok(());
    }
    screen
        .confirm(&format!("Forget {events} events of {} keys in {name:?} for good?", keys.len()))?;
    tell(&ask(store, name, discard, patience).await?, screen)
}

/// What is set aside of one key.
async fn find(store: &Store, name: &str, key: &str) -> Result<ParkedInfo, Failure> {
    overview(store, name).await?;
    let mut after = String::new();
    loop {
        let infos = store.annals.operator().parked(name, &after, PAGE).await?;
        let is_last = infos.len() < PAGE;
        if let Some(last) = infos.last() {
            after.clone_from(&last.key);
        }
        if let Some(info) = infos.into_iter().find(|info| info.key == key) {
            return Ok(info);
        }
        if is_last {
            return Err(Failure::refused(format!(
                "nothing of the key {key:?} is set aside by {name}"
            )));
        }
    }
}

fn shape<'p>(projection: &'p str, info: &'p ParkedInfo) -> Parked<'p> {
    Parked {
        projection,
        key: &info.key,
        position: info.position.get(),
        events: info.events,
        since: info.since.to_string(),
        age_seconds: info.age.as_secs_f64(),
        error: &info.error,
    }
}

fn row(name: &str, info: &ParkedInfo) -> [String; 7] {
    [
        name.to_owned(),
        info.key.clone(),
        number(info.events),
        number(info.position.get()),
        moment(info.since),
        duration(info.age),
        info.error.clone(),
    ]
}
