//! What `cargo xtask test` does: step after step, until one fails.

mod features;
mod suite;
mod examples;

use std::time::{Duration, Instant};

use crate::{
    Result,
    command::{self, cargo},
    tidy,
};

/// A part of the test run.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What is known once it has passed.
    pub(crate) holds: &'static str,
    run: fn(&mut Run) -> Result<()>,
}

/// What the steps share.
#[derive(Debug)]
struct Run {
    /// The major version of PostgreSQL to test with, if not any will do.
    postgres: Option<u32>,
    /// How many tests have passed.
    passed: usize,
}

/// Quick ones first, so that a slip of the pen is found in seconds.
pub(crate) const STEPS: [Step; 7] = [
    Step {
        name: "fmt",
        holds: "the code is formatted",
        run: |_| command::run(&mut cargo("fmt --all --check")),
    },
    Step {
        name: "clippy",
        holds: "no warning in any target",
        run: |_| {
            let line = "clippy --workspace --all-targets --all-features -- -D warnings";
            command::run(&mut cargo(line))
        },
    },
    Step { name: "tidy", holds: "the house rules are kept", run: |_| tidy::run() },
    Step { name: "features", holds: "each feature of the facade builds alone", run: features::run },
    Step { name: "tests", holds: "every test passes, doc tests too", run: suite::run },
    Step {
        name: "docs",
        holds: "no broken link in the documentation",
        run: |_| {
            let mut doc = cargo("doc --workspace --no-deps --all-features");
            command::run(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
        },
    },
    Step {
        name: "examples",
        holds: "every example prints what its doc comment says",
        run: examples::run,
    },
];

/// Runs `steps` in order, with this major version of PostgreSQL if one is given. The first to fail
/// is the last to run.
pub(crate) fn run(steps: &[Step], postgres: Option<u32>) -> Result<()> {
    let mut this = Run { postgres, passed: 0 };
    let mut times = Vec::new();

    for Step { name, holds, run } in steps {
        println!("\n== {name}: {holds}");
        let started = Instant::now();
        let outcome = run(&mut this);
        times.push((*name, started.elapsed()));

        if let Err(error) = outcome {
            println!("\n{}", summary(&times));
            let version = postgres.map(|major| format!(" --postgres {major}")).unwrap_or_default();
            let repeat = format!("cargo xtask test {name}{version}");
            return Err(format!("{error}\n{name} failed; to repeat it alone: {repeat}").into());
        }
    }
    println!("\n{}", summary(&times));
    if this.passed > 0 {
        println!("{} passed, 0 failed", this.passed);
    }
    Ok(())
}

/// How long each step took, and all of them together.
fn summary(times: &[(&str, Duration)]) -> String {
    let total = ("total", times.iter().map(|(_, time)| *time).sum());
    let rows = times.iter().chain([&total]);
    rows.map(|(name, time)| format!("{name:<10}{:>8.1} s\n", time.as_secs_f64())).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::summary;

    #[test]
    fn the_summary_adds_up() {
        let times = [("fmt", Duration::from_millis(600)), ("clippy", Duration::from_secs(41))];
        assert_eq!(
            summary(&times),
            "fmt            0.6 s\nclippy        41.0 s\ntotal         41.6 s\n"
        );
    }
}
