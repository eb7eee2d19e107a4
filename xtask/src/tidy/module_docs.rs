//! Every Rust file opens by saying what it is for.

use super::{Finding, repository::Repository};

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let files = repository.files(".rs").filter(|file| !file.is_in("tests/ui"));
    let silent = files.filter(|file| !file.text.starts_with("//!"));
    silent.map(|file| file.finding(1, "open with a `//!` line: what is this file for?")).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn a_file_without_a_doc_comment_is_found() {
        assert_eq!(
            places(check, &[("core/src/event.rs", "use std::fmt;\n")]),
            ["core/src/event.rs:1"]
        );
    }

    #[test]
    fn a_file_with_one_and_a_case_for_the_compiler_are_fine() {
        let files =
            [("core/src/event.rs", "//! Events.\n"), ("macros/tests/ui/a.rs", "fn main() {}")];
        assert!(places(check, &files).is_empty());
    }
}
