//! `annals export`: the whole log as lines of JSON, one for each event, in order of position.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use annals::{Filter, Position};
use futures::TryStreamExt;
use serde_json::json;

use crate::{
    args::ExportArgs,
    events::Exported,
    failure::Failure,
    scan::places,
    screen::{Screen, number},
    store::Store,
};

/// How much of a file is looked at a time for the end of a line.
const BLOCK: usize = 64 << 10;

pub(super) async fn run(store: &Store, args: &ExportArgs, screen: &Screen) -> Result<(), Failure> {
    let Some(path) = &args.file else {
        write(store, Position::START, |line| screen.raw(line), screen).await?;
        return Ok(());
    };
    let (file, after) = match args.resume {
        true => go_on(store, path, screen).await?,
        false => (create(path, screen)?, Position::START),
    };
    let mut file = BufWriter::new(file);
    let put = |line: &[u8]| file.write_all(line).map_err(|error| about(path, &error));
    let written = write(store, after, put, screen).await;
    // What was written stays, whatever came of the rest.
    let is_safe = keep(file).map_err(|error| about(path, &error));
    let (events, head) = written?;
    is_safe?;
    if screen.is_json {
        return screen
            .json(&json!({ "exported": events, "skipped": after.get(), "head": head.get() }));
    }
    let skipped = match after {
        Position::START => String::new(),
        after => format!(", after the {} that were there", number(after.get())),
    };
    screen.line(&format!("{} events exported{skipped}", number(events)))
}

/// Writes every event after `after` as a line; how many, and where the last of them stands.
async fn write(
    store: &Store,
    after: Position,
    mut line: impl FnMut(&[u8]) -> Result<(), Failure>,
    screen: &Screen,
) -> Result<(u64, Position), Failure> {
    let head = store.head().await?;
    let bar = screen.bar("exporting", places(head), false);
    let mut events = store.annals.store().read_log(after, Filter::All);
    let (mut written, mut last, mut text) = (0, after, vec![]);
    while let Some(envelope) = events.try_next().await? {
        text.clear();
        serde_json::to_writer(&mut text, &Exported::of(&envelope).line())
            .map_err(io::Error::from)?;
        text.push(b'\n');
        line(&text)?;
        (written, last) = (written + 1, envelope.position);
        bar.set_position(places(last));
        if written % 256 == 0 {
            tokio::task::yield_now().await;
        }
    }
    bar.finish_and_clear();
    Ok((written, last))
}

/// Has it written down for good. What is no file, a pipe or a device, can only be written to.
fn keep(mut file: BufWriter<File>) -> io::Result<()> {
    file.flush()?;
    if file.get_ref().metadata()?.is_file() { file.get_ref().sync_all() } else { Ok(()) }
}

/// A new file; an old one is overwritten only if somebody says so.
fn create(path: &Path, screen: &Screen) -> Result<File, Failure> {
    if path.exists() {
        let shown = path.display();
        screen.confirm(&format!("{shown} is there (`--resume` goes on with it). Overwrite it?"))?;
    }
    File::create(path).map_err(|error| about(path, &error))
}

/// A file to go on with, cut after its last whole line, and the position of that; it has to be of this log.
async fn go_on(store: &Store, path: &Path, screen: &Screen) -> Result<(File, Position), Failure> {
    let failed = |error| about(path, &error);
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let mut file = options.map_err(failed)?;
    let end = file.seek(SeekFrom::End(0)).map_err(failed)?;
    let whole = line_end_before(&mut file, end).map_err(failed)?;
    let last = match whole {
        0 => None,
        whole => {
            let begin = line_end_before(&mut file, whole - 1).map_err(failed)?;
            Some(read_range(&mut file, begin, whole).map_err(failed)?)
        }
    };
    let mut after = Position::START;
    if let Some(line) = last {
        let wrong =
            |why: String| Failure::refused(format!("{}: its last line: {why}", path.display()));
        let last = Exported::read(&line).map_err(wrong)?;
        let there = store.event_at(last.position).await?;
        if there.is_none_or(|there| Exported::of(&there) != last) {
            return Err(wrong(format!("the log has another event at position {}", last.position)));
        }
        after = last.position;
    }
    if end > whole {
        if !is_cut_off(store, after, &mut file, (whole, end)).await? {
            let (shown, bytes) = (path.display(), end - whole);
            screen.confirm(&format!(
                "{shown} ends with {bytes} bytes that are not the beginning of a line of this log. \
                 Overwrite them?"
            ))?;
        }
        file.set_len(whole).map_err(failed)?;
    }
    file.seek(SeekFrom::Start(whole)).map_err(failed)?;
    Ok((file, after))
}

/// Whether what stands there is how the line after `after` begins: an export that was interrupted ends so.
async fn is_cut_off(
    store: &Store,
    after: Position,
    file: &mut File,
    (begin, end): (u64, u64),
) -> Result<bool, Failure> {
    let Some(next) = store.event_after(after).await? else { return Ok(false) };
    let line = serde_json::to_vec(&Exported::of(&next).line()).map_err(io::Error::from)?;
    let is_longer = u64::try_from(line.len()).is_ok_and(|line| end - begin > line);
    Ok(!is_longer && line.starts_with(&read_range(file, begin, end)?))
}

/// Where the last line ends that ends before `end`, its end included; 0 if there is none.
fn line_end_before(file: &mut File, mut end: u64) -> io::Result<u64> {
    while end > 0 {
        let begin = end.saturating_sub(u64::try_from(BLOCK).unwrap_or(u64::MAX));
        let block = read_range(file, begin, end)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + u64::try_from(at).unwrap_or(0) + 1);
        }
        end = begin;
    }
    Ok(0)
}

fn read_range(file: &mut File, begin: u64, end: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(end - begin).map_err(io::Error::other)?];
    file.seek(SeekFrom::Start(begin))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn about(path: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("{}: {error}", path.display()))
}
