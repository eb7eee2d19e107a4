//! What the guide shows is the program: all of it, and nothing else.
//!
//! Each block of Rust stands below a line that ends with the file it is of. The blocks of a file are the whole
//! file, in order, but for the doc comment that opens it. Of a file that the ninth step changes they are first the
//! whole of what it was, and then pieces of what it becomes; the other lines that are new stand in the text.

use std::{fs, path::Path};

use super::program::loans::Failure;

/// A block of Rust, and the file that it is of.
struct Block<'g> {
    file: &'g str,
    code: String,
}

/// How many blocks there are, so that none is overlooked.
const BLOCKS: usize = 17;

/// The files of the program, those first that the ninth step changes.
const FILES: [(&str, Option<&str>); 5] = [
    ("loans/domain.rs", Some("first/domain.rs")),
    ("loans/models.rs", Some("first/models.rs")),
    ("loans/import.rs", None),
    ("loans/tests.rs", None),
    ("main.rs", None),
];

fn read(path: &str) -> Result<String, Failure> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    Ok(fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// A file of the example, from where it is the reader's on.
fn source(file: &str) -> Result<String, Failure> {
    let source = read(&format!("examples/guide/{file}"))?;
    let (_, source) = source.split_once("pub(crate) mod loans;\n").unwrap_or(("", &source));
    let lines = source.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// All blocks of Rust.
fn blocks(guide: &str) -> Vec<Block<'_>> {
    let mut blocks = vec![];
    let (mut above, mut lines) = ("", guide.lines());
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let code: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            if language == "rust" {
                let file = above.strip_suffix("`:").and_then(|above| above.rsplit_once("`src/"));
                let (_, file) = file.unwrap_or_else(|| panic!("{above:?} ends with no file"));
                blocks.push(Block { file, code: code.join("\n") });
            }
        } else if !line.is_empty() {
            above = line;
        }
    }
    blocks
}

/// The blocks of a file, one below the other.
fn joined(blocks: &[Block<'_>], file: &str) -> String {
    let of_file = blocks.iter().filter(|block| block.file == file);
    of_file.map(|block| block.code.as_str()).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn the_blocks_of_a_file_are_the_whole_file() -> Result<(), Failure> {
    let guide = read("docs/guide.md")?;
    let blocks = blocks(&guide);
    assert_eq!(blocks.len(), BLOCKS);
    let mut known = vec!["lib.rs"];
    for (file, first) in FILES {
        let name = file.strip_prefix("loans/").unwrap_or(file);
        let (shown, source) = (joined(&blocks, name), source(file)?);
        known.push(name);
        let Some(first) = first else {
            assert_eq!(shown, source, "{file}");
            continue;
        };
        let first = self::source(first)?;
        let pieces = shown.strip_prefix(&first);
        let pieces = pieces.unwrap_or_else(|| panic!("{file} is not at first as it is shown"));
        assert!(!pieces.is_empty(), "the ninth step changes nothing of {file}");
        for piece in blocks.iter().filter(|it| it.file == name && pieces.contains(&it.code)) {
            assert!(source.contains(&piece.code), "{file} has no such lines:\n{}", piece.code);
        }
        for line in source.lines().map(str::trim) {
            let is_shown = shown.lines().any(|shown| shown.trim() == line);
            assert!(is_shown || guide.contains(&format!("`{line}`")), "{file} hides {line}");
        }
    }
    for Block { file, .. } in &blocks {
        assert!(known.contains(file), "{file} is no file of the program");
    }
    Ok(())
}

#[test]
fn every_module_is_added_when_it_is_written() -> Result<(), Failure> {
    let (guide, source) = (read("docs/guide.md")?, source("loans.rs")?);
    let source = source.replace("#[cfg(test)]\n", "#[cfg(test)] ");
    let (modules, rest): (Vec<_>, Vec<_>) =
        source.lines().filter(|line| !line.is_empty()).partition(|line| line.contains("mod "));
    assert_eq!(joined(&blocks(&guide), "lib.rs"), rest.join("\n"));
    for module in &modules {
        assert!(guide.contains(&format!("Add `{module}`")), "{module}: where?");
    }
    assert_eq!(guide.matches("Add `").count(), modules.len());
    Ok(())
}

#[test]
fn what_the_program_prints_is_what_the_guide_says() -> Result<(), Failure> {
    let (guide, program) = (read("docs/guide.md")?, read("examples/guide/main.rs")?);
    let (_, printed) = program.split_once("//! ```text\n").expect("it says what it prints");
    let (printed, _) = printed.split_once("//! ```\n").expect("that ends");
    assert!(guide.contains(&format!("```text\n{}```\n", printed.replace("//! ", ""))), "{printed}");
    Ok(())
}
