//! `annals tail`: the end of the log, and what is added to it.

use std::collections::VecDeque;

use annals::{EventType, Filter, Position};
use futures::TryStreamExt;

use crate::{args::TailArgs, events::print, failure::Failure, screen::Screen, store::Store};

pub(super) async fn run(store: &Store, args: &TailArgs, screen: &Screen) -> Result<(), Failure> {
    let types = args.types.iter().map(|name| EventType::parse(name.as_str()));
    let types: Vec<_> = types.collect::<Result<_, _>>().map_err(Failure::usage)?;
    let filter = if types.is_empty() { Filter::All } else { types.into_iter().collect() };
    let head = store.head().await?;
    let after = match args.after {
        Some(after) => i64::try_from(after).ok().and_then(Position::new),
        None => Some(after_all_but(args.lines, head, &filter, store).await?),
    };
    let after = after.ok_or_else(|| Failure::usage("no position is that high"))?;
    let mut events = if args.follow {
        store.annals.subscribe(after, filter)
    } else {
        store.annals.store().read_log(after, filter)
    };
    while let Some(envelope) = events.try_next().await? {
        print(&envelope, args.full, screen)?;
        // What was there before is printed at once, and what comes when it comes.
        if args.follow && envelope.position >= head {
            screen.flush()?;
        }
    }
    Ok(())
}

/// After which position the last few events begin.
async fn after_all_but(
    lines: usize,
    head: Position,
    filter: &Filter,
    store: &Store,
) -> Result<Position, Failure> {
    if *filter == Filter::All || lines == 0 {
        return Ok(head.minus(lines));
    }
    let mut last = VecDeque::new();
    let mut events = store.annals.store().read_log(Position::START, filter.clone());
    while let Some(envelope) = events.try_next().await? {
        last.push_back(envelope.position);
        if last.len() > lines {
            last.pop_front();
        }
    }
    Ok(last.front().map_or(head, |first| first.minus(1)))
}
