//! Runs the tests of all packages, and counts them as they go by.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::{
    Result,
    command::{self, cargo},
    postgres::Postgres,
    steps::Run,
};

pub(super) fn run(run: &mut Run) -> Result<()> {
    let postgres = Postgres::start(run.postgres)?;
    let mut command = cargo("test --workspace --all-features --no-fail-fast");
    postgres.tell(&mut command);
    test(&mut command, run)
}

/// Runs `command`, a `cargo test`, and counts the tests that pass.
pub(super) fn test(command: &mut Command, run: &mut Run) -> Result<()> {
    command::announce(command);

    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().expect("stdout is piped");
    for line in BufReader::new(stdout).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        run.passed += passed_in(&line);
    }
    command::succeeded(command, child.wait()?)
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
