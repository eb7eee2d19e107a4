//! What the checks look at: the texts of the repository and its packages.

use std::{fs, path::Path};

use super::Finding;
use crate::{
    Result,
    workspace::{self, Package},
};

/// The repository as it lies on the disk.
#[derive(Debug)]
pub(super) struct Repository {
    files: Vec<File>,
    pub(super) packages: Vec<Package>,
}

/// A Rust, Markdown or TOML file.
#[derive(Debug)]
pub(super) struct File {
    /// From the root, with `/` between the folders.
    pub(super) path: String,
    pub(super) text: String,
}

impl Repository {
    /// Reads the repository, which is the current folder.
    pub(super) fn read() -> Result<Self> {
        let mut files = Vec::new();
        read_folder("", &mut files)?;
        Ok(Self { files, packages: workspace::packages()? })
    }

    /// The file at `path`, if there is one.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files whose paths end with `end`.
    pub(super) fn files(&self, end: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.ends_with(end))
    }
}

impl File {
    /// What to do about the line numbered `line`.
    pub(super) fn finding(&self, line: usize, advice: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, advice: advice.into() }
    }

    /// Whether it is in a folder of this name, or in one within it.
    pub(super) fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(&format!("{folder}/")) || self.path.contains(&format!("/{folder}/"))
    }
}

/// The lines of `text` with their numbers.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// Reads the folder at `path`, which ends with `/`. What is hidden or built is not ours.
fn read_folder(path: &str, files: &mut Vec<File>) -> Result<()> {
    for entry in fs::read_dir(Path::new(".").join(path))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{path}{name}");

        if entry.file_type()?.is_dir() {
            let is_built = entry.path().join("CACHEDIR.TAG").exists();
            if !is_built && !name.starts_with('.') {
                read_folder(&format!("{path}/"), files)?;
            }
        } else if [".rs", ".md", ".toml"].iter().any(|end| name.ends_with(end)) {
            files.push(File { path, text: fs::read_to_string(entry.path())? });
        }
    }
    Ok(())
}

#[cfg(test)]
impl Repository {
    /// A repository without packages.
    pub(super) fn sample(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.into(), text: text.into() };
        Self { files: files.iter().map(file).collect(), packages: Vec::new() }
    }
}
