//! A PostgreSQL server of one's own.

mod standby;

use std::path::{Path, PathBuf};

use crate::{
    Binaries, Error, Result,
    daemon::Daemon,
    house::{self, House},
    tls,
};

/// The superuser.
const USER: &str = "annals";

/// What the log says when clients may connect, to a standby too.
const READY: &str = "database system is ready to accept";

/// What every server is started with; the settings that are given come after, and so prevail.
const SETTINGS: [(&str, &str); 3] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    // In the folder, where nothing is left behind, not in `/dev/shm`.
    ("dynamic_shared_memory_type", "mmap"),
];

/// A private server on 127.0.0.1, with a superuser `annals`. Dropped, it is gone with its data.
///
/// It is gone, too, when the process that started it ends without dropping it: by a signal, even
/// one that cannot be caught.
#[derive(Debug)]
pub struct Server {
    // Dropped first: the guardian stops gently what `Daemon` would kill.
    house: House,
    daemon: Option<Daemon>,
    binaries: Binaries,
    password: String,
    /// In the order in which they are given to `postgres`: the last of a name counts.
    settings: Vec<(String, String)>,
}

impl Server {
    /// Starts a server on a new and empty cluster (UTF-8, locale C). `settings` are those of
    /// `postgresql.conf`; those that are not given are as PostgreSQL has them.
    ///
    /// # Errors
    ///
    /// It does not start; with the end of its log.
    pub fn start(binaries: &Binaries, settings: &[(&str, &str)]) -> Result<Self> {
        house::on_a_free_port(|| {
            let mut server = Self::install(binaries, settings)?;
            server.start_again()?;
            Ok(server)
        })
    }

    /// Starts a server that refuses connections without TLS, and names the file with the
    /// certificate (PEM) of the authority that vouches for it, as 127.0.0.1 and as localhost.
    ///
    /// # Errors
    ///
    /// It does not start, or there is no program `openssl`.
    pub fn start_with_tls(
        binaries: &Binaries,
        settings: &[(&str, &str)],
    ) -> Result<(Self, PathBuf)> {
        house::on_a_free_port(|| {
            let mut server = Self::install(binaries, settings)?;
            let authority = tls::certify(&server.house)?;
            server.house.write("data/pg_hba.conf", tls::ONLY)?;
            server.set(&tls::SETTINGS);
            server.start_again()?;
            Ok((server, authority))
        })
    }

    /// Where to connect to `database`, as a superuser.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", self.password, self.port())
    }

    /// The port on which it listens, or will when it is started again.
    pub fn port(&self) -> u16 {
        self.house.port()
    }

    /// The programs it is run with.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The folder in which it runs. It goes with the server.
    pub fn folder(&self) -> &Path {
        self.house.folder()
    }

    /// Stops it as an operator would: clients are disconnected, what they had begun is undone.
    ///
    /// # Errors
    ///
    /// It is not running, or does not stop.
    pub fn stop(&mut self) -> Result<()> {
        let daemon = self.daemon.take().ok_or_else(|| Error::new("the server is stopped"))?;
        self.house.signal("INT", daemon.id())?;
        daemon.await_end()
    }

    /// Kills all its processes as a crash of the machine would, except that nothing is lost that
    /// was handed to the operating system.
    ///
    /// # Errors
    ///
    /// It is not running, or its processes cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        let mut daemon = self.daemon.take().ok_or_else(|| Error::new("the server is stopped"))?;
        // The postmaster first: it would start anew what it sees dying.
        daemon.kill()?;
        self.house.signal_all("KILL")?;
        daemon.await_end()
    }

    /// Starts it after [`stop`](Self::stop) or [`kill`](Self::kill), on the same port and data.
    ///
    /// # Errors
    ///
    /// It is running, or does not start; with the end of its log.
    pub fn start_again(&mut self) -> Result<()> {
        if self.daemon.is_some() {
            return Err(Error::new("the server is running"));
        }
        let mut command = self.house.command(self.binaries.program("postgres"));
        command.args(["-D", "data", "-p"]).arg(self.port().to_string());
        let fixed = SETTINGS.iter().map(|(name, value)| format!("{name}={value}"));
        let given = self.settings.iter().map(|(name, value)| format!("{name}={value}"));
        for setting in fixed.chain(given) {
            command.arg("-c").arg(setting);
        }
        self.daemon = Some(Daemon::start(command, READY)?);
        Ok(())
    }

    /// Has it answer nobody, and keep all connections, until [`resume`](Self::resume).
    ///
    /// # Errors
    ///
    /// Its processes cannot be signalled.
    pub fn pause(&self) -> Result<()> {
        // The second round is for those that were just being forked in the first.
        self.house.signal_all("STOP")?;
        self.house.signal_all("STOP")
    }

    /// Has it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// Its processes cannot be signalled.
    pub fn resume(&self) -> Result<()> {
        self.house.signal_all("CONT")
    }

    /// A server that has not been started, with an empty cluster.
    fn install(binaries: &Binaries, settings: &[(&str, &str)]) -> Result<Self> {
        let mut server = Self::prepare(binaries, house::password()?)?;
        server.set(settings);
        server.house.write("password", &server.password)?;

        // Cleaning up is the guardian's: it frees the memory that is noted in what would be removed.
        let mut initdb = server.house.command(server.binaries.program("initdb"));
        initdb.args(["-D", "data", "--no-sync", "--no-clean", "--encoding=UTF8", "--locale=C"]);
        initdb.args(["--auth=scram-sha-256", "--pwfile=password", "--username", USER]);
        server.house.run(&mut initdb)?;
        Ok(server)
    }

    /// A server without a cluster.
    fn prepare(binaries: &Binaries, password: String) -> Result<Self> {
        let house = House::build("postgres")?;
        let binaries = binaries.within_reach(&house)?;
        Ok(Self { house, daemon: None, binaries, password, settings: Vec::new() })
    }

    fn set(&mut self, settings: &[(&str, &str)]) {
        let settings = settings.iter().map(|&(name, value)| (name.into(), value.into()));
        self.settings.extend(settings);
    }
}
