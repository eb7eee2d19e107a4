//! `annals stats`: how many events and bytes there are, by category, type and day.

use std::collections::BTreeMap;

use annals::{Filter, Timestamp};
use serde::Serialize;

use crate::{
    args::{By, StatsArgs},
    failure::Failure,
    scan::scan,
    screen::{Screen, bytes, number},
    store::Store,
    table::Table,
};

/// So many.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Count {
    events: u64,
    bytes: u64,
}

/// Its shape for programs. What was not asked for is left out.
#[derive(Default, Serialize)]
struct Stats {
    total: Count,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_category: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_type: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_day: Option<Counts>,
}

/// By their names, in order.
type Counts = BTreeMap<String, Count>;

pub(super) async fn run(store: &Store, args: &StatsArgs, screen: &Screen) -> Result<(), Failure> {
    let counts = |by| args.by.is_none_or(|wanted| wanted == by).then(Counts::new);
    let mut stats = Stats {
        total: Count::default(),
        by_category: counts(By::Category),
        by_type: counts(By::Type),
        by_day: counts(By::Day),
    };
    scan(store, screen, Filter::All, |event| {
        let bytes = u64::try_from(event.payload.len()).unwrap_or(u64::MAX);
        stats.total.add(bytes);
        add(&mut stats.by_category, event.stream.category(), bytes);
        add(&mut stats.by_type, event.event_type.as_str(), bytes);
        if stats.by_day.is_some() {
            add(&mut stats.by_day, &day(event.recorded_at), bytes);
        }
    })
    .await?;
    if screen.is_json {
        return screen.json(&stats);
    }
    let Stats { total, by_category, by_type, by_day } = &stats;
    for (head, counts) in [("category", by_category), ("type", by_type), ("day", by_day)] {
        let Some(counts) = counts else { continue };
        let mut table = Table::new(&[head, ">events", ">payload"]);
        for (name, count) in counts {
            table.row([name.clone(), number(count.events), bytes(count.bytes)]);
        }
        screen.table(&table)?;
        screen.line("")?;
    }
    screen.line(&format!("{} events, {} of payload", number(total.events), bytes(total.bytes)))
}

fn add(counts: &mut Option<Counts>, name: &str, bytes: u64) {
    let Some(counts) = counts else { return };
    match counts.get_mut(name) {
        Some(count) => count.add(bytes),
        None => counts.entry(name.to_owned()).or_default().add(bytes),
    }
}

impl Count {
    fn add(&mut self, bytes: u64) {
        self.events += 1;
        self.bytes += bytes;
    }
}

/// The day in UTC.
fn day(moment: Timestamp) -> String {
    let moment = jiff::Timestamp::from_microsecond(moment.as_micros());
    moment.map_or_else(|_| "?".to_owned(), |moment| moment.strftime("%Y-%m-%d").to_string())
}
