//! No Rust file is longer than a reader's patience.

use super::{Finding, repository::Repository, rust::without_tests};

/// The most lines a file may have, its unit tests aside.
const MOST: usize = 500;

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files(".rs") {
        let lines = without_tests(&file.text).lines().count();
        if lines > MOST {
            let advice = format!("{lines} lines without tests, of {MOST}: one file, one concept");
            findings.push(file.finding(MOST, advice));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn a_file_of_501_lines_is_found() {
        assert_eq!(places(check, &[("src/lib.rs", &"a\n".repeat(501))]), ["src/lib.rs:500"]);
    }

    #[test]
    fn unit_tests_do_not_count() {
        let text =
            format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "a\n".repeat(499), "b\n".repeat(9));
        assert!(places(check, &[("src/lib.rs", &text)]).is_empty());
    }
}
