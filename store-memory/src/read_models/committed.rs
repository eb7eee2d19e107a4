//! What is committed, and what a transaction finds in it.

use std::ops::Bound;

use annals_core::{Payload, Record, TableColumn, TableRow};

use crate::changes::{Changes, Map};

/// What is committed. Only a commit changes it, and changes it whole.
#[derive(Default)]
pub(super) struct Committed {
    /// What is recorded, area by area.
    pub(super) areas: Map<Map<String>>,
    /// Each table that there is.
    pub(super) tables: Map<Kept>,
    /// What the application keeps beside these.
    pub(super) own: Map<Payload>,
}

/// A table.
#[derive(Default)]
pub(super) struct Kept {
    /// As it was made with them; its rows have their values in this order.
    pub(super) columns: Vec<TableColumn>,
    pub(super) rows: Map<TableRow>,
}

impl Committed {
    /// What is recorded in an area. Each that nobody has written to is there, and empty.
    pub(super) fn area(&self, area: &str) -> &Map<String> {
        static EMPTY: Map<String> = Map::new();
        self.areas.get(area).unwrap_or(&EMPTY)
    }
}

/// The records of an area, as it would be with `changes`, whose keys begin with `prefix` and come after
/// `after`.
pub(super) fn listed<'a>(
    area: &'a Map<String>,
    changes: &'a Changes<String>,
    prefix: &'a str,
    after: &'a str,
) -> impl Iterator<Item = Record> {
    let from = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    // Keys that begin alike stand together.
    let records = changes.range(area, from).take_while(move |(key, _)| key.starts_with(prefix));
    records.map(|(key, content)| Record { key: key.clone(), content: content.clone() })
}
