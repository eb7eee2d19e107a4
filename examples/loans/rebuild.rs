//! Read models, built anew beside themselves: the old one is read until the new one takes its place.

use std::time::{Duration, Instant};

use annals::{Action, Annals, Operator, Overview, ShareOverview, Timestamp};
use futures::TryStreamExt;

use super::{
    Failure,
    models::{Models, NAMES},
    progress, screen,
};

/// After how long everything that is said is taken as new.
const A_WHILE: Duration = Duration::from_secs(15);

/// Rebuilds the one of that name, or all; says whether all were.
pub(crate) async fn rebuild(annals: &Annals, name: Option<&str>) -> Result<bool, Failure> {
    let names: Vec<_> =
        NAMES.iter().filter(|(its, _)| name.is_none_or(|name| name == *its)).collect();
    if names.is_empty() {
        let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no such read model: there are {}", known.join(", ")).into());
    }
    let running = Models::new(annals).follow(annals, false).await?;
    let operator = annals.operator();
    let mut are_done = true;
    for (name, what) in names {
        let done = rebuild_one(&operator, name).await?;
        let build = operator.show(name).await?.map_or(0, |overview| overview.live.number());
        are_done &= done.is_ok();
        let came = done.err().unwrap_or_else(|| "rebuilt".to_owned());
        screen::print(&format!("{name:<12}{what}: {came}; build {build} is read\n"))?;
    }
    running.stop().await?;
    Ok(are_done)
}

/// Rebuilds one, or says why that does not come to an end.
async fn rebuild_one(operator: &Operator, name: &str) -> Result<Result<(), String>, Failure> {
    let answer = operator.ask(name, Action::Rebuild, "loans", Duration::from_secs(60)).await?;
    if !answer.is_done {
        return Ok(Err(answer.answer));
    }
    let began = Instant::now();
    let bar = progress::bar(0);
    let mut progress = operator.progress(name);
    while let Some(now) = progress.try_next().await? {
        bar.set_length(now.total.unsigned_abs());
        bar.set_position(now.events.unsigned_abs());
        bar.set_message(format!("{name}, {:.0}/s", now.rate));
        let Some(overview) = operator.show(name).await? else { continue };
        // What was said before may be of a program that is gone: whoever goes on has some time to say else.
        let is_new = |at| at >= answer.at || began.elapsed() > A_WHILE;
        if let Some(why) = stands_still(&overview, is_new) {
            bar.finish_and_clear();
            return Ok(Err(why));
        }
    }
    bar.finish_and_clear();
    Ok(Ok(()))
}

/// Why what is built does not go on, if somebody has said so.
fn stands_still(overview: &Overview, is_new: impl Fn(Timestamp) -> bool) -> Option<String> {
    if overview.is_paused {
        return Some("it is paused, and goes on once it is resumed".to_owned());
    }
    let has_halted = |share: &&ShareOverview| {
        share.said.as_ref().is_some_and(|(phase, at)| phase == "halted" && is_new(*at))
    };
    let share = overview.building_shares.iter().find(has_halted)?;
    Some(format!("it has halted: {}", share.why.as_deref().unwrap_or("nobody says why")))
}
