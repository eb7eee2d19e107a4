//! Reads tables in Markdown.

use super::repository::numbered;

/// A table, as far as the checks need it.
#[derive(Debug, PartialEq)]
pub(super) struct Table<'a> {
    /// The line of its header.
    pub(super) line: usize,
    pub(super) header: Vec<&'a str>,
    /// The rows, each with its line.
    pub(super) rows: Vec<(usize, Vec<&'a str>)>,
}

/// The tables in `text`.
pub(super) fn tables(text: &str) -> Vec<Table<'_>> {
    let lines: Vec<_> = numbered(text).collect();
    let blocks =
        lines.chunk_by(|(_, one), (_, next)| one.starts_with('|') == next.starts_with('|'));

    let tables = blocks.filter_map(|block| match block {
        [(line, header), (_, rule), rows @ ..] if rule.starts_with("|-") => Some(Table {
            line: *line,
            header: cells(header),
            rows: rows.iter().map(|(line, row)| (*line, cells(row))).collect(),
        }),
        _ => None,
    });
    tables.collect()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim().trim_matches('|').split('|').map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::{Table, tables};

    #[test]
    fn a_table_is_read_with_its_lines() {
        let text = "Above.\n\n| crate | may import |\n|---|---|\n| a | b, c |\n\nBelow.\n";
        let table = Table {
            line: 3,
            header: vec!["crate", "may import"],
            rows: vec![(5, vec!["a", "b, c"])],
        };
        assert_eq!(tables(text), [table]);
    }
}
