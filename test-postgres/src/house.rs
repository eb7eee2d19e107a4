//! A folder and a port for a server, and the guardian that outlives us to tidy up.

use std::{
    env,
    fs::{File, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener},
    ops::Range,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{Error, Result, account::Account};

/// What the guardian does.
const GUARDIAN: &str = include_str!("guardian.sh");

/// The ports to draw from.
///
/// All are below those that Linux gives to outgoing connections (32,768 and up), or a client could
/// be given the port of a server that is just being started again, and even connect to itself.
const PORTS: Range<u16> = 15_000..32_000;

/// How many ports are tried.
const ATTEMPTS: usize = 100;

/// How many starts are tried: hardly ever is a port taken before the server listens on it.
const STARTS: usize = 5;

/// A folder and a port that nobody else has. Dropped, whatever runs in it is ended, and it is gone.
///
/// The same happens if our process is killed: the guardian waits for the end of a pipe whose other
/// end is ours alone.
#[derive(Debug)]
pub(crate) struct House {
    folder: PathBuf,
    port: u16,
    account: Account,
    guardian: Child,
}

impl House {
    /// Builds one whose folder is named for `what` is to run in it, and for its port.
    ///
    /// So the folder reserves the port among us, even while the server that it is for is down.
    pub(crate) fn build(what: &str) -> Result<Self> {
        let account = Account::get()?;
        // Without links, as the working directory of a process is known.
        let temporary = env::temp_dir();
        let temporary = temporary
            .canonicalize()
            .map_err(Error::cannot(format!("find {}", temporary.display())))?;

        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let folder = temporary.join(format!("annals-{what}-{port}"));
            if !folder.exists() {
                let guardian = guard(&folder, account)?;
                return Ok(Self { folder, port, account, guardian });
            }
        }
        Err(Error::new(format!("no folder is free, after {ATTEMPTS} attempts")))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A command that runs `program` in the folder, out of reach of Ctrl-C.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.folder).process_group(0).stdin(Stdio::null());
        self.account.run(&mut command);

        // Messages are read, so they are in English; and whatever the variables of PostgreSQL are
        // set to, and whatever is in a home that may be root's, does not concern our servers.
        command.env("LC_ALL", "C").env("HOME", &self.folder);
        let variables = env::vars_os().map(|(name, _)| name);
        for name in variables.filter(|name| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs `command` to its end.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command.output().map_err(Error::cannot(format!("run {program}")))?;
        if output.status.success() {
            return Ok(());
        }
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8_lossy(&printed);
        Err(Error::new(format!("{program} failed: {}\n{}", output.status, printed.trim_end())))
    }

    /// Writes a file in the folder that nobody else can read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let write = || {
            let mut file = File::create(&path)?;
            file.set_permissions(Permissions::from_mode(0o600))?;
            file.write_all(text.as_bytes())
        };
        write().map_err(Error::cannot(format!("write {}", path.display())))?;
        self.account.own(&path)?;
        Ok(path)
    }

    /// Whether `program` can be run in it.
    pub(crate) fn can_run(&self, program: &Path) -> Result<bool> {
        let mut test = self.command("test");
        let status = test.arg("-x").arg(program).status().map_err(Error::cannot("run `test`"))?;
        Ok(status.success())
    }

    /// Copies the folder `from`, wherever it is, into the house, as `name`.
    pub(crate) fn take_in(&self, from: &Path, name: &str) -> Result<()> {
        let to = self.folder.join(name);
        self.run(Command::new("cp").arg("-R").arg(from).arg(&to))?;
        self.account.own_all(&to)
    }

    /// Sends `signal` to all processes that run in the folder.
    pub(crate) fn signal_all(&self, signal: &str) -> Result<()> {
        self.run(guardian(&self.folder, self.account).arg(signal))
    }

    /// Sends `signal` to the process `id`.
    pub(crate) fn signal(&self, signal: &str, id: u32) -> Result<()> {
        let mut command = self.command("sh");
        command.args(["-c", "kill -s \"$1\" \"$2\"", "kill", signal]).arg(id.to_string());
        self.run(&mut command)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Ends its input, and with it its patience.
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}

/// Starts something in a house that `start` builds, again if its port is taken before it listens.
pub(crate) fn on_a_free_port<T>(mut start: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 1..STARTS {
        match start() {
            Err(error) if error.is_about_the_port() => {}
            outcome => return outcome,
        }
    }
    start()
}

/// Has a guardian make `folder`, and watch over it.
fn guard(folder: &Path, account: Account) -> Result<Child> {
    let mut guardian = guardian(folder, account);
    guardian.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut guardian = guardian.spawn().map_err(Error::cannot("run `sh`"))?;

    let stdout = guardian.stdout.take().expect("stdout is piped");
    let mut word = String::new();
    let read = BufReader::new(stdout).read_line(&mut word);
    read.map_err(Error::cannot("hear the guardian"))?;
    if word.trim_end() == "made" {
        return Ok(guardian);
    }
    guardian.wait().map_err(Error::cannot("wait for the guardian"))?;
    Err(Error::new(word.trim_end()))
}

/// The guardian of `folder`. It is not in the folder, and out of reach of Ctrl-C.
fn guardian(folder: &Path, account: Account) -> Command {
    let mut guardian = Command::new("sh");
    guardian.args(["-c", GUARDIAN, "guardian.sh"]).arg(folder);
    account.run(guardian.current_dir("/").env("LC_ALL", "C").process_group(0));
    guardian
}

/// A port on which nobody listens.
fn free_port() -> Result<u16> {
    for _ in 0..ATTEMPTS {
        let [high, low, ..] = random()?;
        let count = PORTS.end - PORTS.start;
        let port = PORTS.start + u16::from_be_bytes([high, low]) % count;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::new(format!("no port is free, after {ATTEMPTS} attempts")))
}

/// A password that nobody can guess.
pub(crate) fn password() -> Result<String> {
    Ok(random()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random() -> Result<[u8; 16]> {
    let read = || -> io::Result<_> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(Error::cannot("read /dev/urandom"))
}
