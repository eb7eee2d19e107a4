//! Keeps passwords out of all that is printed.
//!
//! Who mistypes a URL has its password where no parser looks for one. So it is looked for by how it may have been
//! meant, and in doubt more is hidden than has to be.

mod url;

use std::env;

use url::{Piece, is_urlish, known, pieces};

/// What stands in place of a password.
const HIDDEN: &str = "***";

/// What a URL may stand between in a text.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// From how many characters on a part of a password is looked for by itself in what others say.
const LONG_ENOUGH: usize = 3;

/// `text` without the password of any URL in it, nor of those that this program was given.
pub(crate) fn hide(text: &str) -> String {
    hide_given(text, &given())
}

/// A URL without its password.
pub(crate) fn hide_in_url(url: &str) -> String {
    let mut shown = String::new();
    let mut is_hiding = false;
    for piece in pieces(url) {
        match piece {
            Piece::Shown(text) => shown.push_str(text),
            // What stands together is hidden together.
            Piece::Hidden(_) if is_hiding => {}
            Piece::Hidden(_) => shown.push_str(HIDDEN),
        }
        is_hiding = matches!(piece, Piece::Hidden(_));
    }
    shown
}

/// The URLs that this program was given: whatever stands where one belongs, and what looks like one elsewhere.
fn given() -> Vec<String> {
    let mut given: Vec<String> = env::var("ANNALS_STORE").into_iter().collect();
    let mut is_store = false;
    for arg in env::args_os().skip(1) {
        let arg = arg.to_string_lossy();
        let value = arg.strip_prefix("--store=");
        if is_store || value.is_some() || is_urlish(&arg) {
            given.push(value.unwrap_or(&arg).to_owned());
        }
        is_store = arg == "--store";
    }
    given
}

fn hide_given(text: &str, given: &[String]) -> String {
    let mut text = text.to_owned();
    for url in given.iter().filter(|url| !url.is_empty()) {
        text = text.replace(url, &hide_in_url(url));
    }
    let text = hide_urls(&text);
    // A server may say a part of what it was asked for.
    let mut secrets: Vec<_> = given.iter().flat_map(|url| secrets(url)).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text, |text, secret| text.replace(secret, HIDDEN))
}

/// `text` without the password of any URL in it.
fn hide_urls(text: &str) -> String {
    let mut hidden = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let before = rest[..at].trim_end_matches(is_scheme);
        let quote = before.chars().next_back().filter(|it| QUOTES.contains(it));
        let is_end = |c: char| quote.map_or(c.is_whitespace(), |quote| c == quote);
        let end = rest[at..].find(is_end).map_or(rest.len(), |length| at + length);
        hidden.push_str(before);
        hidden.push_str(&hide_in_url(&rest[before.len()..end]));
        rest = &rest[end..];
    }
    hidden + rest
}

/// What is hidden in a URL, and the parts of that, as they stand there and as they are meant.
fn secrets(url: &str) -> Vec<String> {
    let mut secrets = vec![];
    for piece in pieces(url) {
        let Piece::Hidden(hidden) = piece else { continue };
        let is_between = |c: char| "@:/?&=#".contains(c) || c.is_whitespace();
        for meant in [hidden.to_owned(), url::decode(hidden)] {
            for part in [&*meant].into_iter().chain(meant.split(is_between)) {
                let is_name = known(part) || part.parse::<std::net::IpAddr>().is_ok();
                if part.chars().count() >= LONG_ENOUGH && !is_name {
                    secrets.push(part.to_owned());
                }
            }
        }
    }
    secrets
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::{hide_given, hide_in_url, hide_urls};

    #[test]
    fn a_password_is_hidden_wherever_it_stands_in_a_url() {
        for (url, shown) in [
            ("postgres://ada:secret@db:5432/bank", "postgres://ada:***@db:5432/bank"),
            ("postgres://ada:se:c@r/e?t@db/bank?schema=a", "postgres://ada:***@db/bank?schema=a"),
            (
                "postgres://db/bank?user=ada&password=secret",
                "postgres://db/bank?user=ada&password=***",
            ),
            ("postgres://ada@db/bank", "postgres://ada@db/bank"),
            ("postgres://db/bank", "postgres://db/bank"),
            ("postgres://db:5432/bank?schema=a", "postgres://db:5432/bank?schema=a"),
            ("postgres://[::1]:5432/bank", "postgres://[::1]:5432/bank"),
            ("sqlite://data/bank.db?migrate=false", "sqlite://data/bank.db?migrate=false"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("memory:", "memory:"),
            // Mistyped.
            ("postgres:/ada:hunter2@db/bank", "postgres:/***@db/bank"),
            ("postgres:ada:hunter2@db/bank", "postgres:***@db/bank"),
            ("postgres//ada:hunter2@db/bank", "postgres//***@db/bank"),
            ("postgre:ada:hunter2@db/bank", "postgre:***@db/bank"),
            ("ada:hunter2@db/bank", "ada:***@db/bank"),
            ("postgres://ada%3Ahunter2@db/bank", "postgres://***@db/bank"),
            ("postgres://ada:hunter2", "postgres://ada:***"),
            ("postgres://ada:hunter2/bank", "postgres://ada:***"),
            ("postgres://db/a?user=ada&password=foo@barSecret", "postgres://***"),
            (
                "postgres://db/a?password=foo&barSecret&schema=a",
                "postgres://db/a?password=***&schema=a",
            ),
            ("postgres://db/a?pasword=hunter2", "postgres://db/a?pasword=***"),
            ("postgres://db/a?hunter2", "postgres://db/a?***"),
            ("host=db password=hunter2", "***"),
        ] {
            assert_eq!(hide_in_url(url), shown);
        }
    }

    #[test]
    fn a_password_is_hidden_in_what_an_error_says() {
        let said =
            "unexpected argument 'postgres://ada:se cret@db/bank' found; try `sqlite://a.db`";
        assert_eq!(
            hide_urls(said),
            "unexpected argument 'postgres://ada:***@db/bank' found; try `sqlite://a.db`"
        );
        let help = "sqlite://bank.db, postgres://ada@db/bank\n'export'";
        assert_eq!(hide_urls(help), help);
        assert_eq!(
            hide_urls("no postgres://ada:secret@db/bank here"),
            "no postgres://ada:***@db/bank here"
        );
    }

    #[test]
    fn a_part_of_a_password_that_others_say_is_hidden() {
        let given = ["postgres:ada:hunter2@db/bank?password=foo%40bar".to_owned()];
        let said =
            "database \"hunter2@db\" of foo@bar is not there: password authentication failed";
        let shown = "database \"***@db\" of *** is not there: password authentication failed";
        assert_eq!(hide_given(said, &given), shown);
    }

    /// URLs as they are, and as they are mistyped, with a secret in each.
    fn with_secret() -> impl Strategy<Value = (String, String)> {
        let secret =
            vec(select(&["kq7", "zJ9", "@", ":", "/", "?", "&", "#", "%40", "vX2"][..]), 1..6);
        let secret = secret.prop_map(|parts| format!("kq7{}", parts.concat()));
        let scheme =
            select(&["postgres", "postgresql", "postgre", "Postgres", "sqlite", "mysql", ""][..]);
        let colon = select(&["://", ":/", ":", "//", ":///", "/", ""][..]);
        let before = select(&["ada:", ":", "ada%3A", "ada::", "ada@corp:"][..]);
        let after =
            select(&["@db", "@db:5432", "@127.0.0.1:1/x", "@[::1]/x", "@", "@h/x?schema=a"][..]);
        let in_user = (scheme.clone(), colon.clone(), before, secret.clone(), after)
            .prop_map(|(a, b, c, secret, d)| (format!("{a}{b}{c}{secret}{d}"), secret));
        let address = select(&["db/x", "127.0.0.1:5432/a", "ada@db/x", "ada:kq7@db", ""][..]);
        let name = select(
            &["password", "PASSWORD", "pasword", "pass", "user=ada&password", "sslpassword"][..],
        );
        let rest = select(&["", "&schema=a", "&user=ada"][..]);
        let in_query = (scheme, colon, address, name, secret, rest)
            .prop_map(|(a, b, c, d, secret, e)| (format!("{a}{b}{c}?{d}={secret}{e}"), secret));
        prop_oneof![in_user, in_query]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// No part of it that could be known again is shown, however it was mistyped.
        #[test]
        fn no_part_of_a_secret_is_shown((url, secret) in with_secret()) {
            let shown = [
                hide_in_url(&url),
                hide_given(&format!("{url} cannot be opened: no {secret} here"), std::slice::from_ref(&url)),
            ];
            for shown in shown {
                for part in ["kq7", "zJ9", "vX2"] {
                    prop_assert!(!shown.contains(part), "{url}: {shown}");
                }
            }
        }
    }
}
