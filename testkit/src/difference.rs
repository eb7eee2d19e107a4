//! How values that should have been equal are shown.

use std::fmt::Debug;

use similar::TextDiff;

/// What was expected and what there is instead, line by line: `-` is missing, `+` is too much.
pub(crate) fn difference(expected: &impl Debug, got: &impl Debug) -> String {
    let (expected, got) = (format!("{expected:#?}\n"), format!("{got:#?}\n"));
    TextDiff::from_lines(&expected, &got)
        .iter_all_changes()
        .map(|change| format!("{} {}", change.tag(), change.value()))
        .collect()
}
