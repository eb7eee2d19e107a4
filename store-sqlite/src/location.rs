//! Where a log is, from its URL.

use std::{
    path::{self, Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use annals_core::{StoreError, StoreErrorKind};
use percent_encoding::percent_decode_str;

use crate::settings::invalid;

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// An absolute path.
    File(PathBuf),
    /// In the memory of this process, under a name that no other has.
    Memory(String),
}

impl Location {
    /// What `url` says, and what stands behind its `?`.
    pub(crate) fn of(url: &str) -> Result<(Self, &str), StoreError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let rest = match address.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sqlite") => rest,
            _ => return Err(invalid("a URL of a log in SQLite begins with `sqlite:`")),
        };
        if rest == ":memory:" || rest == "//:memory:" {
            return Ok((Self::memory(), query));
        }
        let path = match rest.strip_prefix("//") {
            Some(path) if names_a_server(path) => {
                return Err(invalid(
                    "a log in SQLite is a file, and this URL names a server; a path that looks so is \
                     written with `./` before it",
                ));
            }
            Some(path) => path,
            None => rest,
        };
        Ok((Self::file(Path::new(&decode(path)?))?, query))
    }

    pub(crate) fn file(path: &Path) -> Result<Self, StoreError> {
        let has_name =
            path.file_name().is_some() && !path.as_os_str().to_string_lossy().ends_with('/');
        if !has_name {
            return Err(invalid("the path of a log in SQLite has the name of a file at its end"));
        }
        let path = path::absolute(path).map_err(|error| {
            StoreError::because(StoreErrorKind::Invalid, "this is no path", error)
        })?;
        Ok(Self::File(path))
    }

    fn memory() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        // The `/` is what lets several connections share it.
        Self::Memory(format!("/annals-{}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Whether what stands behind `sqlite://` is no path but a host: it has a user or a port.
fn names_a_server(path: &str) -> bool {
    let (host, _) = path.split_once('/').unwrap_or((path, ""));
    let port = host.rsplit_once(':').map(|(_, port)| port);
    let has_port = port
        .is_some_and(|port| !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit()));
    has_port || (host.contains('@') && path.contains('/'))
}

/// A path with its `%20` and the like as what they stand for.
fn decode(path: &str) -> Result<String, StoreError> {
    let is_escape = |at: usize| {
        let digits = path.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if path.match_indices('%').any(|(at, _)| !is_escape(at)) {
        return Err(invalid("a `%` in a URL's path is written `%25`"));
    }
    let decoded = percent_decode_str(path).decode_utf8();
    let decoded = decoded.map_err(|error| {
        let message = "what is escaped in a URL's path must be UTF-8";
        StoreError::because(StoreErrorKind::Invalid, message, error)
    })?;
    if decoded.contains('\0') {
        return Err(invalid("a path has no NUL in it"));
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{self, PathBuf};

    use super::Location;

    fn file(url: &str) -> PathBuf {
        match Location::of(url).unwrap() {
            (Location::File(path), _) => path,
            (other, _) => panic!("{url} is {other:?}"),
        }
    }

    #[test]
    fn a_path_is_relative_unless_it_begins_with_a_slash() {
        for url in
            ["sqlite://data/bank.db", "sqlite:data/bank.db", "SQLite://data/bank.db?adopt=true"]
        {
            assert_eq!(file(url), path::absolute("data/bank.db").unwrap(), "{url}");
        }
        assert_eq!(file("sqlite:///data/bank.db"), PathBuf::from("/data/bank.db"));
        assert_eq!(file("sqlite:/data/bank.db"), PathBuf::from("/data/bank.db"));
    }

    #[test]
    fn what_means_something_in_a_url_is_escaped_and_all_else_is_taken_as_it_is() {
        assert_eq!(file("sqlite:///a b/ü%3F%25%20c.db"), PathBuf::from("/a b/ü?% c.db"));
        for url in ["sqlite:///100%.db", "sqlite:///%zz", "sqlite:///%ff", "sqlite:///a%00b"] {
            assert!(Location::of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_server_is_refused_without_showing_its_password() {
        for url in ["sqlite://ada:secret@db/bank", "sqlite://db:5432/bank", "sqlite://127.0.0.1:1"]
        {
            let error = Location::of(url).unwrap_err().to_string();
            assert!(error.contains("names a server") && !error.contains("secret"), "{error}");
        }
        assert!(Location::of("sqlite://./ada@db/bank").is_ok());
        assert!(Location::of("sqlite:ada@db/bank").is_ok());
        assert!(Location::of("postgres://db/bank").is_err());
    }

    #[test]
    fn a_directory_is_no_log() {
        for url in ["sqlite:", "sqlite://", "sqlite:///", "sqlite://data/", "sqlite:.."] {
            assert!(Location::of(url).is_err(), "{url}");
        }
    }

    #[test]
    fn every_log_in_memory_is_another_one() {
        let (one, query) = Location::of("sqlite::memory:").unwrap();
        let (other, _) = Location::of("sqlite://:memory:").unwrap();
        assert!(one != other && query.is_empty());
    }
}
