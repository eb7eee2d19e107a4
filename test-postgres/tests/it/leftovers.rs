//! Nothing is left of a server, however its owner ends.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{client::Client, eventually, server};

#[test]
fn nothing_is_left_of_a_server_that_is_dropped() {
    let server = server();
    let (url, folder) = (server.url("postgres"), server.folder().to_owned());
    drop(server);
    assert!(Client::connect(&url).is_err());
    assert!(!folder.exists());
}

#[test]
fn nothing_is_left_of_a_server_that_is_dropped_while_it_is_killed_or_paused() {
    let mut killed = server();
    let paused = server();
    let folders = [killed.folder().to_owned(), paused.folder().to_owned()];
    killed.kill().unwrap();
    paused.pause().unwrap();
    drop((killed, paused));
    assert!(folders.iter().all(|folder| !folder.exists()));
}

/// Before, amid and after the making of a cluster, amid the start, and after it.
#[test]
fn nothing_is_left_of_a_server_whose_owner_is_killed_at_any_stage() {
    for file in ["", "password", "data/PG_VERSION", "data/global/pg_control", "data/postmaster.pid"]
    {
        let owner = Owner::start();
        eventually(|| owner.folder().is_some_and(|folder| folder.join(file).exists()));
        owner.ends_by("KILL");
    }
}

#[test]
fn nothing_is_left_of_a_server_whose_owner_is_interrupted_or_killed_while_it_serves() {
    for signal in ["HUP", "INT", "TERM", "KILL"] {
        let mut owner = Owner::start();
        owner.await_server();
        owner.ends_by(signal);
    }
}

/// A process that starts a server.
struct Owner(Child);

impl Owner {
    fn start() -> Self {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_serve"));
        Self(serve.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Waits until its server has started.
    fn await_server(&mut self) {
        let stdout = self.0.stdout.as_mut().unwrap();
        assert_eq!(stdout.read(&mut [0]).unwrap(), 1);
    }

    /// The folder of its server, once it has a guardian: the last that a guardian is told.
    fn folder(&self) -> Option<PathBuf> {
        let parent = format!("PPid:\t{}", self.0.id());
        let children = processes().filter(|process| {
            let status = fs::read_to_string(process.join("status")).unwrap_or_default();
            status.lines().any(|line| line == parent)
        });
        children.into_iter().find_map(|child| {
            let line = fs::read_to_string(child.join("cmdline")).ok()?;
            let (_, folder) = line.trim_end_matches('\0').split_once("\0guardian.sh\0")?;
            Some(PathBuf::from(folder))
        })
    }

    /// Ends it, and sees that nothing is left: no file, and nobody at work where they were.
    fn ends_by(mut self, signal: &str) {
        let folder = self.folder().unwrap();
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -s $0 $1", signal]).arg(self.0.id().to_string());
        assert!(kill.status().unwrap().success());

        self.0.wait().unwrap();
        eventually(|| !folder.exists() && !somebody_works_in(&folder));
    }
}

fn somebody_works_in(folder: &Path) -> bool {
    let mut places = processes().filter_map(|process| fs::read_link(process.join("cwd")).ok());
    places.any(|place| place.starts_with(folder))
}

/// The folders of `/proc`.
fn processes() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path())
}
