//! `annals info`: what there is to know of a log at a glance.

use std::sync::Arc;

use annals::{Envelope, Filter, Overview, Position, Revision, StoreError, StoreErrorKind};
use serde::Serialize;

use crate::{
    args::InfoArgs,
    events::moment,
    failure::{Failure, damaged},
    scan::scan,
    screen::{Screen, bytes, number},
    store::Store,
    table::Table,
    verbs::projections::state,
};

/// Its shape for programs.
#[derive(Serialize)]
struct Info<'s> {
    store: &'static str,
    url: &'s str,
    head: i64,
    /// `null` if they were not counted.
    streams: Option<u64>,
    first_recorded_at: Option<String>,
    last_recorded_at: Option<String>,
    size_bytes: Option<u64>,
    schema_version: Option<i32>,
    migrations: Vec<Migration>,
    projections: Vec<Projection>,
}

#[derive(Serialize)]
struct Migration {
    number: i32,
    name: &'static str,
}

#[derive(Serialize)]
struct Projection {
    name: String,
    state: String,
    position: i64,
    lag: i64,
}

/// What can be said of a log, of which not all may be readable.
struct Known<'s> {
    store: &'s Store,
    head: Position,
    first: Option<Arc<Envelope>>,
    last: Option<Arc<Envelope>>,
    size: Option<u64>,
    streams: Option<u64>,
    overviews: Vec<Overview>,
}

pub(super) async fn run(store: &Store, args: &InfoArgs, screen: &Screen) -> Result<(), Failure> {
    let (head, mut damage) = (store.head().await?, None);
    let first = first(store, &mut damage).await?;
    let last = readable(store.event_at(head).await.map(Some), &mut damage)?.flatten();
    let size = store.kind.size().await?;
    let overviews = store.annals.operator().list().await?;
    let streams = match args.quick || damage.is_some() {
        true => None,
        false => readable(count_streams(store, screen).await.map(Some), &mut damage)?,
    };
    let known = Known { store, head, first, last, size, streams, overviews };
    if screen.is_json {
        screen.json(&known.info())?;
    } else {
        known.show(screen)?;
    }
    let Some(error) = damage else { return Ok(()) };
    screen.flush()?;
    Err(damaged(&error))
}

/// The first event that can be read.
async fn first(
    store: &Store,
    damage: &mut Option<StoreError>,
) -> Result<Option<Arc<Envelope>>, StoreError> {
    let first = readable(store.event_after(Position::START).await.map(Some), damage)?;
    let Some(error) = damage else { return Ok(first.flatten()) };
    match store.readable_after(Position::START, error).await? {
        Some(after) => store.event_after(after).await,
        None => Ok(None),
    }
}

/// What was read; or nothing, if it cannot be read back.
fn readable<T>(
    read: Result<Option<T>, StoreError>,
    damage: &mut Option<StoreError>,
) -> Result<Option<T>, StoreError> {
    match read {
        Err(error) if error.kind() == StoreErrorKind::Unreadable => {
            damage.get_or_insert(error);
            Ok(None)
        }
        read => read,
    }
}

impl Known<'_> {
    fn info(&self) -> Info<'_> {
        let migrations = self.store.kind.migrations();
        let time = |envelope: &Arc<Envelope>| envelope.recorded_at.to_string();
        Info {
            store: self.store.kind.name(),
            url: &self.store.url,
            head: self.head.get(),
            streams: self.streams,
            first_recorded_at: self.first.as_ref().map(time),
            last_recorded_at: self.last.as_ref().map(time),
            size_bytes: self.size,
            schema_version: migrations.last().map(|(number, _)| *number),
            migrations: migrations
                .iter()
                .map(|(number, name)| Migration { number: *number, name })
                .collect(),
            projections: self.overviews.iter().map(projection).collect(),
        }
    }

    fn show(&self, screen: &Screen) -> Result<(), Failure> {
        let Self { store, head, first, last, size, streams, overviews } = self;
        let nothing = || "–".to_owned();
        let time = |it: &Arc<Envelope>| moment(it.recorded_at);
        let line = |name: &str, value: String| {
            screen.line(&format!("{}{value}", screen.bold(&format!("{name:<14}"))))
        };
        line("store", format!("{}  {}", store.kind.name(), store.url))?;
        line("events", number(head.get()))?;
        line("streams", streams.map_or_else(|| "not counted".to_owned(), number))?;
        line("first event", first.as_ref().map_or_else(nothing, time))?;
        line("last event", last.as_ref().map_or_else(nothing, time))?;
        line("size", size.map_or_else(nothing, bytes))?;
        let schema = |(number, name): &(i32, &str)| format!("{number} ({name})");
        line("schema", store.kind.migrations().last().map_or_else(nothing, schema))?;
        if overviews.is_empty() {
            return line("projections", "none".to_owned());
        }
        screen.line("")?;
        let mut table = Table::new(&["projection", "state", ">position", ">lag"]);
        for it in overviews.iter().map(projection) {
            table.row([it.name, it.state, number(it.position), number(it.lag)]);
        }
        screen.table(&table)
    }
}

fn projection(overview: &Overview) -> Projection {
    Projection {
        name: overview.name.clone(),
        state: state(overview),
        position: overview.position.get(),
        lag: overview.lag,
    }
}

/// Each stream has one first event.
async fn count_streams(store: &Store, screen: &Screen) -> Result<u64, StoreError> {
    let (mut streams, first) = (0, Revision::START.plus(1));
    scan(store, screen, Filter::All, |event| streams += u64::from(event.revision == first)).await?;
    Ok(streams)
}
