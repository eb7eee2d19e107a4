//! Where a program is looked for.

use std::{env, path::PathBuf};

/// The first of `folders` with all of `programs` in it.
pub(crate) fn folder_with(
    programs: &[&str],
    folders: impl IntoIterator<Item = PathBuf>,
) -> Option<PathBuf> {
    let has_all = |folder: &PathBuf| programs.iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_all)
}

/// The folders of `PATH`.
pub(crate) fn path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// The path that the variable `name` is set to. Set to nothing is not set.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::folder_with;

    #[test]
    fn the_first_folder_with_all_programs_is_taken() {
        let ours = env!("CARGO_MANIFEST_DIR");
        let folders = || ["/nowhere".into(), format!("{ours}/src").into(), ours.into()];

        assert_eq!(folder_with(&["Cargo.toml"], folders()), Some(ours.into()));
        assert_eq!(folder_with(&["lib.rs"], folders()), Some(format!("{ours}/src").into()));
        assert_eq!(folder_with(&["lib.rs", "Cargo.toml"], folders()), None);
    }
}
