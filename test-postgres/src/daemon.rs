//! A program that runs until it is told to stop, and says in its log when it is ready.

use std::{
    collections::VecDeque,
    io::{self, BufRead, BufReader, PipeReader},
    process::{Child, Command},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{Error, Result};

/// How long it may take to start or to stop. Recovery after a crash under load is the longest.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many lines of the log are kept, for messages.
const KEPT: usize = 40;

/// A running program.
///
/// It writes its log into a pipe, and so do all its children. So a line in it tells when it is
/// ready, and the end of it that all of them are gone.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    log: Log,
    /// Gets something for each line that says it is ready; closed when all are gone.
    ready: Receiver<()>,
}

/// The last lines.
type Log = Arc<Mutex<VecDeque<String>>>;

impl Daemon {
    /// Starts it, and waits for a line with `ready` in its log.
    pub(crate) fn start(mut command: Command, ready: &'static str) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut start = || -> io::Result<_> {
            let (reader, writer) = io::pipe()?;
            command.stdout(writer.try_clone()?).stderr(writer);
            Ok((command.spawn()?, reader))
        };
        let (child, reader) = start().map_err(Error::cannot(format!("run {program}")))?;
        // It holds our ends of the pipe.
        drop(command);

        let log = Log::default();
        let (sender, receiver) = mpsc::channel();
        thread::spawn({
            let log = Arc::clone(&log);
            move || follow(reader, ready, &log, &sender)
        });
        let daemon = Self { child, log, ready: receiver };
        daemon.await_ready()?;
        Ok(daemon)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is ready, or is so again.
    pub(crate) fn await_ready(&self) -> Result<()> {
        self.ready.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => self.complaint("is not ready yet"),
            RecvTimeoutError::Disconnected => self.complaint("ended"),
        })
    }

    /// Waits until it and all its children are gone.
    pub(crate) fn await_end(mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.ready.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => return Err(self.complaint("still runs")),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.child.wait().map_err(Error::cannot("wait for a child"))?;
        Ok(())
    }

    /// Kills it, not its children.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill().map_err(Error::cannot("kill a child"))
    }

    fn complaint(&self, what: &str) -> Error {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log: String = log.iter().map(|line| format!("\n{line}")).collect();
        Error::new(format!("the server {what}; its log ends with:{log}"))
    }
}

impl Drop for Daemon {
    /// Leaves nothing running, whatever went wrong before.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log to its end.
fn follow(reader: PipeReader, ready: &str, log: &Log, sender: &Sender<()>) {
    for line in BufReader::new(reader).split(b'\n').map_while(io::Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        let is_ready = line.contains(ready);
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(line);
        drop(log);
        if is_ready {
            // Nobody may be waiting any more.
            let _ = sender.send(());
        }
    }
}
