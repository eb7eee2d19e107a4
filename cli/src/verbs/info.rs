//! `annals info`: what there is to know of a log at a glance.

use annals::{Filter, Overview, Position, Revision};
use serde::Serialize;

use crate::{
    args::InfoArgs,
    events::moment,
    failure::Failure,
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

pub(super) async fn run(store: &Store, args: &InfoArgs, screen: &Screen) -> Result<(), Failure> {
    let head = store.head().await?;
    let (first, last) = (store.event_after(Position::START).await?, store.event_at(head).await?);
    let size = store.kind.size().await?;
    let overviews = store.annals.operator().list().await?;
    let streams = if args.quick { None } else { Some(count_streams(store, screen).await?) };
    let migrations = store.kind.migrations();
    if screen.is_json {
        let time = |envelope: &annals::Envelope| envelope.recorded_at.to_string();
        return screen.json(&Info {
            store: store.kind.name(),
            url: &store.url,
            head: head.get(),
            streams,
            first_recorded_at: first.as_deref().map(time),
            last_recorded_at: last.as_deref().map(time),
            size_bytes: size,
            schema_version: migrations.last().map(|(number, _)| *number),
            migrations: migrations
                .iter()
                .map(|(number, name)| Migration { number: *number, name })
                .collect(),
            projections: overviews.iter().map(projection).collect(),
        });
    }
    let nothing = || "–".to_owned();
    let show = |name: &str, value: String| {
        screen.line(&format!("{}{value}", screen.bold(&format!("{name:<14}"))))
    };
    show("store", format!("{}  {}", store.kind.name(), store.url))?;
    show("events", number(head.get()))?;
    show("streams", streams.map_or_else(|| "not counted".to_owned(), number))?;
    show("first event", first.map_or_else(nothing, |it| moment(it.recorded_at)))?;
    show("last event", last.map_or_else(nothing, |it| moment(it.recorded_at)))?;
    show("size", size.map_or_else(nothing, bytes))?;
    show(
        "schema",
        migrations.last().map_or_else(nothing, |(number, name)| format!("{number} ({name})")),
    )?;
    if overviews.is_empty() {
        return show("projections", "none".to_owned());
    }
    screen.line("")?;
    let mut table = Table::new(&["projection", "state", ">position", ">lag"]);
    for it in overviews.iter().map(projection) {
        table.row([it.name, it.state, number(it.position), number(it.lag)]);
    }
    screen.table(&table)
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
async fn count_streams(store: &Store, screen: &Screen) -> Result<u64, Failure> {
    let (mut streams, first) = (0, Revision::START.plus(1));
    scan(store, screen, Filter::All, |event| streams += u64::from(event.revision == first)).await?;
    Ok(streams)
}
