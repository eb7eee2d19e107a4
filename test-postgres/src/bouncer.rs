//! PgBouncer in front of a server.

use std::path::{Path, PathBuf};

use crate::{
    Error, Result,
    daemon::Daemon,
    house::{self, House},
    search,
};

const PROGRAM: &str = "pgbouncer";

/// Where Debian has it: out of the `PATH` of most users.
const DEBIAN: &str = "/usr/sbin";

/// What the log says when clients may connect.
const READY: &str = "process up";

/// What every bouncer is started with; the settings that are given come after, and so prevail.
const SETTINGS: &str = "\
listen_addr = 127.0.0.1
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
ignore_startup_parameters = extra_float_digits
pool_mode = transaction
default_pool_size = 4
max_client_conn = 1000
";

/// A private PgBouncer on 127.0.0.1, in transaction mode, with at most four connections to each
/// database of the server behind it. Dropped, or when our process ends, it is gone.
#[derive(Debug)]
pub struct Bouncer {
    // Dropped first: the guardian stops gently what `Daemon` would kill.
    house: House,
    _daemon: Daemon,
    login: Login,
}

/// With whom, and as whom, a bouncer connects.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Login {
    user: String,
    password: String,
    host: String,
    port: u16,
}

impl Bouncer {
    /// The variable that names the program to take, whatever else there may be.
    pub const VARIABLE: &str = "ANNALS_TEST_PGBOUNCER";

    /// The program: what [`VARIABLE`](Self::VARIABLE) is set to, else the one in `PATH` or
    /// `/usr/sbin`.
    ///
    /// # Errors
    ///
    /// It is not there; it says what to do.
    pub fn find() -> Result<PathBuf> {
        if let Some(program) = search::variable(Self::VARIABLE) {
            return Ok(program);
        }
        let folders = search::path().into_iter().chain([DEBIAN.into()]);
        let folder = search::folder_with(&[PROGRAM], folders).ok_or_else(|| {
            Error::new(format!(
                "there is no PgBouncer here: run `cargo xtask test`, which installs it, or install \
                 the package `pgbouncer`, or set {} to the program",
                Self::VARIABLE
            ))
        })?;
        Ok(folder.join(PROGRAM))
    }

    /// Starts one in front of the server at `url`, whose user and password it asks of its clients
    /// too. `settings` are those of `pgbouncer.ini`, in its section `[pgbouncer]`.
    ///
    /// # Errors
    ///
    /// There is no program, or it does not start; with the end of its log.
    pub fn start(url: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let program = Self::find()?;
        let login = Login::read(url).ok_or_else(|| {
            Error::new("a server is needed as postgres://user:password@host:port")
        })?;
        house::on_a_free_port(|| Self::try_start(&program, &login, settings))
    }

    fn try_start(program: &Path, login: &Login, settings: &[(&str, &str)]) -> Result<Self> {
        let house = House::build(PROGRAM)?;
        house.write("users.txt", &format!("\"{}\" \"{}\"\n", login.user, login.password))?;
        house.write("pgbouncer.ini", &configuration(login, house.port(), settings))?;

        let mut command = house.command(program);
        command.arg("pgbouncer.ini");
        let daemon = Daemon::start(command, READY)?;
        Ok(Self { house, _daemon: daemon, login: login.clone() })
    }

    /// Where to connect to `database` through it.
    pub fn url(&self, database: &str) -> String {
        let Login { user, password, .. } = &self.login;
        format!("postgres://{user}:{password}@127.0.0.1:{}/{database}", self.house.port())
    }
}

impl Login {
    /// Reads `postgres://user:password@host:port/…`, without escapes.
    fn read(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?']).next()?;
        let (login, address) = authority.split_once('@')?;
        let (user, password) = login.split_once(':')?;
        let (host, port) = address.split_once(':').unwrap_or((address, "5432"));
        let plain = ["postgres", "postgresql"].contains(&scheme) && !login.contains(['%', '"']);
        plain.then_some(Self {
            user: user.into(),
            password: password.into(),
            host: host.into(),
            port: port.parse().ok()?,
        })
    }
}

/// The text of `pgbouncer.ini`.
fn configuration(login: &Login, port: u16, settings: &[(&str, &str)]) -> String {
    let Login { host, port: behind, .. } = login;
    let given = settings.iter().map(|(name, value)| format!("{name} = {value}\n"));
    let given: String = given.collect();
    format!(
        "[databases]\n* = host={host} port={behind}\n\n[pgbouncer]\nlisten_port = {port}\n\
         {SETTINGS}{given}"
    )
}

#[cfg(test)]
mod tests {
    use super::Login;

    #[test]
    fn the_url_of_a_server_tells_how_to_log_in() {
        let login =
            Login { user: "ada".into(), password: "secret".into(), host: "db".into(), port: 5432 };
        assert_eq!(Login::read("postgres://ada:secret@db/postgres"), Some(login.clone()));
        let elsewhere = Login { port: 7000, ..login };
        assert_eq!(Login::read("postgresql://ada:secret@db:7000?a=b"), Some(elsewhere));
    }

    #[test]
    fn what_would_have_to_be_guessed_is_refused() {
        for url in ["db:5432", "postgres://db/postgres", "mysql://a:b@db", "postgres://a:%20@db"] {
            assert_eq!(Login::read(url), None, "{url}");
        }
    }
}
