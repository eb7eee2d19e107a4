//! Lines of a file or of stdin, read by a thread of its own: so that it can be interrupted while it waits.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    thread,
};

use tokio::sync::mpsc;

use crate::failure::Failure;

/// How many lines are read ahead.
const AHEAD: usize = 64;

/// A line with its number, and with its end unless it was cut off.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: Vec<u8>,
}

/// Lines on their way.
pub(super) type Lines = mpsc::Receiver<Result<Line, Failure>>;

/// The lines of the file, or of stdin; and how many bytes they have, if that is known.
pub(super) fn lines(path: Option<&Path>) -> Result<(Lines, Option<u64>), Failure> {
    let Some(path) = path else { return Ok((read(io::stdin(), "stdin".to_owned()), None)) };
    let name = path.display().to_string();
    let about = |error: io::Error| Failure::refused(format!("{name}: {error}"));
    let file = File::open(path).map_err(about)?;
    let bytes = file.metadata().map_err(about)?.len();
    Ok((read(file, name), Some(bytes)))
}

fn read(source: impl Read + Send + 'static, name: String) -> Lines {
    let (send, receive) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut source = BufReader::with_capacity(1 << 20, source);
        for number in 1.. {
            let mut text = vec![];
            let line = match source.read_until(b'\n', &mut text) {
                Ok(0) => return,
                Ok(_) => Ok(Line { number, text }),
                Err(error) => Err(Failure::refused(format!("{name}: {error}"))),
            };
            let is_last = line.is_err();
            if send.blocking_send(line).is_err() || is_last {
                return;
            }
        }
    });
    receive
}
