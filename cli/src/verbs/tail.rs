//! `annals tail`: the end of the log, and what is added to it.

use std::collections::VecDeque;

use annals::{EventType, Filter, Position, StoreErrorKind};
use futures::TryStreamExt;

use crate::{
    args::TailArgs,
    events::print,
    failure::{Failure, damaged},
    screen::Screen,
    store::Store,
};

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
    match args.follow {
        true => follow(store, args, (after, head), filter, screen).await,
        false => show(store, args, after, &filter, screen).await,
    }
}

async fn follow(
    store: &Store,
    args: &TailArgs,
    (after, head): (Position, Position),
    filter: Filter,
    screen: &Screen,
) -> Result<(), Failure> {
    let mut events = store.annals.subscribe(after, filter);
    while let Some(envelope) = events.try_next().await? {
        print(&envelope, args.full, screen)?;
        // What was there before is printed at once, and what comes when it comes.
        if envelope.position >= head {
            screen.flush()?;
        }
    }
    Ok(())
}

/// Shows what can be read, and at the end what could not.
async fn show(
    store: &Store,
    args: &TailArgs,
    mut after: Position,
    filter: &Filter,
    screen: &Screen,
) -> Result<(), Failure> {
    let mut damage = None;
    let mut events = store.annals.store().read_log(after, filter.clone());
    loop {
        match events.try_next().await {
            Ok(Some(envelope)) => {
                print(&envelope, args.full, screen)?;
                after = envelope.position;
            }
            Ok(None) => break,
            Err(error) if error.kind() == StoreErrorKind::Unreadable => {
                let next = store.readable_after(after, &error).await?;
                damage.get_or_insert(error);
                let Some(next) = next else { break };
                after = next;
                events = store.annals.store().read_log(after, filter.clone());
            }
            Err(error) => return Err(error.into()),
        }
    }
    match damage {
        None => Ok(()),
        Some(error) => {
            screen.flush()?;
            Err(damaged(&error))
        }
    }
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
