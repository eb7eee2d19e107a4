//! Keeps passwords out of all that is printed.

use std::env;

/// What stands in place of a password.
const HIDDEN: &str = "***";

/// What a URL may stand between in a text.
const QUOTES: [char; 3] = ['"', '\'', '`'];

/// `text` without the password of any URL in it, nor of those that this program was given.
pub(crate) fn hide(text: &str) -> String {
    let given = env::args().skip(1).chain(env::var("ANNALS_STORE"));
    let given = given.map(|given| given.strip_prefix("--store=").unwrap_or(&given).to_owned());
    let text = given
        .filter(|it| it.contains("://"))
        .fold(text.to_owned(), |text, url| text.replace(&url, &hide_in_url(&url)));
    let mut hidden = String::new();
    let mut rest = text.as_str();
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

/// A URL without its password.
pub(crate) fn hide_in_url(url: &str) -> String {
    let Some((before, rest)) = url.split_once("://") else { return url.to_owned() };
    // All up to the last `@`: a password may have one in it that was not escaped.
    let rest = match rest.rsplit_once('@') {
        Some((user, rest)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{rest}"),
            None => format!("{user}@{rest}"),
        },
        None => rest.to_owned(),
    };
    let Some((address, query)) = rest.split_once('?') else { return format!("{before}://{rest}") };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => {
            format!("{name}={HIDDEN}")
        }
        _ => pair.to_owned(),
    };
    let query: Vec<_> = query.split('&').map(pair).collect();
    format!("{before}://{address}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::{hide, hide_in_url};

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
            ("sqlite://data/bank.db?migrate=false", "sqlite://data/bank.db?migrate=false"),
            ("memory:", "memory:"),
        ] {
            assert_eq!(hide_in_url(url), shown);
        }
    }

    #[test]
    fn a_password_is_hidden_in_what_an_error_says() {
        let said =
            "unexpected argument 'postgres://ada:se cret@db/bank' found; try `sqlite://a.db`";
        assert_eq!(
            hide(said),
            "unexpected argument 'postgres://ada:***@db/bank' found; try `sqlite://a.db`"
        );
        let help = "sqlite://bank.db, postgres://ada@db/bank\n'export'";
        assert_eq!(hide(help), help);
        assert_eq!(
            hide("no postgres://ada:secret@db/bank here"),
            "no postgres://ada:***@db/bank here"
        );
    }
}
