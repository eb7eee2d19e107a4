//! Appends as the statement takes them: a column for each argument.

use std::ops::Range;

use annals_core::{Append, NewEvent};
use annals_sql::expected_numbers;
use uuid::Uuid;

use crate::{connections::Query, timestamptz::Timestamptz};

/// The arguments of `append.sql`. What each means is said in `migrations/0002_append.sql`.
#[derive(Default)]
pub(crate) struct Columns<'a> {
    append: Vec<i32>,
    stream: Vec<&'a str>,
    expected: Vec<i64>,
    last_id: Vec<Option<Uuid>>,
    last_at: Vec<Option<Timestamptz>>,
    skip: Vec<i32>,
    part: Vec<i32>,
    id: Vec<Uuid>,
    event_type: Vec<&'a str>,
    version: Vec<i32>,
    metadata: Vec<Option<String>>,
    payload: Vec<&'a [u8]>,
}

/// Which parts and which events of a batch are one append's, counted from 0.
pub(crate) struct Place {
    pub(crate) parts: Range<usize>,
    pub(crate) events: Range<usize>,
}

impl<'a> Columns<'a> {
    /// The columns of some appends, and where in them each is.
    pub(crate) fn of(appends: &'a [Append]) -> (Self, Vec<Place>) {
        let mut columns = Self::default();
        let mut places = Vec::with_capacity(appends.len());
        for append in appends {
            let (parts, events) = (columns.stream.len(), columns.id.len());
            columns.push(append, number(places.len()));
            let (parts, events) = (parts..columns.stream.len(), events..columns.id.len());
            places.push(Place { parts, events });
        }
        columns.skip.push(number(columns.id.len()));
        (columns, places)
    }

    pub(crate) fn bind(self, query: Query<'a>) -> Query<'a> {
        query
            .bind(self.append)
            .bind(self.stream)
            .bind(self.expected)
            .bind(self.last_id)
            .bind(self.last_at)
            .bind(self.skip)
            .bind(self.part)
            .bind(self.id)
            .bind(self.event_type)
            .bind(self.version)
            .bind(self.metadata)
            .bind(self.payload)
    }

    fn push(&mut self, append: &'a Append, append_number: i32) {
        for part in append.streams() {
            let (expected, last) = expected_numbers(part.expected);
            self.append.push(append_number);
            self.stream.push(part.stream.as_str());
            self.expected.push(expected);
            self.last_id.push(last.map(|last| last.id.0));
            self.last_at.push(last.map(|last| Timestamptz(last.recorded_at)));
            self.skip.push(number(self.id.len()));
            let part_number = number(self.stream.len()); // SQL counts from 1.
            for event in &part.events {
                self.push_event(part_number, event);
            }
        }
    }

    fn push_event(&mut self, part: i32, event: &'a NewEvent) {
        self.part.push(part);
        self.id.push(event.id().0);
        self.event_type.push(event.event_type().as_str());
        self.version.push(event.schema_version().get().into());
        self.metadata.push(event.metadata().to_json());
        self.payload.push(event.payload().as_bytes());
    }
}

fn number(count: usize) -> i32 {
    i32::try_from(count).expect("a batch has far fewer parts and events than that")
}
