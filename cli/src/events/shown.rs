//! An event as people see it.

use annals::{Envelope, Payload, Timestamp};
use console::truncate_str;

use crate::screen::{Screen, harmless};

/// A moment to the millisecond, always of one width.
pub(crate) fn moment(moment: Timestamp) -> String {
    match jiff::Timestamp::from_microsecond(moment.as_micros()) {
        Ok(moment) => moment.strftime("%Y-%m-%d %H:%M:%S%.3fZ").to_string(),
        Err(_) => moment.to_string(),
    }
}

/// The lines that show an event: one that is no wider than a terminal, with so much before it, or all there is to
/// know.
pub(crate) fn show(
    envelope: &Envelope,
    is_full: bool,
    indent: usize,
    screen: &Screen,
) -> Vec<String> {
    let Envelope { position, stream, revision, event_type, .. } = envelope;
    let time = moment(envelope.recorded_at);
    let before = format!("{:>8}  {time}  {stream}@{revision}  ", position.get());
    if !is_full {
        let rest = format!("{event_type}  {}", harmless(&text(&envelope.payload)));
        let line = format!("{before}{rest}");
        let line = match screen.width {
            Some(width) => truncate_str(&line, width.saturating_sub(indent), "…").into_owned(),
            None => line,
        };
        return vec![line];
    }
    let mut lines = vec![screen.bold(&format!("{before}{event_type}"))];
    let mut add = |name: &str, value: &str| {
        lines.push(format!("          {}{}", screen.dim(&format!("{name:<18} ")), harmless(value)));
    };
    add("id", &envelope.id.to_string());
    add("schema version", &envelope.schema_version.to_string());
    let metadata = &envelope.metadata;
    let causation = metadata.causation_id.map(|id| id.to_string());
    let correlation = metadata.correlation_id.map(|id| id.to_string());
    for (name, value) in [
        ("correlation", &correlation),
        ("causation", &causation),
        ("source", &metadata.source),
        ("actor", &metadata.actor),
        ("tenant", &metadata.tenant),
        ("traceparent", &metadata.traceparent),
        ("tracestate", &metadata.tracestate),
    ] {
        if let Some(value) = value {
            add(name, value);
        }
    }
    metadata.extra.iter().for_each(|(name, value)| add(&harmless(name), value));
    add("payload", &text(&envelope.payload));
    lines
}

/// A payload as a text, whatever it is.
fn text(payload: &Payload) -> String {
    match payload.as_text() {
        Some(text) => text.to_owned(),
        None => format!("{} bytes: {}", payload.len(), payload.as_bytes().escape_ascii()),
    }
}
