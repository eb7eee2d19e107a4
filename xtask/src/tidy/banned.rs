//! Nothing is left unfinished, no test is skipped, and no time is slept through.

use super::{
    Finding,
    repository::{Repository, numbered},
    rust::{Kind, only},
};

/// What is not written, and what is done about it.
const BANNED: [(&str, &str); 6] = [
    ("#[ignore", "a test passes or fails: make it pass, or take it out"),
    ("todo!", "finish it"),
    ("unimplemented!", "finish it"),
    ("dbg!", "take it out"),
    ("thread::sleep", "wait for what is awaited: time is moved by hand, not slept through"),
    ("time::sleep", "wait for what is awaited: time is moved by hand, not slept through"),
];

/// Programs that disturb and measure what goes on in real time, and have to let some pass.
const BY_REAL_TIME: [&str; 2] = ["bench/src/", "chaos/src/"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in repository.files(".rs") {
        for (line, text) in numbered(&only(Kind::Code, &file.text)) {
            let found = BANNED.iter().filter(|(banned, _)| text.contains(banned));
            let passes = BY_REAL_TIME.iter().any(|folder| file.path.starts_with(folder));
            let found = found.filter(|(banned, _)| !(passes && banned.ends_with("sleep")));
            for (banned, advice) in found {
                findings.push(file.finding(line, format!("`{banned}`: {advice}")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{BANNED, check};
    use crate::tidy::places;

    #[test]
    fn each_is_found() {
        for (banned, _) in BANNED {
            let text = format!("f();\n    {banned}");
            assert_eq!(places(check, &[("src/a.rs", &text)]), ["src/a.rs:2"], "{banned}");
        }
    }

    #[test]
    fn talking_about_them_is_fine() {
        assert!(places(check, &[("src/a.rs", "// todo!()\nlet message = \"dbg!\";\n")]).is_empty());
    }
}
