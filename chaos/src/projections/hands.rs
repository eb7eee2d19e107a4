//! The hands of a run, as the run has them.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Result,
    journal::STOP,
    projections::{
        hand::{HAND, Orders},
        report::Report,
    },
};

/// How long a hand may take to begin, or to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process. Dropped, it is killed, also if it is stopped.
pub(crate) struct Hand {
    child: Child,
    stdin: ChildStdin,
    sent: Receiver<std::result::Result<Report, String>>,
    /// All that it has reported so far.
    pub(crate) reports: Vec<Report>,
    /// What of it made no sense.
    complaint: Option<String>,
}

impl Hand {
    pub(crate) fn begin(program: &Path, orders: &Orders) -> Result<Self> {
        let mut command = Command::new(program);
        command.arg(HAND).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().expect("its input is piped");
        let stdout = child.stdout.take().expect("its output is piped");
        let (sender, sent) = mpsc::channel();
        thread::spawn(move || pass_on(stdout, &sender));
        stdin.write_all(format!("{}\n", serde_json::to_string(orders)?).as_bytes())?;
        Ok(Self { child, stdin, sent, reports: vec![], complaint: None })
    }

    /// Waits until it is at work.
    pub(crate) fn await_begin(&mut self) -> Result<()> {
        self.await_report(|report| *report == Report::Began, PATIENCE)
    }

    /// Waits until it has reported something of that kind.
    pub(crate) fn await_report(
        &mut self,
        is_it: impl Fn(&Report) -> bool,
        patience: Duration,
    ) -> Result<()> {
        let deadline = Instant::now() + patience;
        let mut looked = 0;
        loop {
            if self.reports[looked..].iter().any(&is_it) {
                return Ok(());
            }
            looked = self.reports.len();
            let left = deadline.saturating_duration_since(Instant::now());
            match self.sent.recv_timeout(left) {
                Ok(sent) => self.take(sent),
                Err(RecvTimeoutError::Timeout) => return Err("a hand is silent".into()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err("a hand has ended before it did anything".into());
                }
            }
        }
    }

    /// What it has reported since that was last asked for.
    pub(crate) fn news(&mut self) -> &[Report] {
        let before = self.reports.len();
        while let Ok(sent) = self.sent.try_recv() {
            self.take(sent);
        }
        &self.reports[before..]
    }

    fn take(&mut self, sent: std::result::Result<Report, String>) {
        match sent {
            Ok(report) => self.reports.push(report),
            Err(complaint) => self.complaint = Some(complaint),
        }
    }

    /// Sends it a signal, of that name.
    pub(crate) fn signal(&self, name: &str) -> Result<()> {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status()?;
        if status.success() { Ok(()) } else { Err(format!("a hand got no SIG{name}").into()) }
    }

    pub(crate) fn tell_to_stop(&mut self) {
        // If it has ended already, that is found when its end is awaited.
        let _ = self.stdin.write_all(STOP.as_bytes());
    }

    /// Kills it. What it had reported is kept.
    pub(crate) fn kill(mut self) -> (Vec<Report>, Option<String>) {
        let was_there = matches!(self.child.try_wait(), Ok(None));
        let _ = self.child.kill();
        while let Ok(sent) = self.sent.recv() {
            self.take(sent);
        }
        let early = (!was_there).then(|| "a hand ended before it was killed".to_owned());
        (std::mem::take(&mut self.reports), self.complaint.take().or(early))
    }

    /// Waits until it ends by itself, as it was told to.
    pub(crate) fn end(mut self) -> (Vec<Report>, Option<String>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.sent.recv_timeout(left) {
                Ok(sent) => self.take(sent),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let (reports, _) = self.kill();
                    return (reports, Some("a hand did not come to its end".to_owned()));
                }
            }
        }
        let failed = match self.child.wait() {
            Ok(status) if status.success() => None,
            Ok(status) => Some(format!("a hand failed: {status}")),
            Err(error) => Some(format!("a hand cannot be waited for: {error}")),
        };
        (std::mem::take(&mut self.reports), self.complaint.take().or(failed))
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Passes reports on to the end. The last one may be cut off, if its process was killed.
fn pass_on(output: ChildStdout, sender: &Sender<std::result::Result<Report, String>>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match output.read_until(b'\n', &mut line) {
            Ok(_) if line.last() != Some(&b'\n') => return,
            Ok(_) => {
                let report = serde_json::from_slice(&line);
                let report = report.map_err(|error| format!("a hand reported nonsense: {error}"));
                if sender.send(report).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
