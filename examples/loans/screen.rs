//! What is printed, for as long as somebody reads it: in `… report | head -1` nothing is wrong.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

use super::{
    Failure,
    source::{HEADER, Rows},
};

/// Prints something at once.
pub(crate) fn print(what: &impl fmt::Display) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    heard(write!(output, "{what}").and_then(|()| output.flush()))?;
    Ok(())
}

/// Tells what went wrong.
pub(crate) fn complain(what: &str) {
    // There is nobody else to tell.
    let _ = writeln!(io::stderr(), "{what}");
}

/// Prints rows as CSV.
pub(crate) fn print_rows(rows: Rows) -> Result<(), Failure> {
    let mut output = csv::Writer::from_writer(io::stdout().lock());
    let mut write = |fields: &[String]| output.write_record(fields).map_err(in_writing);
    let mut written = write(&HEADER.map(str::to_owned));
    for row in rows.rows {
        if written.is_err() {
            break;
        }
        written = write(&row?.fields());
    }
    heard(written.and_then(|()| output.flush()))?;
    Ok(())
}

fn in_writing(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// That nobody listens any more is no failure.
fn heard(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
