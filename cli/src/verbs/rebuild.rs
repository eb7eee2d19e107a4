//! `annals projections rebuild`: has a projection built anew, and shows how far that is.

use std::pin::pin;

use annals::{Action, BuildProgress};
use futures::TryStreamExt;
use serde::Serialize;

use crate::{
    args::Ask,
    failure::Failure,
    screen::Screen,
    store::Store,
    verbs::projections::{ask, halted, overview, tell},
};

/// Its shape for programs: one line each half a second in which it went on, and one at the end.
#[derive(Serialize)]
struct Progress<'n> {
    name: &'n str,
    build: u32,
    events: i64,
    total: i64,
    percent: f64,
    rate: f64,
    remaining_seconds: Option<f64>,
    is_done: bool,
}

pub(super) async fn run(
    store: &Store,
    asked: &Ask,
    detach: bool,
    screen: &Screen,
) -> Result<(), Failure> {
    let name = &*asked.name;
    let answer = ask(store, name, Action::Rebuild, &asked.patience).await?;
    tell(&answer, screen)?;
    if detach {
        return Ok(());
    }
    screen.flush()?;
    let operator = store.annals.operator();
    let mut progress = pin!(operator.progress(name));
    let mut last: Option<BuildProgress> = None;
    let bar = screen.bar("building", 0, false);
    while let Some(now) = progress.try_next().await? {
        bar.set_length(now.total.unsigned_abs());
        bar.set_position(now.events.unsigned_abs());
        let stands = |it: &BuildProgress| (it.build, it.events, it.total);
        if screen.is_json && last.as_ref().map(stands) != Some(stands(&now)) {
            tell_progress(name, &now, false, screen)?;
        }
        last = Some(now);
        let overview = overview(store, name).await?;
        let why = match halted(store, name, &overview.building_shares).await? {
            Some(why) => format!("what is being built of {name} has halted: {why}"),
            None if overview.is_paused && overview.building.is_some() => {
                format!("{name} is paused, and so is what is being built of it")
            }
            None => continue,
        };
        bar.finish_and_clear();
        return Err(Failure::refused(why));
    }
    bar.finish_and_clear();
    let live = overview(store, name).await?.live;
    // It may have been over before the first look.
    if let Some(last) = last.filter(|last| last.build != live) {
        let given_up = last.build.number();
        return Err(Failure::refused(format!("build {given_up} was given up")));
    }
    if screen.is_json {
        let total = last.map_or(0, |last| last.total);
        let remaining = Some(std::time::Duration::ZERO);
        let done = BuildProgress { build: live, events: total, total, rate: 0.0, remaining };
        return tell_progress(name, &done, true, screen);
    }
    screen.line(&format!("build {} is read now", live.number()))
}

fn tell_progress(
    name: &str,
    now: &BuildProgress,
    is_done: bool,
    screen: &Screen,
) -> Result<(), Failure> {
    screen.json(&Progress {
        name,
        build: now.build.number(),
        events: now.events,
        total: now.total,
        percent: now.percent(),
        rate: now.rate,
        remaining_seconds: now.remaining.map(|remaining| remaining.as_secs_f64()),
        is_done,
    })?;
    screen.flush()
}
