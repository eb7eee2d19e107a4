//! Reads the lines of a `Cargo.toml`, as far as the checks need them.

use super::repository::numbered;

/// A line `key = value`.
#[derive(Debug, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) line: usize,
    /// The table it is in, without brackets.
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    pub(super) value: &'a str,
}

/// The entries of a manifest. Lines that go on with the value of the one before are left out.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut table = "";
    let mut entries = Vec::new();

    for (line, text) in numbered(text) {
        if let Some(header) = text.strip_prefix('[') {
            table = header.trim_end_matches(']');
        } else if let Some((key, value)) = text.split_once('=')
            && key.starts_with(char::is_alphanumeric)
        {
            entries.push(Entry { line, table, key: key.trim(), value: value.trim() });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::{Entry, entries};

    #[test]
    fn an_entry_knows_its_table_and_its_line() {
        let text = "\
[features]
default = [
    \"a\",
]

[dev-dependencies]
# Why.
a.workspace = true
";
        assert_eq!(
            entries(text),
            [
                Entry { line: 2, table: "features", key: "default", value: "[" },
                Entry { line: 8, table: "dev-dependencies", key: "a.workspace", value: "true" },
            ]
        );
    }
}
