//! Rows of a file, one after the other: it is never in memory as a whole.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use flate2::bufread::MultiGzDecoder;

use super::{
    Bad, Read, Rows,
    row::{HEADER, Row},
};

/// What a file begins with that was packed by gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How long a row may be, in bytes. Neither a line that never ends nor a quote fills the memory.
const LONGEST: u64 = 64 << 10;

pub(super) fn open(path: &Path) -> Result<Rows, Bad> {
    let file = path.display().to_string();
    let bad = |why| Bad { file: file.clone(), line: 1, why, is_last: true };
    let (input, read) = input(path).map_err(|error| bad(error.to_string()))?;
    let begin = Arc::default();
    let input = Bounded { input, given: 0, begin: Arc::clone(&begin) };
    let mut input = ReaderBuilder::new().from_reader(input);
    let header = input.headers().map_err(|error| bad(why(&error)))?;
    let mut columns = [0; 8];
    for (column, name) in columns.iter_mut().zip(HEADER) {
        let place = header.iter().position(|its| its == name);
        *column = place.ok_or_else(|| bad(format!("there is no column {name}")))?;
    }
    let source = file.clone();
    let rows =
        InFile { input, begin, columns, file, line: 1, has_ended: false, entries: HashMap::new() };
    Ok(Rows { source, rows: Box::new(rows), read })
}

fn input(path: &Path) -> io::Result<(Box<dyn io::Read + Send>, Read)> {
    let file = File::open(path)?;
    let read = Read::new(file.metadata()?.len());
    let mut input = BufReader::new(Counted { file, read: read.clone() });
    let is_packed = input.fill_buf()?.starts_with(&GZIP);
    let unpacked: Box<dyn io::Read + Send> =
        if is_packed { Box::new(MultiGzDecoder::new(input)) } else { Box::new(input) };
    Ok((unpacked, read))
}

/// A file of which is counted how much of it was read.
struct Counted {
    file: File,
    read: Read,
}

impl io::Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.read.add(u64::try_from(bytes).unwrap_or_default());
        Ok(bytes)
    }
}

/// Gives what is read, but no more of a row than it may have.
struct Bounded {
    input: Box<dyn io::Read + Send>,
    /// How many bytes it has given.
    given: u64,
    /// After how many of them the row begins that is being read.
    begin: Arc<AtomicU64>,
}

impl io::Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Whoever asks for more has found no end in what it was given.
        if self.given - self.begin.load(Ordering::Relaxed) >= LONGEST {
            let long = format!("a row is longer than {} KiB, or a quote has no end", LONGEST >> 10);
            return Err(io::Error::new(io::ErrorKind::InvalidData, long));
        }
        let bytes = self.input.read(buffer)?;
        self.given += u64::try_from(bytes).unwrap_or_default();
        Ok(bytes)
    }
}

struct InFile {
    input: Reader<Bounded>,
    /// What [`Bounded`] is told.
    begin: Arc<AtomicU64>,
    columns: [usize; 8],
    file: String,
    /// Of the row that was read last.
    line: u64,
    has_ended: bool,
    /// The last entry of each case. One number for each is kept, and no row.
    entries: HashMap<String, u32>,
}

impl InFile {
    /// A row of which a later one came before is never asked for: what becomes of it must not depend on how
    /// far the application had come, which is another answer when the file is read again.
    fn in_order(&mut self, row: Row) -> Result<Row, String> {
        let Some(last) = self.entries.get_mut(&row.case) else {
            self.entries.insert(row.case.clone(), row.entry);
            return Ok(row);
        };
        if row.entry <= *last {
            return Err(format!("entry {} of {} comes after entry {last}", row.entry, row.case));
        }
        *last = row.entry;
        Ok(row)
    }
}

impl Iterator for InFile {
    type Item = Result<Row, Bad>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let begin = self.input.position().clone();
        self.begin.store(begin.byte(), Ordering::Relaxed);
        let mut record = StringRecord::new();
        let read = match self.input.read_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => {
                self.line = record.position().map_or(begin.line(), csv::Position::line);
                Row::read(&record, &self.columns).and_then(|row| self.in_order(row))
            }
            Err(error) => {
                let position = error.position().map(csv::Position::line);
                self.line = position.unwrap_or(begin.line());
                // Nothing more can be read behind that; behind all else it can.
                self.has_ended = error.is_io_error();
                Err(why(&error))
            }
        };
        Some(read.map_err(|why| Bad {
            file: self.file.clone(),
            line: self.line,
            why,
            is_last: self.has_ended,
        }))
    }
}

fn why(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the file ends in the middle: it was cut off".to_owned()
        }
        ErrorKind::Io(error) => format!("it cannot be read further: {error}"),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} of {expected_len} columns")
        }
        ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => error.to_string(),
    }
}
