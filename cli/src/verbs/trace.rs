//! `annals trace`: what followed from one beginning, as a tree of causes.

use std::collections::{HashMap, HashSet};

use annals::{Envelope, EventId, Filter};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    events::{Line, show},
    failure::Failure,
    scan::scan,
    screen::Screen,
    store::Store,
};

/// Its shape for programs: the tree from above, each event after that which caused it.
#[derive(Serialize)]
struct Trace<'e> {
    correlation_id: Uuid,
    events: Vec<Node<'e>>,
}

#[derive(Serialize)]
struct Node<'e> {
    depth: usize,
    #[serde(flatten)]
    event: Line<'e>,
}

pub(super) async fn run(store: &Store, correlation: Uuid, screen: &Screen) -> Result<(), Failure> {
    let mut events = vec![];
    scan(store, screen, Filter::All, |event| {
        if event.correlation_id() == correlation {
            events.push(event.clone());
        }
    })
    .await?;
    if events.is_empty() {
        return Err(Failure::refused(format!("no event has the correlation {correlation}")));
    }
    let tree = tree(&events);
    if screen.is_json {
        let node = |(depth, event)| Node { depth, event: Line::of(event) };
        let events = tree.into_iter().map(node).collect();
        return screen.json(&Trace { correlation_id: correlation, events });
    }
    for (depth, event) in tree {
        let branch =
            if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) };
        let lines = show(event, false, branch.chars().count(), screen);
        lines.iter().try_for_each(|line| screen.line(&format!("{}{line}", screen.dim(&branch))))?;
    }
    Ok(())
}

/// Each event after that which caused it, with how many causes it has above it. What was caused by none of
/// these is at the top.
fn tree(events: &[Envelope]) -> Vec<(usize, &Envelope)> {
    let ids: HashSet<_> = events.iter().map(|event| event.id).collect();
    let mut caused = HashMap::<EventId, Vec<&Envelope>>::new();
    let mut tops = vec![];
    for event in events {
        match event.metadata.causation_id.filter(|id| ids.contains(id) && *id != event.id) {
            Some(cause) => caused.entry(cause).or_default().push(event),
            None => tops.push(event),
        }
    }
    let mut tree = Vec::with_capacity(events.len());
    let mut shown = HashSet::new();
    // Those that cause each other in a circle have nothing at the top: they come last.
    for top in tops.into_iter().chain(events) {
        let mut waiting = vec![(0, top)];
        while let Some((depth, event)) = waiting.pop() {
            if shown.insert(event.id) {
                tree.push((depth, event));
                let below = caused.get(&event.id).into_iter().flatten().rev();
                waiting.extend(below.map(|event| (depth + 1, *event)));
            }
        }
    }
    tree
}
