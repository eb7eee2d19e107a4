//! What became of the rows.

use std::{fmt, time::Duration};

use annals::Position;

use super::super::{domain::Refused, source::Bad};

/// How many of each kind are listed. All are counted.
pub(crate) const LISTED: usize = 1_000;

/// What became of the rows of an import.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    pub(crate) recorded: u64,
    /// Recorded by an earlier import.
    pub(crate) repeated: u64,
    pub(crate) rejections: u64,
    pub(crate) bad_rows: u64,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) bad: Vec<Bad>,
    /// Whether there are rows that nobody could read, nor say how many.
    pub(crate) is_cut: bool,
    /// Where the last of them stands.
    pub(crate) position: Position,
    pub(crate) took: Duration,
    /// How long the read models took then to catch up.
    pub(crate) caught_up: Duration,
}

/// A row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    pub(crate) line: u64,
    pub(crate) case: String,
    pub(crate) entry: u32,
    pub(crate) why: Refused,
}

impl Tally {
    pub(super) fn recorded(&mut self, position: Position, is_repeat: bool) {
        self.position = self.position.max(position);
        if is_repeat {
            self.repeated += 1;
        } else {
            self.recorded += 1;
        }
    }

    pub(super) fn rejected(&mut self, rejected: Rejected) {
        self.rejections += 1;
        if self.rejected.len() < LISTED {
            self.rejected.push(rejected);
        }
    }

    pub(super) fn bad(&mut self, bad: Bad) {
        self.bad_rows += 1;
        self.is_cut |= bad.is_last;
        if self.bad.len() < LISTED {
            self.bad.push(bad);
        }
    }

    /// A row that is not listed, since one before it says why it is bad, too.
    pub(super) fn not_sent(&mut self) {
        self.bad_rows += 1;
    }

    /// How many rows came to nothing.
    pub(crate) fn failed(&self) -> u64 {
        self.rejections + self.bad_rows
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.recorded += other.recorded;
        self.repeated += other.repeated;
        self.rejections += other.rejections;
        self.bad_rows += other.bad_rows;
        self.is_cut |= other.is_cut;
        self.position = self.position.max(other.position);
        self.rejected.extend(other.rejected);
        self.rejected.sort_by_key(|it| it.line);
        self.rejected.truncate(LISTED);
        self.bad.extend(other.bad);
        self.bad.sort_by_key(|it| it.line);
        self.bad.truncate(LISTED);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bad in &self.bad {
            writeln!(f, "{bad}")?;
        }
        for Rejected { line, case, entry, why } in &self.rejected {
            writeln!(f, "line {line}: {case}/{entry} rejected: {why}")?;
        }
        let unlisted = self.failed() - count(self.bad.len()) - count(self.rejected.len());
        if unlisted > 0 {
            writeln!(f, "and {unlisted} more")?;
        }
        let Self { rows, recorded, repeated, rejections, bad_rows, .. } = self;
        let seconds = self.took.as_secs_f64();
        writeln!(f, "rows        {rows:>9}")?;
        writeln!(f, "recorded    {recorded:>9}")?;
        writeln!(f, "were there  {repeated:>9}")?;
        writeln!(f, "rejected    {rejections:>9}")?;
        writeln!(f, "bad         {bad_rows:>9}")?;
        let rate = f64::from(u32::try_from(*rows).unwrap_or(u32::MAX)) / seconds.max(0.001);
        let caught_up = self.caught_up.as_secs_f64();
        writeln!(f, "took {seconds:.1} s, {rate:.0} rows/s; caught up {caught_up:.2} s later")
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
