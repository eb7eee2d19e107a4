//! A projection as programs and people see it.

use annals::{Answer, Build, Overview, Pending, ShareOverview};
use serde::Serialize;

use crate::{
    events::moment,
    failure::Failure,
    screen::{Screen, duration, number},
    table::Table,
};

/// How a projection stands, for programs.
#[derive(Serialize)]
pub(super) struct Projection {
    name: String,
    state: String,
    is_paused: bool,
    build: u32,
    version: u32,
    building: Option<Building>,
    position: i64,
    lag: i64,
    lag_seconds: f64,
    parked: u64,
    shares: Vec<Share>,
    building_shares: Vec<Share>,
}

#[derive(Serialize)]
struct Building {
    build: u32,
    version: u32,
}

/// A range of its slices: `first` to those before `end`.
#[derive(Serialize)]
struct Share {
    first: u16,
    end: u16,
    position: i64,
    lag: i64,
    lag_seconds: f64,
    worker: Option<String>,
    phase: Option<String>,
    said_at: Option<String>,
    why: Option<String>,
    parked: u64,
}

/// What an operator asked for, for programs, and what came of it.
#[derive(Serialize)]
pub(super) struct Asked {
    state: &'static str,
    what: String,
    by: String,
    at: String,
    done_at: Option<String>,
    is_done: bool,
    answer: Option<String>,
    withdrawn_by: Option<String>,
}

/// The phases of shares from the one that is most worth knowing on.
const PHASES: [&str; 6] = ["halted", "stalled", "retrying", "starting", "catching up", "following"];

/// In a word or two, how a projection is doing.
pub(crate) fn state(overview: &Overview) -> String {
    let phase = |share: &ShareOverview| share.said.as_ref().map(|(phase, _)| phase.clone());
    let phases: Vec<_> = overview.shares.iter().filter_map(phase).collect();
    if overview.is_paused {
        return "paused".to_owned();
    }
    // What has halted may have nobody who works on it any more.
    if phases.iter().any(|phase| phase == "halted") {
        return "halted".to_owned();
    }
    if overview.shares.iter().all(|share| share.worker.is_none()) {
        return "not running".to_owned();
    }
    let worst = PHASES.into_iter().find(|known| phases.iter().any(|phase| phase == known));
    worst.unwrap_or("starting").to_owned()
}

pub(super) fn projection(it: &Overview) -> Projection {
    let building = |build: Build| Building { build: build.number(), version: build.version() };
    Projection {
        name: it.name.clone(),
        state: state(it),
        is_paused: it.is_paused,
        build: it.live.number(),
        version: it.live.version(),
        building: it.building.map(building),
        position: it.position.get(),
        lag: it.lag,
        lag_seconds: it.lag_time.as_secs_f64(),
        parked: it.parked,
        shares: it.shares.iter().map(share).collect(),
        building_shares: it.building_shares.iter().map(share).collect(),
    }
}

fn share(it: &ShareOverview) -> Share {
    Share {
        first: it.first,
        end: it.end,
        position: it.position.get(),
        lag: it.lag,
        lag_seconds: it.lag_time.as_secs_f64(),
        worker: it.worker.map(|worker| worker.to_string()),
        phase: it.said.as_ref().map(|(phase, _)| phase.clone()),
        said_at: it.said.as_ref().map(|(_, at)| at.to_string()),
        why: it.why.clone(),
        parked: it.parked,
    }
}

pub(super) fn answer(it: &Answer) -> Asked {
    let state = match &it.withdrawn_by {
        Some(_) => "withdrawn",
        None if it.is_done => "done",
        None => "refused",
    };
    Asked {
        state,
        what: it.what.to_string(),
        by: it.by.clone(),
        at: it.at.to_string(),
        done_at: Some(it.done_at.to_string()),
        is_done: it.is_done,
        answer: Some(it.answer.clone()),
        withdrawn_by: it.withdrawn_by.clone(),
    }
}

pub(super) fn pending(it: &Pending) -> Asked {
    Asked {
        state: "pending",
        what: it.what.to_string(),
        by: it.by.clone(),
        at: it.at.to_string(),
        done_at: None,
        is_done: false,
        answer: None,
        withdrawn_by: None,
    }
}

/// One projection with its shares.
pub(super) fn show(it: &Overview, screen: &Screen) -> Result<(), Failure> {
    if screen.is_json {
        return screen.json(&projection(it));
    }
    let line = |name: &str, value: String| {
        screen.line(&format!("{}{value}", screen.bold(&format!("{name:<12}"))))
    };
    let state = state(it);
    let is_bad = ["halted", "stalled", "retrying", "not running"].contains(&&*state);
    line("projection", it.name.clone())?;
    line("state", if is_bad { screen.bad(&state) } else { screen.good(&state) })?;
    let build = |build: Build| format!("{} (version {})", build.number(), build.version());
    line("build", build(it.live))?;
    if let Some(building) = it.building {
        line("building", build(building))?;
    }
    line("position", number(it.position.get()))?;
    line("lag", format!("{} events, for {}", number(it.lag), duration(it.lag_time)))?;
    line("parked", format!("{} events", number(it.parked)))?;
    screen.line("")?;
    screen.table(&table(&it.shares))?;
    if !it.building_shares.is_empty() {
        screen.line(&format!("\n{}", screen.bold("being built")))?;
        screen.table(&table(&it.building_shares))?;
    }
    for share in it.shares.iter().chain(&it.building_shares) {
        if let Some(why) = &share.why {
            let why = crate::screen::harmless(why);
            screen.line(&format!("\nslice {}: {}", share.first, screen.bad(&why)))?;
        }
    }
    Ok(())
}

fn table(shares: &[ShareOverview]) -> Table {
    let mut table =
        Table::new(&["slices", ">position", ">lag", ">parked", "phase", "said at", "worker"]);
    for it in shares {
        let slices = format!("{}–{}", it.first, it.end.saturating_sub(1));
        let (phase, at) = match &it.said {
            Some((phase, at)) => (phase.clone(), moment(*at)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        let worker = it.worker.map_or_else(|| "nobody".to_owned(), |worker| worker.to_string());
        let (position, lag) = (number(it.position.get()), number(it.lag));
        table.row([slices, position, lag, number(it.parked), phase, at, worker]);
    }
    table
}
