//! Links from one page to another lead somewhere.

use std::path::Path;

use super::{
    Finding,
    repository::{File, Repository, numbered},
};

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    repository.files(".md").flat_map(|file| check_page(file, Path::exists)).collect()
}

fn check_page(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    let mut findings = Vec::new();
    let mut in_code = false;

    for (line, text) in numbered(&file.text) {
        in_code ^= text.trim_start().starts_with("```");
        for target in targets(text).iter().filter(|_| !in_code) {
            if !exists(&folder.join(target)) {
                let advice = format!("`{target}` does not exist: mend the link");
                findings.push(file.finding(line, advice));
            }
        }
    }
    findings
}

/// The files that `line` links to, code and anchors left out.
fn targets(line: &str) -> Vec<String> {
    let prose: String = line.split('`').step_by(2).collect();
    let reference = prose.strip_prefix('[').and_then(|it| it.split_once("]: ")).map(|(_, it)| it);
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());

    let targets = inline.chain(reference).filter(|target| !target.contains(':'));
    let files = targets.filter_map(|target| target.split(['#', ' ']).next());
    files.filter(|file| !file.is_empty()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{check_page, targets};
    use crate::tidy::repository::File;

    #[test]
    fn a_link_is_followed_from_the_folder_of_its_page() {
        let text =
            "See [1](0001.md) and\n[the map](../../ARCHITECTURE.md).\n```\n[a](b)\n```\n".into();
        let file = File { path: "docs/adr/0002.md".into(), text };
        let found = check_page(&file, |path| path.ends_with("docs/adr/0001.md"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 2);
        assert!(found[0].advice.starts_with("`../../ARCHITECTURE.md`"));
    }

    #[test]
    fn links_are_told_from_code_anchors_and_addresses() {
        assert_eq!(targets("[`fold`](a.md#fold \"Fold\"), [b](b)"), ["a.md", "b"]);
        assert_eq!(targets("[c]: docs/c.md"), ["docs/c.md"]);
        assert!(targets("`[a](b)` [c](#c) [d](https://annals.example) [e](mailto:e@f)").is_empty());
    }
}
