//! Where rows come from: the bank's log, another one of that form, or a generator.

mod row;
mod file;
mod generator;
mod chance;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

pub(crate) use row::{Activity, HEADER, Row};

/// Where rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A log in CSV, as it is or packed by gzip.
    File(PathBuf),
    /// So many cases of a process of that shape, always the same for a seed.
    Generated { cases: u64, seed: u64 },
}

/// Rows as they are read, and how far that is.
pub(crate) struct Rows {
    /// How their source is called where one of them is meant.
    pub(crate) source: String,
    pub(crate) rows: Box<dyn Iterator<Item = Result<Row, Bad>> + Send>,
    pub(crate) read: Read,
}

/// How far the reading is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    done: Arc<AtomicU64>,
    /// Of as much: bytes of a file, generated cases.
    pub(crate) total: u64,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {why}")]
pub(crate) struct Bad {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) why: String,
    /// Whether nothing that is behind it can be read.
    pub(crate) is_last: bool,
}

impl Source {
    /// Begins to read.
    pub(crate) fn open(&self) -> Result<Rows, Bad> {
        match self {
            Self::File(path) => file::open(path),
            Self::Generated { cases, seed } => Ok(generator::open(*cases, *seed)),
        }
    }
}

impl Read {
    fn new(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    fn add(&self, more: u64) {
        self.done.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }
}
