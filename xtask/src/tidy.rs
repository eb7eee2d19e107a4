//! `cargo xtask tidy`: the house rules that no compiler knows.

// What the checks read with.
mod repository;
mod rust;
mod markdown;
mod manifest;

// The checks.
mod module_docs;
mod size;
mod banned;
mod open_tasks;
mod sql;
mod bounds;
mod dependencies;
mod imports;
mod promises;
mod paper;
mod links;

use std::fmt;

use self::repository::Repository;
use crate::Result;

/// Looks at the repository, and says what to put right in it.
type Check = fn(&Repository) -> Vec<Finding>;

const CHECKS: [Check; 11] = [
    module_docs::check,
    size::check,
    banned::check,
    open_tasks::check,
    sql::check,
    bounds::check,
    dependencies::check,
    imports::check,
    promises::check,
    paper::check,
    links::check,
];

/// A line of the repository, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

/// Makes every check, and shows all there is to do at once.
pub(crate) fn run() -> Result<()> {
    let repository = Repository::read()?;
    let mut findings: Vec<_> = CHECKS.iter().flat_map(|check| check(&repository)).collect();
    findings.sort();

    if findings.is_empty() {
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    Err(format!("{} to put right", findings.len()).into())
}

/// Where `check` finds something in a repository of these files.
#[cfg(test)]
fn places(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let findings = check(&Repository::sample(files));
    findings.into_iter().map(|found| format!("{}:{}", found.path, found.line)).collect()
}
