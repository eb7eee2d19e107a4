//! The two pipes between a process of the cast and the one that started it.

use std::{
    io::{self, BufRead, Write},
    process, thread,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use crate::Result;

/// What is written to a process's input to have it end well.
pub(crate) const STOP: &str = "stop\n";

/// Where a process reports. Each report is in the pipe when the call returns: it outlives a kill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Journal;

impl Journal {
    pub(crate) fn write(self, report: &impl Serialize) {
        let mut line = serde_json::to_string(report).expect("numbers and texts can be written");
        line.push('\n');
        let mut stdout = io::stdout().lock();
        if stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            process::exit(1); // Nobody listens any more.
        }
    }
}

/// What this process is to do: the first line of its input. From then on it ends with whoever started
/// it, however that ends; and tells when it is asked to stop.
pub(crate) fn orders<T: DeserializeOwned>() -> Result<(T, watch::Receiver<bool>)> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let orders = serde_json::from_str(&line)?;

    let (stop, stopped) = watch::channel(false);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(io::Result::ok) {
            if line == STOP.trim_end() {
                stop.send_replace(true);
            }
        }
        process::exit(1);
    });
    Ok((orders, stopped))
}
