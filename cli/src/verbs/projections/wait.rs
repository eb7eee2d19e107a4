//! `annals projections wait`: until everything up to a position is in a projection.

use std::time::Duration;

use annals::{Action, Answer, Position, ShareOverview};
use serde::Serialize;
use tokio::time::{Instant, interval};

use super::{overview, state};
use crate::{
    failure::{Failure, within},
    screen::{Screen, number},
    store::Store,
};

/// How often it is looked.
const PAUSE: Duration = Duration::from_millis(200);

/// Its shape for programs.
#[derive(Serialize)]
struct Waited<'n> {
    name: &'n str,
    wanted: i64,
    position: i64,
    is_reached: bool,
}

pub(super) async fn run(
    store: &Store,
    name: &str,
    position: &str,
    patience: Duration,
    screen: &Screen,
) -> Result<(), Failure> {
    let wanted = match position {
        "head" => store.head().await?,
        number => {
            let position = number.parse().ok().and_then(Position::new);
            position.ok_or_else(|| Failure::usage("a position is a number, or `head`"))?
        }
    };
    let begin = Instant::now();
    let mut looks = interval(PAUSE);
    loop {
        looks.tick().await;
        let overview = overview(store, name).await?;
        // What came after a checkpoint may concern it not at all.
        let seen = overview.shares.iter().map(|share| share.seen).min().unwrap_or_default();
        let is_reached = seen >= wanted;
        let why = if is_reached { None } else { halted(store, name, &overview.shares).await? };
        let failure = match (&*state(&overview), why) {
            _ if is_reached => None,
            (_, Some(why)) => Some(Failure::refused(format!("{name} has halted: {why}"))),
            ("paused", _) => {
                Some(Failure::refused(format!("{name} is paused, at position {seen}")))
            }
            (state, _) if begin.elapsed() >= patience => Some(Failure::Late(format!(
                "{name} is at position {seen} and {state}; it was not at {wanted} {}",
                within(patience)
            ))),
            _ => continue,
        };
        let position = seen.get();
        if screen.is_json {
            screen.json(&Waited { name, wanted: wanted.get(), position, is_reached })?;
            screen.flush()?;
        }
        return match failure {
            Some(failure) => Err(failure),
            None if screen.is_json => Ok(()),
            None => screen.line(&format!("{name} is at position {}", number(position))),
        };
    }
}

/// Why one of these shares does not go on, if one does not. What was said before it was last resumed does not
/// count: whoever runs it needs a moment to say something else.
pub(crate) async fn halted(
    store: &Store,
    name: &str,
    shares: &[ShareOverview],
) -> Result<Option<String>, Failure> {
    let said = |share: &ShareOverview| share.said.clone().filter(|(phase, _)| phase == "halted");
    let halted = shares.iter().find_map(|share| Some((share, said(share)?.1)));
    let Some((share, at)) = halted else { return Ok(None) };
    let history = store.annals.operator().history(name).await?;
    let is_later = |it: &Answer| it.what == Action::Resume && it.is_done && it.done_at >= at;
    let is_resumed = history.iter().any(is_later);
    Ok((!is_resumed).then(|| share.why.clone().unwrap_or_default()))
}
