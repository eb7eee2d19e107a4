//! `annals parked show`: why a key is set aside, and its events.

use annals::Position;

use super::{PAGE, find, row, shape};
use crate::{args::ByKey, events::print, failure::Failure, screen::Screen, store::Store};

pub(super) async fn run(store: &Store, by: &ByKey, screen: &Screen) -> Result<(), Failure> {
    let ByKey { name, key } = by;
    let info = find(store, name, key).await?;
    if screen.is_json {
        screen.json(&shape(name, &info))?;
    } else {
        let names = ["projection", "key", "events", "position", "since", "for", "error"];
        for (head, value) in names.into_iter().zip(row(name, &info)) {
            let value = crate::screen::harmless(&value);
            screen.line(&format!("{}{value}", screen.bold(&format!("{head:<12}"))))?;
        }
        screen.line("")?;
    }
    let mut after = Position::START;
    loop {
        let positions = store.annals.operator().parked_events(name, key, after, PAGE).await?;
        for position in &positions {
            let Some(event) = store.event_at(*position).await? else { continue };
            print(&event, true, screen)?;
        }
        match positions.last() {
            Some(last) if positions.len() == PAGE => after = *last,
            _ => return Ok(()),
        }
    }
}
