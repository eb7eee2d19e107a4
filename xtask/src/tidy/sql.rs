//! SQL lives in `.sql` files, where it is highlighted, compared and blamed as SQL.

use super::{
    Finding,
    repository::{File, Repository},
    rust::{strings, without_tests},
};

/// What a statement begins with.
const VERBS: [&str; 8] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "WITH"];

pub(super) fn check(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Tests may ask the database themselves, and an example is to be read from top to bottom.
    let is_ours = |file: &&File| !file.is_in("tests") && !file.is_in("examples");
    for file in repository.files(".rs").filter(is_ours) {
        for (line, _) in strings(without_tests(&file.text)).iter().filter(|(_, text)| is_sql(text))
        {
            let advice = "move this SQL to a file `sql/verb_noun.sql`, and `include_str!` it";
            findings.push(file.finding(*line, advice));
        }
    }
    findings
}

fn is_sql(text: &str) -> bool {
    let statement = text.trim_start();
    let after = VERBS.iter().find_map(|verb| statement.strip_prefix(verb));
    after.is_some_and(|after| after.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::places;

    #[test]
    fn a_statement_is_found() {
        let text = "query(\"SELECT head FROM log\");\nquery(r#\"\n  INSERT\n\"#);\n";
        assert_eq!(places(check, &[("src/a.rs", text)]), ["src/a.rs:1", "src/a.rs:2"]);
    }

    #[test]
    fn prose_and_comments_are_fine() {
        let text = "f(\"WITHOUT\", \"Select one\"); // \"DROP it\"\n";
        assert!(places(check, &[("src/a.rs", text)]).is_empty());
    }

    #[test]
    fn tests_and_examples_may_ask_the_database_themselves() {
        let query = "query(\"UPDATE event SET id = 1\");";
        let unit = format!("#[cfg(test)]\nmod tests {{\n{query}\n}}\n");
        let files = [("tests/it/a.rs", query), ("examples/a.rs", query), ("src/a.rs", &unit)];
        assert!(places(check, &files).is_empty());
    }
}
