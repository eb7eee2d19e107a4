//! Runs programs, cargo above all, as a contributor would: each command is shown as it is typed.

use std::{
    env, io,
    path::Path,
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

/// `LINE`, with nothing to read. Its words are separated by spaces, the first is the program.
pub(crate) fn program(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).stdin(Stdio::null());
    command
}

/// Shows `command`, then runs it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    quietly(command)
}

/// Runs `command`. Its output is not touched.
pub(crate) fn quietly(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|error| cannot_run(command, &error))?;
    succeeded(command, status)
}

/// Runs `command`, and answers with what it prints to stdout.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| cannot_run(command, &error))?;
    succeeded(command, output.status)?;
    Ok(output.stdout)
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

fn cannot_run(command: &Command, error: &io::Error) -> String {
    format!("`{}` cannot be run: {error}", typed(command))
}

/// What to type to run `command` in a shell.
fn typed(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!("{}={} ", name.to_string_lossy(), value?.to_string_lossy()))
    });
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let args = command.get_args().map(|arg| format!(" {}", arg.to_string_lossy()));
    variables.chain([program.to_string_lossy().into_owned()]).chain(args).collect()
}

#[cfg(test)]
mod tests {
    use super::{cargo, program, typed};

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = cargo("doc --no-deps");
        assert_eq!(typed(&command), "cargo doc --no-deps");

        command.env("RUSTDOCFLAGS", "-Dwarnings");
        assert_eq!(typed(&command), "RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps");
        assert_eq!(typed(&program("apt-get update")), "apt-get update");
    }
}
