//! A log that nobody has written: of the shape of the bank's, for whoever has no file at hand.
//!
//! What a case is like is in [`Case`]; here cases begin one after the other, and their rows are put in the
//! order of time. Only those that are open at once are in memory.

mod case;

use std::{cmp::Reverse, collections::BinaryHeap};

use self::case::Case;
use super::{Read, Rows, chance::Chance, row::Row};

/// 2011-10-01T00:00:00+02:00.
const BEGIN: i64 = 1_317_420_000_000;

/// Between the beginnings of two cases, on average: 13,087 in 152 days.
const GAP: u64 = 1_003_000;

pub(super) fn open(cases: u64, seed: u64) -> Rows {
    let read = Read::new(cases);
    let rows = Generated {
        begin: Chance::new(seed),
        seed,
        next: BEGIN,
        begun: 0,
        cases,
        waiting: BinaryHeap::new(),
        line: 1,
        read: read.clone(),
    };
    Rows { rows: Box::new(rows.map(Ok)), read }
}

struct Generated {
    /// Of when cases begin; each has a chance of its own.
    begin: Chance,
    seed: u64,
    /// When the next case begins.
    next: i64,
    begun: u64,
    cases: u64,
    /// Rows of cases that have begun, the earliest first.
    waiting: BinaryHeap<Reverse<Waiting>>,
    line: u64,
    read: Read,
}

/// In the order of time, and of its case.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    millis: i64,
    case: u64,
    entry: u32,
    row: Row,
}

impl Iterator for Generated {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        // What comes before the next case begins cannot be overtaken any more.
        while self.begun < self.cases
            && self.waiting.peek().is_none_or(|Reverse(first)| first.millis >= self.next)
        {
            self.begin_case();
        }
        let Reverse(Waiting { mut row, .. }) = self.waiting.pop()?;
        self.line += 1;
        row.line = self.line;
        Some(row)
    }
}

impl Generated {
    fn begin_case(&mut self) {
        self.begun += 1;
        let case = self.begun;
        let chance = Chance::new(self.seed ^ case.wrapping_mul(0xd134_2543_de82_ef95));
        for row in Case::rows(&format!("G{case:06}"), self.next, chance) {
            let (millis, entry) = (row.at.millis(), row.entry);
            self.waiting.push(Reverse(Waiting { millis, case, entry, row }));
        }
        self.next += self.begin.about(GAP);
        self.read.add(1);
    }
}
