//! Builds the facade with each of its features alone, and with none; and tests what it says then.
//!
//! By way of clippy, whose `-D warnings` concerns our packages only: in `RUSTFLAGS` it would have
//! every dependency built again.

use crate::{
    Result,
    command::{self, cargo},
    steps::{Run, suite},
    workspace,
};

/// The package whose features an application chooses from.
const FACADE: &str = "annals";

pub(super) fn run(run: &mut Run) -> Result<()> {
    let packages = workspace::packages()?;
    let facade = packages.iter().find(|package| package.name == FACADE);
    let facade = facade.ok_or_else(|| format!("there is no package `{FACADE}`"))?;

    build("")?;
    facade.features().try_for_each(build)?;
    suite::test(&mut cargo(&format!("test -p {FACADE} --no-default-features --lib")), run)
}

fn build(feature: &str) -> Result<()> {
    let alone = match feature {
        "" => "--no-default-features".into(),
        _ => format!("--no-default-features --features {feature}"),
    };
    command::run(&mut cargo(&format!("clippy -p {FACADE} {alone} -- -D warnings")))
}
