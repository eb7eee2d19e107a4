//! The lists of rules are complete.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A rule that is not on its list is one that no store is held to.
#[test]
fn every_rule_is_on_a_list() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lists = fs::read_to_string(source.join("conformance.rs")).unwrap();
    let listed: BTreeSet<String> =
        lists.lines().filter_map(|line| line.trim().strip_suffix(',')).map(String::from).collect();

    let mut written = BTreeSet::new();
    for file in files_in(&source.join("conformance")) {
        let text = fs::read_to_string(file).unwrap();
        let rules = text.split("pub async fn ").skip(1);
        written.extend(rules.map(|rule| rule.split(['(', '<']).next().unwrap().to_owned()));
    }

    let with_fresh_stores = "any_history_agrees_with_the_model".to_owned();
    assert!(lists.contains(&format!("fn {with_fresh_stores}()")));
    assert!(written.remove(&with_fresh_stores));
    assert!(written.len() > 50, "{written:#?}");
    assert_eq!(written.difference(&listed).collect::<Vec<_>>(), [""; 0]);
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.into_iter().chain(folders.iter().flat_map(|folder| files_in(folder))).collect()
}
