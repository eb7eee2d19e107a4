//! What everyone reads first is there, and is short.

use super::{Finding, repository::Repository};

/// The most lines of each.
const LIMITS: [(&str, usize); 2] = [("ARCHITECTURE.md", 300), ("README.md", 150)];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, most) in LIMITS {
        let Some(file) = repository.file(path) else {
            findings.push(Finding { path: path.into(), line: 1, advice: "write it".into() });
            continue;
        };
        let lines = file.text.lines().count();
        if lines > most {
            findings
                .push(file.finding(most, format!("{lines} lines of {most}: move some to `docs`")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn a_missing_page_is_found() {
        assert_eq!(places(check, &[("README.md", "# Annals\n")]), ["ARCHITECTURE.md:1"]);
    }

    #[test]
    fn a_long_page_is_found() {
        let files = [("README.md", &*"a\n".repeat(151)), ("ARCHITECTURE.md", &*"a\n".repeat(300))];
        assert_eq!(places(check, &files), ["README.md:150"]);
    }
}
