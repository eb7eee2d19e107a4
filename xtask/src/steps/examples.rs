//! Runs every example by the command in its doc comment, and compares what it prints.

use std::{fs, path::PathBuf, process::Stdio};

use similar::TextDiff;

use crate::{
    Result,
    command::{self, cargo},
    steps::Run,
};

/// What the doc comment of an example tells its reader.
#[derive(Debug, PartialEq)]
struct Promise {
    /// What to type, after `cargo`.
    command: String,
    /// What is then printed to stdout.
    output: String,
}

pub(super) fn run(run: &mut Run) -> Result<()> {
    let mut broken = Vec::new();
    for (name, file) in examples()? {
        let promise = promise(&name, &fs::read_to_string(&file)?);
        match promise.map_err(Into::into).and_then(|promise| keep(&promise)) {
            Ok(()) => run.passed += 1,
            Err(error) => {
                println!("{}: {error}", file.display());
                broken.push(name);
            }
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    Err(format!("not as promised: {}", broken.join(", ")).into())
}

/// Name and main file of each example, in order of their names.
fn examples() -> Result<Vec<(String, PathBuf)>> {
    let mut examples = Vec::new();
    for entry in fs::read_dir("examples")? {
        let path = entry?.path();
        let main = if path.is_dir() { path.join("main.rs") } else { path.clone() };
        if let Some(name) = path.file_stem()
            && main.extension().is_some_and(|extension| extension == "rs")
        {
            examples.push((name.to_string_lossy().into_owned(), main));
        }
    }
    examples.sort();
    Ok(examples)
}

/// Runs the command, and compares.
fn keep(promise: &Promise) -> Result<()> {
    let mut command = cargo(&promise.command);
    command::announce(&command);

    let output = command.stderr(Stdio::inherit()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if printed == promise.output {
        return command::succeeded(&command, output.status);
    }
    let diff = TextDiff::from_lines(promise.output.as_str(), &printed);
    let diff = diff.unified_diff().header("its doc comment", "what it printed").to_string();
    Err(format!("prints something else ({}):\n{diff}", output.status).into())
}

/// Reads the first `sh` block, which must run the example `name`, and the block after it.
fn promise(name: &str, source: &str) -> std::result::Result<Promise, String> {
    let blocks = blocks(source);
    let mut blocks = blocks.iter().skip_while(|(language, _)| *language != "sh");

    let command = blocks.next().map(|(_, text)| text.trim_end()).filter(|command| {
        command.split_whitespace().take(4).eq(["cargo", "run", "--example", name])
    });
    let command = command.and_then(|command| command.strip_prefix("cargo ")).ok_or_else(|| {
        format!("give its command in its doc comment, in a ```sh block: cargo run --example {name}")
    })?;

    match blocks.next() {
        Some(("text", output)) => Ok(Promise { command: command.into(), output: output.clone() }),
        _ => Err("after its command, give what it prints in a ```text block".into()),
    }
}

/// The fenced blocks of the doc comment that opens `source`, each with its language.
fn blocks(source: &str) -> Vec<(&str, String)> {
    let doc = source.lines().map_while(|line| line.strip_prefix("//!"));
    let mut blocks = Vec::new();
    let mut open = false;

    for line in doc.map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                blocks.push((language, String::new()));
            }
            None if open => {
                let (_, text) = blocks.last_mut().expect("a block is open");
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{Promise, promise};

    const SOURCE: &str = "\
//! Greets.
//!
//! ```sh
//! cargo run --example hello
//! ```
//!
//! ```text
//! hello
//!   world
//! ```

fn main() {}
";

    #[test]
    fn the_doc_comment_says_what_to_type_and_what_is_printed() {
        let expected =
            Promise { command: "run --example hello".into(), output: "hello\n  world\n".into() };
        assert_eq!(promise("hello", SOURCE), Ok(expected));
    }

    #[test]
    fn a_command_for_another_example_is_an_error() {
        assert!(promise("hell", SOURCE).unwrap_err().contains("cargo run --example hell"));
    }

    #[test]
    fn an_example_without_its_output_is_an_error() {
        let source = SOURCE.replace("```text", "```");
        assert!(promise("hello", &source).unwrap_err().contains("```text"));
    }

    #[test]
    fn an_example_without_a_doc_comment_is_an_error() {
        assert!(promise("hello", "fn main() {}").unwrap_err().contains("```sh"));
    }
}
