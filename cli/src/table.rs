//! Tables for people: aligned, and no wider than the terminal.

use console::{measure_text_width, truncate_str};

use crate::screen::{Screen, harmless};

/// How narrow columns are made, as long as there is room for all of that width.
const NARROW: usize = 8;

/// Rows under heads. Numbers stand to the right.
pub(crate) struct Table {
    heads: Vec<&'static str>,
    is_right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With these heads; where one begins with `>`, its column stands to the right.
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self {
            heads: heads.iter().map(|head| head.trim_start_matches('>')).collect(),
            is_right: heads.iter().map(|head| head.starts_with('>')).collect(),
            rows: vec![],
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| harmless(&cell)).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Its lines as that screen shows them.
    pub(crate) fn lines(&self, screen: &Screen) -> Vec<String> {
        let widths = self.widths(screen.width);
        let heads: Vec<_> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let head = screen.bold(&self.line(&heads, &widths));
        let rows = self.rows.iter().map(|row| self.line(row, &widths));
        std::iter::once(head).chain(rows).collect()
    }

    /// How wide each column is. Where there is no room for all, the widest give way.
    fn widths(&self, room: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.heads.iter().map(|head| measure_text_width(head)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = measure_text_width(cell).max(*width);
            }
        }
        let gaps = 2 * widths.len().saturating_sub(1);
        // On a terminal that is too narrow even for that, a line that is cut is still better than one that is broken.
        for narrowest in [NARROW, 1] {
            while let Some(room) = room
                && widths.iter().sum::<usize>() + gaps > room
                && let Some(widest) = widths.iter_mut().max()
                && *widest > narrowest
            {
                *widest -= 1;
            }
        }
        widths
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let cell = |((cell, width), is_right): ((&String, &usize), &bool)| {
            let cell = truncate_str(cell, *width, "…");
            let blank = " ".repeat(width.saturating_sub(measure_text_width(&cell)));
            if *is_right { format!("{blank}{cell}") } else { format!("{cell}{blank}") }
        };
        let cells = cells.iter().zip(widths).zip(&self.is_right).map(cell);
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn table() -> Table {
        let mut table = Table::new(&["stream", ">events"]);
        table.row(["account:a-rather-long-name".to_owned(), "1,000".to_owned()]);
        table.row(["日本".to_owned(), "7".to_owned()]);
        table
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(table().widths(None), [26, 6]);
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let heads = ["projection", "key", ">events", ">position", "since", ">for", "error"];
        let mut table = Table::new(&heads);
        table.row(heads.map(|head| head.repeat(20)));
        table.row(heads.map(|_| "日本".repeat(20)));
        for room in 19..200 {
            let widths = table.widths(Some(room));
            let heads = heads.map(str::to_owned).to_vec();
            for row in table.rows.iter().chain([&heads]) {
                let line = table.line(row, &widths);
                assert!(console::measure_text_width(&line) <= room, "{room}: {line}");
            }
        }
    }

    #[test]
    fn where_there_is_no_room_the_widest_column_gives_way() {
        let table = table();
        assert_eq!(table.widths(Some(20)), [12, 6]);
        let lines: Vec<_> = table.rows.iter().map(|row| table.line(row, &[12, 6])).collect();
        assert_eq!(lines, ["account:a-r…   1,000", "日本               7"]);
    }
}
