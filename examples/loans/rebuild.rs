//! Read models, built anew beside themselves: the old one is read until the new one takes its place.

use std::time::Duration;

use annals::{Action, Annals};
use futures::TryStreamExt;

use super::{
    Failure,
    models::{Models, NAMES},
    progress, screen,
};

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
    let mut is_done = true;
    for (name, what) in names {
        let patience = Duration::from_secs(60);
        let answer = operator.ask(name, Action::Rebuild, "loans", patience).await?;
        is_done &= answer.is_done;
        let bar = progress::bar(0);
        let mut progress = operator.progress(name);
        while let Some(now) = progress.try_next().await? {
            bar.set_length(now.total.unsigned_abs());
            bar.set_position(now.events.unsigned_abs());
            bar.set_message(format!("{name}, {:.0}/s", now.rate));
        }
        bar.finish_and_clear();
        let build = operator.show(name).await?.map_or(0, |overview| overview.live.number());
        let answer = if answer.is_done { "rebuilt" } else { answer.answer.as_str() };
        screen::print(&format!("{name:<12}{what}: {answer}; build {build} is read\n"))?;
    }
    running.stop().await?;
    Ok(is_done)
}
