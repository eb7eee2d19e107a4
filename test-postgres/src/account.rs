//! Whom a server runs as: PostgreSQL and PgBouncer refuse to be root.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
    sync::OnceLock,
};

use crate::{Error, Result};

/// In this order of preference.
const NAMES: [&str; 2] = ["postgres", "nobody"];

/// Whom we start programs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// Whoever we are.
    Ours,
    /// Somebody else, since we are root.
    Other { user: u32, group: u32 },
}

impl Account {
    /// The account to use, looked up once.
    pub(crate) fn get() -> Result<Self> {
        static ACCOUNT: OnceLock<std::result::Result<Account, String>> = OnceLock::new();
        let account = ACCOUNT.get_or_init(|| look_up().map_err(|error| error.to_string()));
        account.clone().map_err(Error::new)
    }

    /// Has `command` run under it.
    pub(crate) fn run(self, command: &mut Command) {
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group);
        }
    }

    /// Gives it the file or folder at `path`.
    pub(crate) fn own(self, path: &Path) -> Result<()> {
        match self {
            Self::Ours => Ok(()),
            Self::Other { user, group } => chown(path, Some(user), Some(group))
                .map_err(Error::cannot(format!("give {} away", path.display()))),
        }
    }

    /// Gives it the folder at `path`, with all that is in it.
    pub(crate) fn own_all(self, path: &Path) -> Result<()> {
        let Self::Other { user, group } = self else { return Ok(()) };
        let mut chown = Command::new("chown");
        chown.arg("-hR").arg(format!("{user}:{group}")).arg(path);
        let status = chown.status().map_err(Error::cannot("run `chown`"))?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::new(format!("cannot give {} away: {status}", path.display()))),
        }
    }
}

fn look_up() -> Result<Account> {
    let id = Command::new("id").arg("-u").output().map_err(Error::cannot("run `id -u`"))?;
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Ok(Account::Ours);
    }
    let accounts = fs::read_to_string("/etc/passwd").map_err(Error::cannot("read /etc/passwd"))?;
    let other = NAMES.iter().find_map(|name| account(name, &accounts));
    other.ok_or_else(|| {
        let names = NAMES.join(" or ");
        Error::new(format!("PostgreSQL does not run as root: add a user {names}, or be another"))
    })
}

/// The account called `name` in the text of `/etc/passwd`.
fn account(name: &str, accounts: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let [this, _, user, group, ..] = line.split(':').collect::<Vec<_>>()[..] else {
            return None;
        };
        let (user, group) = (user.parse().ok()?, group.parse().ok()?);
        (this == name).then_some(Account::Other { user, group })
    })
}

#[cfg(test)]
mod tests {
    use super::{Account, account};

    #[test]
    fn an_account_is_found_by_its_name() {
        let accounts = "root:x:0:0::/root:/bin/sh\n+\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(account("postgres", accounts), Some(Account::Other { user: 101, group: 104 }));
        assert_eq!(account("postgre", accounts), None);
    }
}
