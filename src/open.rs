//! From a URL to a store.

use annals_core::Writer;

/// A kind of store, as URLs name it.
struct Scheme {
    name: &'static str,
    feature: &'static str,
    /// `None` while the feature is off.
    open: Option<fn() -> Writer>,
}

/// Every scheme there is, whether its feature is on or off.
const SCHEMES: &[Scheme] = &[Scheme {
    name: "memory",
    feature: "memory",
    #[cfg(feature = "memory")]
    open: Some(memory),
    #[cfg(not(feature = "memory"))]
    open: None,
}];

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It does not begin with a scheme and a `:`.
    #[error("a URL begins with a scheme; there are {}", known())]
    NoScheme,

    /// There is no such kind of store.
    #[error("`{scheme}:` is not a scheme of Annals; there are {}", known())]
    UnknownScheme {
        /// What stands before the first `:` of the URL.
        scheme: String,
    },

    /// This program was built without that kind of store.
    #[error(
        "this program was built without `{scheme}:`; turn on the feature `{feature}` of the crate \
         `annals`"
    )]
    FeatureOff {
        /// The scheme of the URL.
        scheme: &'static str,
        /// The feature to turn on.
        feature: &'static str,
    },

    /// The URL says more than the store understands.
    #[error("`{scheme}:` takes nothing after the colon")]
    Trailing {
        /// The scheme of the URL.
        scheme: &'static str,
    },
}

/// A writer over the store that `url` names. No error shows more of the URL than its scheme: there
/// may be a password in it.
pub(crate) fn open(url: &str) -> Result<Writer, OpenError> {
    let Some((scheme, rest)) = url.split_once(':').filter(|(head, _)| is_scheme(head)) else {
        return Err(OpenError::NoScheme);
    };
    let Some(known) = SCHEMES.iter().find(|known| known.name.eq_ignore_ascii_case(scheme)) else {
        return Err(OpenError::UnknownScheme { scheme: scheme.to_owned() });
    };
    let Some(open) = known.open else {
        return Err(OpenError::FeatureOff { scheme: known.name, feature: known.feature });
    };
    if !rest.is_empty() {
        return Err(OpenError::Trailing { scheme: known.name });
    }
    Ok(open())
}

/// Whether it has the form of a scheme, as RFC 3986 has it in section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(feature = "memory")]
fn memory() -> Writer {
    use std::sync::Arc;

    use annals_core::SystemClock;
    use annals_memory::{MemorySnapshots, MemoryStore};

    let store = MemoryStore::new(Arc::new(SystemClock));
    Writer::new(Arc::new(store)).with_snapshots(Arc::new(MemorySnapshots::default()))
}

/// The schemes as a sentence ends: `memory:` (feature `memory`).
fn known() -> String {
    let name = |scheme: &Scheme| format!("`{}:` (feature `{}`)", scheme.name, scheme.feature);
    SCHEMES.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{OpenError, open};

    #[test]
    fn an_unknown_scheme_gets_the_list_of_those_there_are() {
        let error = open("mongodb://user:secret@host/db").unwrap_err().to_string();
        assert!(error.contains("`mongodb:` is not a scheme"), "{error}");
        assert!(error.contains("`memory:` (feature `memory`)"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn what_is_no_url_gets_the_list_of_schemes_and_is_not_shown() {
        for text in ["bank.db", "", "host=db password=secret", "host=db:1 password=secret", "/a:b"]
        {
            let error = open(text).unwrap_err();
            assert!(matches!(error, OpenError::NoScheme), "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[cfg(feature = "memory")]
    #[test]
    fn a_memory_url_names_nothing() {
        assert!(open("memory:").is_ok());
        assert!(matches!(open("memory:bank"), Err(OpenError::Trailing { .. })));
    }

    #[cfg(not(feature = "memory"))]
    #[test]
    fn a_feature_that_is_off_is_named() {
        let error = open("memory:").unwrap_err().to_string();
        assert!(error.contains("turn on the feature `memory`"), "{error}");
    }
}
