//! What is still to do has an issue, which the comment names.

use super::{
    Finding,
    repository::{Repository, numbered},
    rust::{Kind, only},
};

const MARKS: [&str; 2] = ["TODO", "FIXME"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files(".rs") {
        let comments = only(Kind::Comment, &file.text);
        for (line, _) in numbered(&comments).filter(|(_, line)| is_open(line) && !has_issue(line)) {
            findings.push(file.finding(line, "name the issue, as in `#12`, or do it now"));
        }
    }
    findings
}

fn is_open(comment: &str) -> bool {
    comment.split(|c: char| !c.is_alphanumeric()).any(|word| MARKS.contains(&word))
}

fn has_issue(comment: &str) -> bool {
    comment.split('#').skip(1).any(|number| number.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn a_task_without_an_issue_is_found() {
        assert_eq!(places(check, &[("src/a.rs", "f();\n// TODO: faster.\n")]), ["src/a.rs:2"]);
        assert_eq!(places(check, &[("src/a.rs", "/* FIXME(ada) */")]), ["src/a.rs:1"]);
    }

    #[test]
    fn a_task_with_an_issue_is_fine() {
        assert!(
            places(check, &[("src/a.rs", "// TODO(#12): faster.\nlet text = \"TODO\";\n")])
                .is_empty()
        );
    }
}
