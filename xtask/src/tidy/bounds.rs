//! Every bound is exclusive, so nobody counts a revision or a position on by hand.

use super::{
    Finding,
    repository::{Repository, numbered},
    rust::{Kind, only},
};

/// Where numbers are given, and may be counted.
const HOME: &str = "core/src/position.rs";

/// How one is added or taken away.
const STEPS: [&str; 6] = [" + 1", " - 1", " += 1", " -= 1", "_add(1)", "_sub(1)"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files(".rs").filter(|file| file.path != HOME) {
        let code = only(Kind::Code, &file.text);
        for (line, _) in numbered(&code).filter(|(_, line)| counts_on(line)) {
            let advice = "hand back the revision or position last seen: `after` is exclusive";
            findings.push(file.finding(line, advice));
        }
    }
    findings
}

fn counts_on(line: &str) -> bool {
    let mut steps = STEPS.iter().flat_map(|step| line.match_indices(step));
    steps.any(|(at, step)| {
        let more_digits =
            line[at + step.len()..].starts_with(|c: char| c.is_ascii_digit() || c == '_');
        !more_digits && is_a_place(&line[..at])
    })
}

/// Whether `before` ends with an operand that is called a revision or a position.
fn is_a_place(before: &str) -> bool {
    let getters_as_fields = before.replace("()", "");
    let operand = getters_as_fields.rsplit(|c: char| !c.is_alphanumeric() && !"_.?".contains(c));
    let mut words = operand.take(1).flat_map(|it| it.split(|c: char| !c.is_alphanumeric()));
    words.any(|word| ["revision", "position"].contains(&word))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn counting_on_is_found() {
        for line in [
            "let next = revision + 1;",
            "read(Revision::new(self.revision.get() + 1)?)",
            "*last_position -= 1;",
            "let before = envelope.position().get().saturating_sub(1);",
        ] {
            assert_eq!(places(check, &[("src/a.rs", line)]), ["src/a.rs:1"], "{line}");
        }
    }

    #[test]
    fn other_numbers_are_fine() {
        for line in [
            "let all = positions.len() + 1;",
            "let far = revision.get() + 10;",
            "let attempt = f(revision, attempt + 1);",
            "let expected = revision(round + 1);",
            "// revision + 1",
        ] {
            assert!(places(check, &[("src/a.rs", line)]).is_empty(), "{line}");
        }
    }

    #[test]
    fn numbers_are_given_in_one_place() {
        assert!(places(check, &[("core/src/position.rs", "position + 1")]).is_empty());
    }
}
