//! `annals projections`: how they stand, and what is asked of them.

mod shape;
mod wait;
mod asked;

use std::{env, time::Duration};

use annals::{Action, Answer, Overview};
use serde_json::json;

use crate::{
    args::{Patience, ProjectionsVerb},
    failure::Failure,
    screen::{Screen, duration, number},
    store::Store,
    table::Table,
    verbs::rebuild,
};

pub(super) use shape::state;
pub(super) use wait::halted;

/// How many keys are compared at a time.
const PAGE: usize = 1_000;

pub(super) async fn run(
    store: &Store,
    verb: &ProjectionsVerb,
    screen: &Screen,
) -> Result<(), Failure> {
    match verb {
        ProjectionsVerb::List => list(store, screen).await,
        ProjectionsVerb::Status { name } => shape::show(&overview(store, name).await?, screen),
        ProjectionsVerb::Pause(it) => {
            tell(&ask(store, &it.name, Action::Pause, &it.patience).await?, screen)
        }
        ProjectionsVerb::Resume(it) => {
            tell(&ask(store, &it.name, Action::Resume, &it.patience).await?, screen)
        }
        ProjectionsVerb::Rebuild { ask, detach } => rebuild::run(store, ask, *detach, screen).await,
        ProjectionsVerb::Cancel(it) => {
            overview(store, &it.name).await?;
            screen.confirm(&format!("Give up what is being built of {:?}?", it.name))?;
            tell(&ask(store, &it.name, Action::CancelRebuild, &it.patience).await?, screen)
        }
        ProjectionsVerb::Wait { name, position, patience } => {
            wait::run(store, name, position, Duration::from_secs(*patience), screen).await
        }
        ProjectionsVerb::Withdraw(it) => asked::withdraw(store, it, screen).await,
        ProjectionsVerb::History { name } => asked::history(store, name, screen).await,
        ProjectionsVerb::Compare { name } => compare(store, name, screen).await,
    }
}

/// How the projection of that name stands.
pub(super) async fn overview(store: &Store, name: &str) -> Result<Overview, Failure> {
    let overview = store.annals.operator().show(name).await?;
    overview.ok_or_else(|| annals::AskError::Unknown { name: name.to_owned() }.into())
}

/// Has something done by whoever runs a projection.
pub(super) async fn ask(
    store: &Store,
    name: &str,
    what: Action,
    patience: &Patience,
) -> Result<Answer, Failure> {
    let by = who(patience.by.as_deref());
    let patience = Duration::from_secs(patience.patience);
    Ok(store.annals.operator().ask(name, what, &by, patience).await?)
}

/// Who wants it, for the record.
fn who(by: Option<&str>) -> String {
    let user = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|it| env::var(it).ok());
    by.map(str::to_owned).or_else(user).unwrap_or_else(|| "annals".to_owned())
}

/// Prints what was answered. What was refused is a failure.
pub(super) fn tell(answer: &Answer, screen: &Screen) -> Result<(), Failure> {
    if !answer.is_done {
        if screen.is_json {
            screen.json(&shape::answer(answer))?;
            screen.flush()?;
        }
        let refused = if answer.withdrawn_by.is_some() { "" } else { "refused: " };
        return Err(Failure::refused(format!("{refused}{}", answer.answer)));
    }
    if screen.is_json {
        return screen.json(&shape::answer(answer));
    }
    screen.line(&answer.answer)
}

async fn list(store: &Store, screen: &Screen) -> Result<(), Failure> {
    let overviews = store.annals.operator().list().await?;
    if screen.is_json {
        return overviews.iter().try_for_each(|it| screen.json(&shape::projection(it)));
    }
    let mut table =
        Table::new(&["projection", "state", ">build", ">position", ">lag", ">for", ">parked"]);
    for it in &overviews {
        let build = match it.building {
            Some(building) => format!("{} → {}", it.live.number(), building.number()),
            None => it.live.number().to_string(),
        };
        let lag_time = if it.lag_time.is_zero() { String::new() } else { duration(it.lag_time) };
        let (position, lag) = (number(it.position.get()), number(it.lag));
        table.row([it.name.clone(), state(it), build, position, lag, lag_time, number(it.parked)]);
    }
    match table.is_empty() {
        true => screen.line("no projections: none was ever run on this log"),
        false => screen.table(&table),
    }
}

async fn compare(store: &Store, name: &str, screen: &Screen) -> Result<(), Failure> {
    overview(store, name).await?;
    let operator = store.annals.operator();
    let (mut after, mut differing) = (String::new(), 0_usize);
    loop {
        let (differences, next) = operator.compare(name, &after, PAGE).await?;
        differing += differences.len();
        for it in differences {
            if screen.is_json {
                screen.json(&json!({ "key": it.key, "older": it.older, "newer": it.newer }))?;
                continue;
            }
            let state = |state: Option<String>| state.unwrap_or_else(|| "nothing".to_owned());
            let (older, newer) = (state(it.older), state(it.newer));
            screen.line(&screen.bold(&crate::screen::harmless(&it.key)))?;
            screen.line(&format!("  - {}", screen.bad(&crate::screen::harmless(&older))))?;
            screen.line(&format!("  + {}", screen.good(&crate::screen::harmless(&newer))))?;
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    if differing == 0 {
        return if screen.is_json { Ok(()) } else { screen.line("no differences") };
    }
    screen.flush()?;
    Err(Failure::refused(format!("the two builds differ in {differing} keys")))
}
