//! A URL in pieces: those that can be shown, and those in which a password may be.

use percent_encoding::percent_decode_str;

/// What a store is named by. Others may be a name, with the password behind the colon.
const SCHEMES: [&str; 5] = ["postgresql", "postgres", "sqlite", "memory", "mysql"];

/// Which parameters have no secret in them.
const KNOWN: &[&str] = &[
    "schema",
    "migrate",
    "adopt",
    "pooler",
    "connections",
    "timeout",
    "connect_timeout",
    "busy_timeout",
    "synchronous",
    "user",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "sslmode",
    "sslrootcert",
    "application_name",
    "options",
    "password",
    "statement-cache-capacity",
];

/// A part of a URL.
pub(super) enum Piece<'u> {
    Shown(&'u str),
    Hidden(&'u str),
}

/// Whether that is meant to be a URL.
pub(super) fn is_urlish(text: &str) -> bool {
    let is_named = |scheme: &&str| {
        let rest = text.get(..scheme.len()).filter(|it| it.eq_ignore_ascii_case(scheme));
        rest.is_some() && text[scheme.len()..].starts_with([':', '/'])
    };
    text.contains("://") || SCHEMES.iter().any(is_named)
}

/// Whether that is a name which says nothing.
pub(super) fn known(name: &str) -> bool {
    KNOWN.iter().chain(&SCHEMES).any(|known| known.eq_ignore_ascii_case(name))
}

/// A text with its `%20` and the like as what they stand for.
pub(super) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The pieces of which a URL is made, in order.
pub(super) fn pieces(url: &str) -> Vec<Piece<'_>> {
    let scheme = scheme(url);
    let (scheme, rest) = url.split_at(scheme);
    let mut pieces = vec![Piece::Shown(scheme)];
    let at = rest.rfind('@');
    let query = rest.find('?');
    let address = match (at, query) {
        // Nobody can tell whether the `?` belongs to a password or the `@` does.
        (Some(at), Some(query)) if query < at && rest[query..at].contains(['=', '&']) => {
            pieces.push(Piece::Hidden(rest));
            return pieces;
        }
        (Some(at), _) => {
            push_user(&rest[..at], scheme, &mut pieces);
            &rest[at..]
        }
        (None, _) => rest,
    };
    let (address, query) = match address.find('?') {
        Some(query) => (&address[..query], Some(&address[query..])),
        None => (address, None),
    };
    push_address(address, scheme, &mut pieces);
    if let Some(query) = query {
        push_query(query, &mut pieces);
    }
    pieces
}

/// How long the scheme is, with what follows it.
fn scheme(url: &str) -> usize {
    let name = SCHEMES.iter().find(|scheme| {
        url.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    });
    let is_name = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let any = url.find("://").filter(|at| url[..*at].chars().all(is_name));
    let name = match (name, any) {
        (Some(name), _) if url[name.len()..].starts_with([':', '/']) => name.len(),
        (_, Some(any)) => any,
        _ => return 0,
    };
    let rest = &url[name..];
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start_matches('/');
    url.len() - rest.len()
}

/// Who it is, without what that one knows.
fn push_user<'u>(user: &'u str, scheme: &str, pieces: &mut Vec<Piece<'u>>) {
    let is_plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
    // Without a whole scheme before it, what was meant for one may be the user, and what follows the password.
    let is_clear = scheme.ends_with("://") || scheme.is_empty();
    match user.split_once(':') {
        Some((name, password)) if is_clear && is_plain(name) => {
            pieces.extend([Piece::Shown(&user[..=name.len()]), Piece::Hidden(password)]);
        }
        None if is_clear && is_plain(user) && !scheme.is_empty() => pieces.push(Piece::Shown(user)),
        _ => pieces.push(Piece::Hidden(user)),
    }
}

/// Where it is. What stands behind a colon is a port, or was meant otherwise.
fn push_address<'u>(address: &'u str, scheme: &str, pieces: &mut Vec<Piece<'u>>) {
    let is_file = scheme.to_ascii_lowercase().starts_with("sqlite");
    if scheme.is_empty() && !address.starts_with('@') {
        return pieces.push(Piece::Hidden(address));
    }
    let hosts = match address.find(']') {
        Some(end) if address.trim_start_matches('@').starts_with('[') => end + 1,
        _ => 0,
    };
    let colon = address[hosts..].find(':').map(|colon| hosts + colon + 1);
    match colon.filter(|_| !is_file) {
        Some(colon) if !is_port(&address[colon..]) => {
            pieces.extend([Piece::Shown(&address[..colon]), Piece::Hidden(&address[colon..])]);
        }
        _ => pieces.push(Piece::Shown(address)),
    }
}

/// Whether it begins with a port, and has nothing like a password behind that.
fn is_port(text: &str) -> bool {
    let (port, path) = text.split_once('/').unwrap_or((text, ""));
    port.len() <= 5 && port.chars().all(|digit| digit.is_ascii_digit()) && !path.contains(':')
}

/// What it says besides. From a password on nothing but what is known can be shown.
fn push_query<'u>(query: &'u str, pieces: &mut Vec<Piece<'u>>) {
    let mut is_after_secret = false;
    // Each with the `?` or `&` before it.
    let mut rest = query;
    while !rest.is_empty() {
        let end = rest[1..].find('&').map_or(rest.len(), |end| end + 1);
        let pair = &rest[..end];
        rest = &rest[end..];
        let is_plain = |value: &str| !value.contains([':', '@', '?', '%']);
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (&name[1..], value),
            None => ("", &pair[1..]),
        };
        let is_secret = !known(name) || name.eq_ignore_ascii_case("password");
        match pair.len() - value.len() {
            _ if !is_secret && is_plain(value) => pieces.push(Piece::Shown(pair)),
            // Of the password, perhaps.
            _ if is_after_secret => pieces.push(Piece::Hidden(pair)),
            before => pieces.extend([Piece::Shown(&pair[..before]), Piece::Hidden(value)]),
        }
        is_after_secret |= is_secret;
    }
}
