//! Results as people read them, and as programs do.

use std::fmt::Write;

use serde::Serialize;

use crate::pairs::Pair;

/// One measured thing: ours, beside its baseline.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) bench: &'static str,
    pub(crate) work: String,
    pub(crate) ours: f64,
    pub(crate) raw: f64,
    pub(crate) unit: &'static str,
    /// Ours divided by raw.
    pub(crate) ratio: f64,
    pub(crate) must: Option<Must>,
    pub(crate) ok: bool,
    /// Whatever else is worth seeing, for people.
    #[serde(skip)]
    pub(crate) remark: String,
}

/// A mark that a ratio must reach.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(into = "String")]
pub(crate) enum Must {
    AtMost(f64),
    AtLeast(f64),
    Exactly(f64),
}

impl Must {
    pub(crate) fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtMost(mark) => ratio <= mark,
            Self::AtLeast(mark) => ratio >= mark,
            Self::Exactly(mark) => (ratio - mark).abs() < f64::EPSILON,
        }
    }
}

impl From<Must> for String {
    fn from(must: Must) -> Self {
        match must {
            Must::AtMost(mark) => format!("<= {mark}"),
            Must::AtLeast(mark) => format!(">= {mark}"),
            Must::Exactly(mark) => format!("= {mark}"),
        }
    }
}

impl Row {
    /// A pair of figures in `unit`, and what must be true of them.
    pub(crate) fn of_pair(
        bench: &'static str,
        work: &str,
        unit: &'static str,
        pair: &Pair,
        must: Option<Must>,
    ) -> Self {
        let Pair { ours, raw, ratio } = pair;
        Self {
            bench,
            work: work.to_owned(),
            ours: ours.median,
            raw: raw.median,
            unit,
            ratio: ratio.median,
            must,
            ok: must.is_none_or(|must| must.is_met(ratio.median)),
            remark: format!("ratio {:.2} to {:.2}", ratio.least, ratio.most),
        }
    }

    /// The same, with something else to see behind it.
    #[must_use]
    pub(crate) fn with_remark(mut self, remark: &str) -> Self {
        self.remark = format!("{}; {remark}", self.remark);
        self
    }

    /// Two counts, of which the first must be so many times the second.
    pub(crate) fn of_counts(
        bench: &'static str,
        work: &str,
        ours: f64,
        raw: f64,
        must: Must,
        remark: String,
    ) -> Self {
        let (ratio, work) = (ours / raw, work.to_owned());
        let (ok, must) = (must.is_met(ratio), Some(must));
        Self { bench, work, ours, raw, unit: "count", ratio, must, ok, remark }
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.ok
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a row is made of numbers and texts")
    }
}

/// The rows in columns.
pub(crate) fn of(rows: &[Row]) -> String {
    let mut cells =
        vec![["work", "ours", "raw", "unit", "ratio", "must", "ok", ""].map(str::to_owned)];
    for row in rows {
        cells.push([
            row.work.clone(),
            figure(row.ours),
            figure(row.raw),
            row.unit.to_owned(),
            format!("{:.2}", row.ratio),
            row.must.map_or_else(String::new, String::from),
            if row.ok { "yes" } else { "NO" }.to_owned(),
            row.remark.clone(),
        ]);
    }
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..8).map(|column| width(column).unwrap_or(0)).collect();
    let mut table = String::new();
    for row in &cells {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let is_number = matches!(column, 1 | 2 | 4);
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let (before, after) = if is_number { (&*padding, "") } else { ("", &*padding) };
            // Writing to a string cannot fail.
            let _ = write!(line, "{before}{cell}{after}  ");
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    table
}

fn figure(number: f64) -> String {
    if number >= 100.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}
