//! The processes of a run, and what they report. They end with whoever started them.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Instant,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Result,
    journal::STOP,
    reader::ReaderOrders,
    record::{Record, Seen},
    scenario::{Place, Run},
    worker::WriterOrders,
};

/// The argument that makes a process of this program a writer.
pub const WRITE: &str = "be-a-writer";

/// The argument that makes a process of this program a reader.
pub const READ: &str = "be-a-reader";

/// Who writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crew {
    /// How many writers there are at any time.
    pub(crate) writers: u16,
    /// How many tasks each of them has.
    pub(crate) tasks: u8,
}

/// Everybody who takes part in a run.
pub(crate) struct Cast<'a> {
    run: &'a Run,
    url: String,
    crew: Crew,
    writers: Vec<Actor<Record>>,
    readers: Vec<(Place, Actor<Seen>)>,
    /// How many writers there were so far.
    count: u16,
    records: Vec<Record>,
    /// What went wrong with a process itself.
    complaints: Vec<String>,
}

/// What is known when everybody is gone.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    pub(crate) records: Vec<Record>,
    pub(crate) readings: Vec<(Place, Vec<Seen>)>,
    pub(crate) complaints: Vec<String>,
}

impl<'a> Cast<'a> {
    /// All writers. Readers come when they are [called](Self::add_reader).
    pub(crate) fn begin(run: &'a Run, url: &str, crew: Crew) -> Result<Self> {
        let mut cast = Self {
            run,
            url: url.into(),
            crew,
            writers: Vec::new(),
            readers: Vec::new(),
            count: 0,
            records: Vec::new(),
            complaints: Vec::new(),
        };
        for _ in 0..crew.writers {
            cast.add_writer()?;
        }
        Ok(cast)
    }

    pub(crate) fn add_reader(&mut self, place: Place) -> Result<()> {
        let orders = ReaderOrders { url: self.url.clone(), seed: self.run.seed, place };
        self.readers.push((place, Actor::start(&self.run.program, READ, &orders)?));
        Ok(())
    }

    /// Kills one writer, and answers with what it has reported. [Another](Self::add_writer) should
    /// take its place.
    pub(crate) fn kill_writer(&mut self, which: u64) -> Result<&[Record]> {
        let count = u64::try_from(self.writers.len())?;
        let writer = self.writers.swap_remove(usize::try_from(which % count)?);
        let (records, complaint) = writer.kill();
        let before = self.records.len();
        self.records.extend(records);
        self.complaints.extend(complaint);
        Ok(&self.records[before..])
    }

    /// Tells the writers to stop, and waits until they have: what they asked for last is answered.
    pub(crate) fn stop_writers(&mut self, deadline: Instant) {
        for writer in &mut self.writers {
            writer.tell_to_stop();
        }
        for writer in self.writers.drain(..) {
            let (records, complaint) = writer.end(deadline);
            self.records.extend(records);
            self.complaints.extend(complaint.map(|why| format!("a writer {why}")));
        }
    }

    /// Waits until the readers have seen the end.
    pub(crate) fn end(mut self, deadline: Instant) -> Reports {
        let mut readings = Vec::new();
        for (place, reader) in self.readers.drain(..) {
            let (seen, complaint) = reader.end(deadline);
            self.complaints.extend(complaint.map(|why| format!("the reader {place:?} {why}")));
            readings.push((place, seen));
        }
        Reports { records: self.records, readings, complaints: self.complaints }
    }

    pub(crate) fn add_writer(&mut self) -> Result<()> {
        let (url, seed, number) = (self.url.clone(), self.run.seed, self.count);
        self.count += 1;
        let orders = WriterOrders { url, seed, number, tasks: self.crew.tasks };
        self.writers.push(Actor::start(&self.run.program, WRITE, &orders)?);
        Ok(())
    }
}

/// A process that reports `R`s. Dropped, it is killed.
struct Actor<R> {
    child: Child,
    stdin: ChildStdin,
    /// All that it reported, once it has ended; and what of it made no sense.
    reports: Receiver<(Vec<R>, Option<String>)>,
}

impl<R: DeserializeOwned + Send + 'static> Actor<R> {
    fn start(program: &Path, role: &str, orders: &impl Serialize) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(role).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take().expect("its input is piped");
        let stdout = child.stdout.take().expect("its output is piped");

        let (sender, reports) = mpsc::channel();
        thread::spawn(move || sender.send(read_reports(stdout)));
        let mut actor = Self { child, stdin, reports };
        let orders = format!("{}\n", serde_json::to_string(orders)?);
        actor.stdin.write_all(orders.as_bytes())?;
        Ok(actor)
    }

    fn tell_to_stop(&mut self) {
        // If it has ended already, that is found when its end is awaited.
        let _ = self.stdin.write_all(STOP.as_bytes());
    }

    /// Kills it. What it reported until then is kept.
    fn kill(mut self) -> (Vec<R>, Option<String>) {
        let was_there = matches!(self.child.try_wait(), Ok(None));
        let _ = self.child.kill(); // It may have ended by itself, which is told.
        let (reports, complaint) = self.reports.recv().unwrap_or_default();
        let early = (!was_there).then(|| "a writer ended before it was killed".into());
        (reports, complaint.or(early))
    }

    /// Waits until it ends by itself; from the deadline on, kills it.
    fn end(mut self, deadline: Instant) -> (Vec<R>, Option<String>) {
        let patience = deadline.saturating_duration_since(Instant::now());
        if let Ok((reports, complaint)) = self.reports.recv_timeout(patience) {
            let failed = match self.child.wait() {
                Ok(status) if status.success() => None,
                Ok(status) => Some(format!("failed: {status}")),
                Err(error) => Some(format!("cannot be waited for: {error}")),
            };
            return (reports, complaint.or(failed));
        }
        let (reports, _) = self.kill();
        (reports, Some("did not come to its end".into()))
    }
}

impl<R> Drop for Actor<R> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads reports to their end. The last one may be cut off, if its process was killed.
fn read_reports<R: DeserializeOwned>(output: impl Read) -> (Vec<R>, Option<String>) {
    let (mut reports, mut complaint) = (Vec::new(), None);
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match output.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.last() != Some(&b'\n') => break,
            Ok(_) => match serde_json::from_slice(&line) {
                Ok(report) => reports.push(report),
                Err(error) => complaint = Some(format!("reported nonsense: {error}")),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                complaint = Some(format!("cannot be read: {error}"));
                break;
            }
        }
    }
    (reports, complaint)
}

#[cfg(test)]
mod tests {
    use super::read_reports;
    use crate::record::Seen;

    #[test]
    fn a_report_that_was_cut_off_is_none() {
        let output = b"{\"Began\":{\"after\":7}}\n{\"Began\":{\"aft";
        let (reports, complaint) = read_reports::<Seen>(&output[..]);
        assert_eq!(reports, [Seen::Began { after: 7 }]);
        assert_eq!(complaint, None);
    }

    #[test]
    fn nonsense_is_told() {
        let (reports, complaint) = read_reports::<Seen>(&b"thread 'main' panicked\n"[..]);
        assert!(reports.is_empty() && complaint.is_some());
    }
}
