//! The table of imports in ARCHITECTURE.md says which of our packages each is built upon.

use std::collections::BTreeMap;

use super::{Finding, markdown, repository::Repository};
use crate::workspace::Package;

const HEADER: [&str; 2] = ["crate", "may import"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let Some(file) = repository.file("ARCHITECTURE.md") else { return Vec::new() };
    let tables = markdown::tables(&file.text);
    let Some(table) = tables.iter().find(|table| table.header == HEADER) else {
        return vec![file.finding(1, "add the table `| crate | may import |`")];
    };

    let packages = repository.packages.iter();
    let mut unsaid: BTreeMap<_, _> = packages.map(|it| (it.name.as_str(), imports(it))).collect();
    let mut findings = Vec::new();

    for (line, row) in &table.rows {
        let (name, said) = (row[0].replace('`', ""), row[1..].join("|").replace('`', ""));
        match unsaid.remove(name.as_str()) {
            Some(imports) if imports == said => {}
            Some(imports) => {
                let advice = format!("{name} imports {imports}: correct the row, or the manifest");
                findings.push(file.finding(*line, advice));
            }
            None => {
                let advice = format!("{name} is no package, or is in two rows: take this one out");
                findings.push(file.finding(*line, advice));
            }
        }
    }
    let add = |(name, imports)| file.finding(table.line, format!("add `| {name} | {imports} |`"));
    findings.extend(unsaid.into_iter().map(add));
    findings
}

/// The cell beside `package`.
fn imports(package: &Package) -> String {
    match package.imports() {
        none if none.is_empty() => "–".into(),
        some => some.into_iter().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::{tidy::repository::Repository, workspace::Package};

    /// What is found if `rows` are in the table, and two packages in the workspace.
    fn advice(rows: &str) -> Vec<String> {
        let text = format!("| crate | may import |\n|---|---|\n{rows}");
        let mut repository = Repository::sample(&[("ARCHITECTURE.md", &text)]);
        repository.packages = vec![
            Package::sample("annals", &["annals-core", "annals-memory"]),
            Package::sample("annals-core", &[]),
        ];
        check(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_table_that_says_what_the_manifests_say_is_fine() {
        let rows = "| `annals` | `annals-core`, `annals-memory` |\n| annals-core | – |\n";
        assert!(advice(rows).is_empty());
    }

    #[test]
    fn an_arrow_too_few_or_too_many_is_found() {
        let found = advice("| annals | annals-core |\n| annals-core | annals |\n");
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with("ARCHITECTURE.md:3: annals imports annals-core, annals-memory")
        );
        assert!(found[1].starts_with("ARCHITECTURE.md:4: annals-core imports –"));
    }

    #[test]
    fn a_row_too_few_or_too_many_is_found() {
        let found = advice("| annals | annals-core, annals-memory |\n| annals-sagas | – |\n");
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("ARCHITECTURE.md:4: annals-sagas is no package"));
        assert_eq!(found[1], "ARCHITECTURE.md:1: add `| annals-core | – |`");
    }

    #[test]
    fn a_missing_table_is_found() {
        assert_eq!(check(&Repository::sample(&[("ARCHITECTURE.md", "# Architecture\n")])).len(), 1);
    }
}
