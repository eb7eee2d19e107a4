//! Manifests take versions and lints from the workspace, and `core` takes no runtime, no database.

use super::{
    Finding,
    manifest::{self, Entry},
    repository::{File, Repository},
};

/// What `core` may not be built upon, nor upon any crate whose name begins like this.
const NOT_IN_CORE: [&str; 2] = ["sqlx", "tokio"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    repository.files("Cargo.toml").flat_map(check_manifest).collect()
}

fn check_manifest(file: &File) -> Vec<Finding> {
    let entries = manifest::entries(&file.text);
    let mut findings = Vec::new();

    if !entries.iter().any(|entry| (entry.table, entry.key) == ("lints", "workspace")) {
        findings.push(file.finding(1, "add `[lints]` with `workspace = true`"));
    }
    for entry in entries.iter().filter(|entry| is_dependency(entry)) {
        if !is_shared(entry) {
            let advice = "move the version to the table of the workspace: `workspace = true` here";
            findings.push(file.finding(entry.line, advice));
        }
        if file.path == "core/Cargo.toml" && is_kept_out_of_core(entry) {
            let advice = "`core` has no runtime and no database: do without";
            findings.push(file.finding(entry.line, advice));
        }
    }
    findings
}

/// Whether it is in `[dependencies]`, `[dev-dependencies]`, `[target.….dependencies.…]` and so on.
fn is_dependency(entry: &Entry<'_>) -> bool {
    entry.table.contains("dependencies") && !entry.table.starts_with("workspace.")
}

/// Whether it takes its version from the workspace.
fn is_shared(entry: &Entry<'_>) -> bool {
    entry.key.ends_with(".workspace") || entry.value.contains("workspace = true")
}

fn is_kept_out_of_core(entry: &Entry<'_>) -> bool {
    entry.table == "dependencies" && NOT_IN_CORE.iter().any(|name| entry.key.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn a_version_of_its_own_is_found() {
        let manifest =
            format!("{LINTS}[dev-dependencies]\nserde = \"1\"\nlru = {{ version = \"1\" }}\n");
        assert_eq!(
            places(check, &[("cli/Cargo.toml", &manifest)]),
            ["cli/Cargo.toml:4", "cli/Cargo.toml:5"]
        );
    }

    #[test]
    fn lints_of_its_own_are_found() {
        let manifest = "[package]\nname = \"annals-cli\"\n";
        assert_eq!(places(check, &[("cli/Cargo.toml", manifest)]), ["cli/Cargo.toml:1"]);
    }

    #[test]
    fn a_runtime_is_found_in_core_alone_and_not_in_its_tests() {
        let manifest = format!(
            "{LINTS}[dependencies]\ntokio-util.workspace = true\n\
             [dev-dependencies]\ntokio.workspace = true\n"
        );
        assert_eq!(places(check, &[("core/Cargo.toml", &manifest)]), ["core/Cargo.toml:4"]);
        assert!(places(check, &[("testkit/Cargo.toml", &manifest)]).is_empty());
    }

    #[test]
    fn what_the_workspace_gives_is_fine() {
        let manifest = format!(
            "[workspace.dependencies]\nserde = \"1\"\n\n[dependencies]\nserde.workspace = true\n\
             lru = {{ workspace = true, optional = true }}\n{LINTS}"
        );
        assert!(places(check, &[("Cargo.toml", &manifest)]).is_empty());
    }
}
