//! Other processes: a test runs itself once more, to play another part.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Lines, stdin},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

const PART: &str = "ANNALS_TEST_PART";
const PATH: &str = "ANNALS_TEST_PATH";

/// What a process says to the other begins so.
const MARK: &str = "#said ";

/// The part that a process was started to play, and the path that it was given; none in the one that
/// runs the tests.
pub(crate) fn part() -> Option<(String, PathBuf)> {
    let part = env::var(PART).ok()?;
    Some((part, env::var_os(PATH).map(PathBuf::from).unwrap()))
}

/// Says something to the process that started this one.
pub(crate) fn say(word: &str) {
    println!("\n{MARK}{word}");
}

/// Waits for what the process that started this one says; none when that says nothing any more.
pub(crate) fn hear() -> Option<String> {
    stdin().lines().next().map(Result::unwrap)
}

/// A process that plays another part of the same test. It is killed when this is dropped.
pub(crate) struct Other {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    ear: Option<ChildStdin>,
}

impl Other {
    /// Runs `test`, by its whole name, to play `part`.
    pub(crate) fn play(test: &str, part: &str, path: impl AsRef<OsStr>) -> Self {
        Self::start(Command::new(env::current_exe().unwrap()), test, part, path.as_ref())
    }

    /// The same, where mounting something is seen by that process alone.
    #[cfg(target_os = "linux")]
    pub(crate) fn play_apart(test: &str, part: &str, path: impl AsRef<OsStr>) -> Self {
        let id = Command::new("id").arg("-u").output().expect("`id` tells who runs this");
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount");
        if id.stdout != b"0\n" {
            unshare.args(["--user", "--map-root-user"]);
        }
        unshare.arg(env::current_exe().unwrap());
        Self::start(unshare, test, part, path.as_ref())
    }

    fn start(mut command: Command, test: &str, part: &str, path: &OsStr) -> Self {
        let command = command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
        let command = command.env(PART, part).env(PATH, path);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (said, ear) = (child.stdout.take().unwrap(), child.stdin.take());
        Self { child, said: BufReader::new(said).lines(), ear }
    }

    /// What it says next.
    pub(crate) fn hear(&mut self) -> String {
        let next = self.said.by_ref().map(Result::unwrap);
        let mut words = next.filter_map(|line| line.strip_prefix(MARK).map(String::from));
        words.next().expect("the other process failed, and has said above why")
    }

    /// Tells it something.
    pub(crate) fn tell(&mut self, word: &str) {
        use std::io::Write;
        writeln!(self.ear.as_mut().unwrap(), "{word}").unwrap();
    }

    /// Waits for its end, which is a good one.
    pub(crate) fn end(mut self) {
        drop(self.ear.take());
        let rest: Vec<_> = self.said.by_ref().map(Result::unwrap).collect();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", rest.join("\n"));
        assert!(rest.iter().any(|line| line.contains("1 passed")), "no such test: {rest:?}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
