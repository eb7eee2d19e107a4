//! The programs of PostgreSQL.

use std::{
    cmp::Reverse,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Error, Result, house::House, search};

/// What is needed of them. Some distributions have no more.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Where Debian and its descendants have them: out of `PATH`, in a folder for each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A folder with the programs of PostgreSQL: `initdb`, `postgres`, `pg_ctl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// The variable that names the folder to take, whatever else there may be.
    pub const VARIABLE: &str = "ANNALS_TEST_POSTGRES_BIN";

    /// Finds them: in [`VARIABLE`](Self::VARIABLE) if it is set, else in `PATH`, else the highest
    /// version in `/usr/lib/postgresql`.
    ///
    /// # Errors
    ///
    /// They are not there; it says what to do.
    pub fn find() -> Result<Self> {
        if let Some(folder) = search::variable(Self::VARIABLE) {
            let named = |error| Error::new(format!("{} is set, and {error}", Self::VARIABLE));
            return Self::at(&folder).map_err(named);
        }
        let folders = search::path().into_iter().chain(versions(Path::new(VERSIONS)));
        let folder = search::folder_with(&PROGRAMS, folders).ok_or_else(|| {
            Error::new(format!(
                "there is no PostgreSQL here: run `cargo xtask test`, which installs it, or \
                 install the package `postgresql`, or set {} to a folder with initdb, postgres \
                 and pg_ctl",
                Self::VARIABLE
            ))
        })?;
        Ok(Self::behind(folder))
    }

    /// Those in `folder`, and no others.
    ///
    /// # Errors
    ///
    /// They are not there.
    pub fn at(folder: &Path) -> Result<Self> {
        let found = search::folder_with(&PROGRAMS, [folder.into()]);
        let folder = found.ok_or_else(|| {
            Error::new(format!("`{}` lacks one of {}", folder.display(), PROGRAMS.join(", ")))
        })?;
        Ok(Self::behind(folder))
    }

    /// Those that the links in `folder` lead to, if it has links: they come with more of their kind.
    fn behind(folder: PathBuf) -> Self {
        let target = folder.join("postgres").canonicalize().ok();
        let targets = target.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let folder = search::folder_with(&PROGRAMS, targets).unwrap_or(folder);
        Self { folder }
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Their major version: 15 for PostgreSQL 15.18.
    ///
    /// # Errors
    ///
    /// They cannot be run.
    pub fn major_version(&self) -> Result<u32> {
        let postgres = self.program("postgres");
        let output = Command::new(&postgres).arg("--version").output();
        let output = output.map_err(Error::cannot(format!("run {}", postgres.display())))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        major(&printed).ok_or_else(|| {
            let complaint = String::from_utf8_lossy(&output.stderr);
            let postgres = postgres.display();
            Error::new(format!("{postgres} --version prints no version: {printed}{complaint}"))
        })
    }

    /// These, or a copy of them in `house` if whoever lives there cannot run them where they are.
    pub(crate) fn within_reach(&self, house: &House) -> Result<Self> {
        if house.can_run(&self.program("postgres"))? {
            return Ok(self.clone());
        }
        let (Some(all), Some(bin)) = (self.folder.parent(), self.folder.file_name()) else {
            return Ok(self.clone());
        };
        house.take_in(all, "programs")?;
        Self::at(&house.folder().join("programs").join(bin))
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The folders of programs in `folder`, which has one for each version; the highest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    sorted(names.collect()).iter().map(|name| folder.join(name).join("bin")).collect()
}

/// The `versions`, the highest first; before version 10, they were called 9.6 and so on.
fn sorted(mut versions: Vec<String>) -> Vec<String> {
    let numbers = |version: &str| -> Vec<u32> {
        version.split('.').map_while(|number| number.parse().ok()).collect()
    };
    versions.sort_by_cached_key(|version| Reverse(numbers(version)));
    versions
}

/// The major version in what `postgres --version` prints: `postgres (PostgreSQL) 15.18 (Debian)`.
fn major(printed: &str) -> Option<u32> {
    let (_, version) = printed.split_once("(PostgreSQL) ")?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Binaries, major, sorted};

    #[test]
    fn the_highest_version_comes_first() {
        let versions = ["9.6", "18", "common", "15"].map(String::from).into();
        assert_eq!(sorted(versions), ["18", "15", "9.6", "common"]);
    }

    #[test]
    fn the_major_version_is_read_from_what_is_printed() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19devel\n"), Some(19));
        assert_eq!(major("pgbouncer 1.18\n"), None);
    }

    #[test]
    fn a_folder_without_the_programs_is_an_error_that_names_both() {
        let error = Binaries::at(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.contains("`/nowhere`") && error.contains("initdb"), "{error}");
    }
}
