//! Runs the tests of all packages, and counts them as they go by.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::{
    Result,
    cargo::{self, cargo},
};

pub(super) fn run(passed: &mut usize) -> Result<()> {
    test("--workspace --all-features --no-fail-fast", passed)
}

/// Runs `cargo test ARGS`, and adds up in `passed` how many tests passed.
pub(super) fn test(args: &str, passed: &mut usize) -> Result<()> {
    let mut command = cargo(&format!("test {args}"));
    cargo::announce(&command);

    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("stdout is piped");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        *passed += passed_in(&line);
    }
    cargo::succeeded(&command, child.wait()?)
}

/// How many tests passed, if `line` sums up a test binary.
fn passed_in(line: &str) -> usize {
    let count = line.strip_prefix("test result: ok. ").and_then(|rest| rest.split_once(" passed"));
    count.and_then(|(count, _)| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::passed_in;

    #[test]
    fn only_the_last_line_of_a_binary_counts() {
        assert_eq!(passed_in("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured"), 12);
        assert_eq!(passed_in("test positions_have_no_gaps ... ok"), 0);
        assert_eq!(passed_in("test result: FAILED. 3 passed; 1 failed; 0 ignored"), 0);
    }
}
