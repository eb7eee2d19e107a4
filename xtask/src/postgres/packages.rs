//! Installs packages of Debian and its descendants.

use std::path::Path;

use crate::{
    Result,
    command::{self, program},
};

/// Installs `package`, as root or by way of `sudo` if it asks for no password.
pub(super) fn install(package: &str) -> Result<()> {
    let root = is_root()?;
    println!("installing {package}, which the tests need");
    install_as(root, package).map_err(|error| {
        format!(
            "{error}\nthe tests need {package}: install it, on Debian by \
             `apt-get update && apt-get install {package}` as root, and repeat"
        )
    })?;
    keep_still(root, package)
}

fn install_as(root: bool, package: &str) -> Result<()> {
    let install = "apt-get install -y --no-install-recommends";
    command::run(&mut program(&privileged(root, "apt-get update")))?;
    command::run(&mut program(&privileged(
        root,
        &format!("env DEBIAN_FRONTEND=noninteractive {install} {package}"),
    )))
}

/// Stops the service that Debian makes of a package: we start servers of our own.
fn keep_still(root: bool, package: &str) -> Result<()> {
    if !Path::new("/etc/init.d").join(package).exists() {
        return Ok(());
    }
    command::run(&mut program(&privileged(root, &format!("service {package} stop"))))?;
    println!("{package} is a service, too; we do not need it, so it may be disabled");
    Ok(())
}

/// The line that runs `line` as root.
fn privileged(root: bool, line: &str) -> String {
    if root { line.into() } else { format!("sudo -n {line}") }
}

fn is_root() -> Result<bool> {
    Ok(command::output(&mut program("id -u"))?.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::privileged;

    #[test]
    fn who_is_not_root_is_asked_for_nothing() {
        assert_eq!(privileged(true, "apt-get update"), "apt-get update");
        assert_eq!(privileged(false, "apt-get update"), "sudo -n apt-get update");
    }
}
