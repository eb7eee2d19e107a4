//! `annals streams`: all streams, with how far each is.

use std::collections::BTreeMap;

use annals::{Filter, StreamId, Timestamp};
use serde::Serialize;

use crate::{
    args::StreamsArgs,
    events::moment,
    failure::Failure,
    scan::scan,
    screen::{Screen, number},
    store::Store,
    table::Table,
};

/// What is known of a stream.
struct Known {
    revision: i64,
    first: Timestamp,
    last: Timestamp,
}

/// Its shape for programs.
#[derive(Serialize)]
struct Line<'s> {
    stream: &'s str,
    category: &'s str,
    revision: i64,
    first_recorded_at: String,
    last_recorded_at: String,
}

pub(super) async fn run(store: &Store, args: &StreamsArgs, screen: &Screen) -> Result<(), Failure> {
    let mut streams = BTreeMap::<StreamId, Known>::new();
    let is_wanted = |stream: &StreamId| {
        args.category.as_ref().is_none_or(|category| stream.category() == category)
    };
    scan(store, screen, Filter::All, |event| {
        if !is_wanted(&event.stream) {
            return;
        }
        let (revision, now) = (event.revision.get(), event.recorded_at);
        let known = Known { revision, first: now, last: now };
        let known = streams.entry(event.stream.clone()).or_insert(known);
        (known.revision, known.last) = (revision, now);
    })
    .await?;
    if screen.is_json {
        return streams.iter().try_for_each(|(stream, known)| {
            screen.json(&Line {
                stream: stream.as_str(),
                category: stream.category(),
                revision: known.revision,
                first_recorded_at: known.first.to_string(),
                last_recorded_at: known.last.to_string(),
            })
        });
    }
    let mut table = Table::new(&["stream", ">events", "first", "last"]);
    for (stream, known) in &streams {
        let (first, last) = (moment(known.first), moment(known.last));
        table.row([stream.to_string(), number(known.revision), first, last]);
    }
    match table.is_empty() {
        true => screen.line("no streams"),
        false => screen.table(&table),
    }
}
