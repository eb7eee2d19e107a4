//! A server that follows another, and may take its place.

use super::{Server, USER};
use crate::{Result, house};

/// How a standby calls itself: its row in `pg_stat_replication`.
const NAME: &str = "standby";

/// How much a primary keeps for a standby that is down.
const KEPT: (&str, &str) = ("wal_keep_size", "1GB");

/// What a standby does not take over: it has no standby to wait for.
const NOT_TAKEN_OVER: &str = "synchronous_standby_names";

impl Server {
    /// Starts a standby, named `standby`, which follows this server and answers queries.
    ///
    /// This server is stopped while its data are copied: whoever is connected is disconnected.
    /// (Not by `pg_basebackup`, which not every distribution has.)
    ///
    /// # Errors
    ///
    /// This server is not running, or the standby does not start.
    pub fn standby(&mut self) -> Result<Self> {
        house::on_a_free_port(|| {
            let mut standby = Self::prepare(&self.binaries, self.password.clone())?;

            let mut copy = standby.house.command("cp");
            copy.arg("-R").arg(self.house.folder().join("data")).arg("data");
            self.stop()?;
            let copied = standby.house.run(&mut copy);
            self.set(&[KEPT]);
            self.start_again()?;
            copied?;

            standby.settings = self.settings.clone();
            standby.settings.retain(|(name, _)| name != NOT_TAKEN_OVER);
            let primary = format!(
                "host=127.0.0.1 port={} user={USER} password={} application_name={NAME}",
                self.port(),
                self.password
            );
            standby.set(&[("primary_conninfo", &primary)]);
            standby.house.write("data/standby.signal", "")?;
            standby.start_again()?;
            Ok(standby)
        })
    }

    /// Makes a standby a primary, and waits until it is one. What it followed is not touched.
    ///
    /// # Errors
    ///
    /// It is not a standby, or is not running.
    pub fn promote(&self) -> Result<()> {
        let mut promote = self.house.command(self.binaries.program("pg_ctl"));
        self.house.run(promote.args(["promote", "--wait", "-D", "data"]))
    }
}
