//! `annals read`: the events of a stream, now or as a moment of the past had it.

use annals::{AsOf, Position, Revision, StreamId, Timestamp};
use futures::TryStreamExt;

use crate::{args::ReadArgs, events::print, failure::Failure, screen::Screen, store::Store};

pub(super) async fn run(store: &Store, args: &ReadArgs, screen: &Screen) -> Result<(), Failure> {
    let stream = StreamId::parse(&args.stream).map_err(Failure::usage)?;
    let after = i64::try_from(args.after).ok().and_then(Revision::new);
    let after = after.ok_or_else(|| Failure::usage("no revision is that high"))?;
    let end = match args.as_of.as_deref().map(as_of).transpose()? {
        Some(as_of) => Some(last_of(store, &stream, as_of).await?),
        None => None,
    };
    let mut events = store.annals.store().read_stream(&stream, after);
    let mut is_there = false;
    while let Some(envelope) = events.try_next().await? {
        is_there = true;
        if end.is_some_and(|end| envelope.revision > end) {
            break;
        }
        print(&envelope, args.full, screen)?;
    }
    if !is_there && after == Revision::START {
        return Err(Failure::refused(format!("there is no stream {stream}")));
    }
    Ok(())
}

/// A moment, as it was written.
fn as_of(text: &str) -> Result<AsOf, Failure> {
    if let Ok(position) = text.parse() {
        let position =
            Position::new(position).ok_or_else(|| Failure::usage("no position is negative"))?;
        return Ok(AsOf::Position(position));
    }
    let time: Result<jiff::Timestamp, _> = text.parse();
    let time = time.ok().and_then(|time| Timestamp::from_micros(time.as_microsecond()));
    let what = "`--as-of` is a position, or a time such as 2026-03-01T12:00:00Z";
    Ok(AsOf::Time(time.ok_or_else(|| Failure::usage(what))?))
}

/// The last event that was recorded then or before. The store's clock may step back, so all are looked at.
async fn last_of(store: &Store, stream: &StreamId, as_of: AsOf) -> Result<Revision, Failure> {
    let mut events = store.annals.store().read_stream(stream, Revision::START);
    let mut last = Revision::START;
    while let Some(envelope) = events.try_next().await? {
        if as_of.includes(&envelope) {
            last = envelope.revision;
        }
    }
    Ok(last)
}
