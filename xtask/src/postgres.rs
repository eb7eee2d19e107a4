//! What the tests need beside cargo, PostgreSQL above all: found, brought and started.

mod packages;
mod release;

use std::{
    env,
    ffi::OsString,
    io,
    process::{Command, Stdio},
};

use annals_test_postgres::{Binaries, Bouncer, Server};

use crate::Result;

/// The variable that names the server that tests share: the URL of a superuser's database.
const URL: &str = "ANNALS_TEST_POSTGRES_URL";

/// What the shared server is started with.
///
/// Nothing on it survives the tests, so it need not survive the machine; and they all run at once.
const SETTINGS: [(&str, &str); 4] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "400"),
    ("shared_buffers", "256MB"),
];

/// What tests run against.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// Stopped when the tests are done, if it is ours.
    _server: Option<Server>,
    variables: Vec<(&'static str, OsString)>,
}

impl Postgres {
    /// Brings all that the tests need, of this major version if one is given, and starts the
    /// server that they share, unless there is one already.
    pub(crate) fn start(major: Option<u32>) -> Result<Self> {
        let given = env::var_os(URL).filter(|url| !url.is_empty());
        if let (Some(major), Some(_)) = (major, &given) {
            return Err(format!("to start a server of version {major}, unset {URL}").into());
        }
        let binaries = binaries(major)?;
        let bouncer = bouncer()?;
        openssl()?;

        let (server, binaries, url) = match given {
            Some(url) => (None, binaries, url),
            None => {
                let server = Server::start(&binaries, &SETTINGS)?;
                let (binaries, url) = (server.binaries().clone(), server.url("postgres").into());
                (Some(server), binaries, url)
            }
        };
        let variables = vec![
            (URL, url),
            (Binaries::VARIABLE, binaries.folder().into()),
            (Bouncer::VARIABLE, bouncer),
        ];
        Ok(Self { _server: server, variables })
    }

    /// Tells `command` of them.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// Tells `command` where the programs are, so that it can start servers of its own.
pub(crate) fn tell_binaries(command: &mut Command) -> Result<&mut Command> {
    Ok(command.env(Binaries::VARIABLE, binaries(None)?.folder()))
}

/// Runs a server for a contributor, as PostgreSQL has its settings, until the input ends.
pub(crate) fn serve(major: Option<u32>) -> Result<()> {
    let server = Server::start(&binaries(major)?, &[])?;
    let bin = Binaries::VARIABLE;
    println!("{URL}={}", server.url("postgres"));
    println!("{bin}={}", server.binaries().folder().display());
    println!("export {URL} {bin}");
    eprintln!("these lines are for another shell; to stop the server, press Ctrl-C");

    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// The programs of this major version; or of whichever there is, installed if there is none.
fn binaries(major: Option<u32>) -> Result<Binaries> {
    if let Some(major) = major {
        return release::bring(major);
    }
    if Binaries::find().is_err() && env::var_os(Binaries::VARIABLE).is_none() {
        packages::install("postgresql")?;
    }
    Ok(Binaries::find()?)
}

/// The program, installed if there is none.
fn bouncer() -> Result<OsString> {
    if Bouncer::find().is_err() {
        packages::install("pgbouncer")?;
    }
    Ok(Bouncer::find()?.into())
}

/// Sees that there is `openssl`, which makes the certificates of servers with TLS.
fn openssl() -> Result<()> {
    let mut version = Command::new("openssl");
    match version.arg("version").stdout(Stdio::null()).status() {
        Ok(_) => Ok(()),
        Err(_) => packages::install("openssl"),
    }
}
