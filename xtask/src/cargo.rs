//! Runs cargo, as a contributor would: every command is shown as it could be typed.

use std::{
    env,
    process::{Command, ExitStatus, Stdio},
};

use crate::Result;

/// `cargo LINE`, with nothing to read. The words of `line` are separated by spaces.
pub(crate) fn cargo(line: &str) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdin(Stdio::null());
    command
}

/// Shows `command`, then runs it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    quietly(command)
}

/// Runs `command`. Its output is not touched.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    succeeded(command, status)
}

/// Shows `command`.
pub(crate) fn announce(command: &Command) {
    println!("$ {}", typed(command));
}

/// An error that shows `command` unless it succeeded.
pub(crate) fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed: {status}", typed(command)).into())
}

/// What to type to run `command` in a shell.
fn typed(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={} ", name.to_string_lossy(), value?.to_string_lossy()))
    });
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    variables.chain(["cargo".into()]).chain(args).collect()
}

#[cfg(test)]
mod tests {
    use super::{cargo, typed};

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = cargo("doc --no-deps");
        assert_eq!(typed(&command), "cargo doc --no-deps");

        command.env("RUSTDOCFLAGS", "-Dwarnings");
        assert_eq!(typed(&command), "RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps");
    }
}
