//! Every promise and invariant in ARCHITECTURE.md is kept by tests that exist and are run.

use std::{collections::BTreeSet, mem};

use super::{
    Finding,
    markdown::{self, Table},
    repository::{File, Repository},
    rust::{Kind, only},
};

const PROMISES: [&str; 2] = ["promise", "kept by"];
const INVARIANTS: [&str; 2] = ["invariant", "kept by"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let Some(file) = repository.file("ARCHITECTURE.md") else { return Vec::new() };
    let tables = markdown::tables(&file.text);
    let tests = tests(repository);

    [PROMISES, INVARIANTS]
        .into_iter()
        .flat_map(|header| match tables.iter().find(|table| table.header == header) {
            Some(table) => check_table(file, table, &tests),
            None => vec![file.finding(1, format!("add the table `| {} |`", header.join(" | ")))],
        })
        .collect()
}

/// An invariant may be kept by a signature; a promise is kept by a test.
fn check_table(file: &File, table: &Table<'_>, tests: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, row) in &table.rows {
        let named: Vec<_> = row.last().into_iter().flat_map(|cell| names(cell)).collect();
        if named.is_empty() && table.header == PROMISES {
            findings.push(file.finding(*line, "name the test that keeps this promise"));
        }
        for name in named.into_iter().filter(|name| !tests.contains(*name)) {
            let advice =
                format!("no test is called `{name}`: write it, or name the one that is meant");
            findings.push(file.finding(*line, advice));
        }
    }
    findings
}

/// The names in backticks that can only be those of tests: `several_words_like_this`.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    let in_backticks = cell.split('`').skip(1).step_by(2);
    in_backticks.filter(|name| name.contains('_') && name.chars().all(is_of_a_name))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
}

/// The names of all tests: the functions marked as such, those in a list of the same file of tests, and
/// the rules in the lists of the conformance macros, which make tests of each.
fn tests(repository: &Repository) -> BTreeSet<String> {
    let (mut tests, mut rules, mut listed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());

    for file in repository.files(".rs") {
        let code = only(Kind::Code, &file.text);
        let is_suite = file.path.starts_with("testkit/src/conformance");
        let is_tests = file.path.contains("tests/");
        for (marked, name) in functions(&code) {
            if marked {
                tests.insert(name.into());
            } else if is_suite {
                rules.insert(name.into());
            } else if is_tests && items(&code).any(|item| item == name) {
                tests.insert(name.into());
            }
        }
        if is_suite {
            listed.extend(items(&code).map(String::from));
        }
    }
    tests.extend(rules.intersection(&listed).cloned());
    tests
}

/// The lines of `code` that end with a comma, without it: what stands in a list.
fn items(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| line.trim().strip_suffix(','))
}

/// The functions in `code`, each with whether it is marked as a test.
fn functions(code: &str) -> Vec<(bool, &str)> {
    let mut functions = Vec::new();
    let mut marked = false;
    for line in code.lines() {
        marked |= line.contains("#[test]") || line.contains("#[tokio::test");
        if let Some((_, function)) = line.split_once("fn ")
            && let Some((name, _)) = function.split_once(['(', '<'])
        {
            functions.push((mem::take(&mut marked), name));
        }
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    const TESTS: (&str, &str) = (
        "core/src/store.rs",
        "
#[test]
fn nothing_is_lost() {}

proptest! {
    #[test]
    fn any_fold_can_be_cut(at: usize) {}
}

#[tokio::test]
async fn it_ends() {}

fn this_helps_the_tests() {}
",
    );
    const LIST: (&str, &str) = (
        "testkit/src/conformance.rs",
        "
rules!($fresh => {
    a_rule_in_the_list,
    a_rule_that_was_not_written,
});
",
    );
    const RULES: (&str, &str) = (
        "testkit/src/conformance/event_store.rs",
        "
pub async fn a_rule_in_the_list() {}
pub async fn a_rule_that_was_forgotten() {}
",
    );

    /// Where something is found, if these rows are in the tables.
    fn found(promises: &str, invariants: &str) -> Vec<String> {
        let promises = format!("| promise | kept by |\n|---|---|\n{promises}");
        let text = format!("{promises}\n| invariant | kept by |\n|---|---|\n{invariants}");
        places(check, &[("ARCHITECTURE.md", &text), TESTS, LIST, RULES])
    }

    #[test]
    fn tests_properties_and_rules_keep_a_promise() {
        let promises = "| 1 | `nothing_is_lost`, `it_ends` |\n| 2 | `any_fold_can_be_cut` |\n";
        assert!(found(promises, "| 3 | `a_rule_in_the_list` |\n").is_empty());
    }

    #[test]
    fn a_name_that_is_no_test_is_found() {
        for name in [
            "nothing_is_found",
            "this_helps_the_tests",
            "a_rule_that_was_forgotten",
            "a_rule_that_was_not_written",
        ] {
            assert_eq!(found(&format!("| 1 | `{name}` |\n"), ""), ["ARCHITECTURE.md:3"], "{name}");
        }
    }

    #[test]
    fn only_an_invariant_may_be_kept_without_a_test() {
        assert_eq!(found("| 1 | its signature |\n", ""), ["ARCHITECTURE.md:3"]);
        assert!(found("", "| 1 | its signature, and `clippy.toml` |\n").is_empty());
    }

    #[test]
    fn missing_tables_are_found() {
        assert_eq!(places(check, &[("ARCHITECTURE.md", "")]), ["ARCHITECTURE.md:1"; 2]);
    }
}
