//! From a URL to a store.

use std::sync::Arc;

use annals_core::{ReadModels, StoreError, Writer};
use futures::future::BoxFuture;

/// A store on its way.
type Opening<'u> = BoxFuture<'u, Result<Opened, OpenError>>;

/// What writes to it, and where its read models are.
pub(crate) type Opened = (Writer, Arc<dyn ReadModels>);

/// A kind of store, as URLs name it.
struct Scheme {
    name: &'static str,
    /// Another name, which is as good.
    alias: Option<&'static str>,
    feature: &'static str,
    /// Opens what a whole URL of that scheme names. `None` while the feature is off.
    open: Option<for<'u> fn(&'u str) -> Opening<'u>>,
}

/// Every scheme there is, whether its feature is on or off.
const SCHEMES: &[Scheme] = &[
    Scheme {
        name: "memory",
        alias: None,
        feature: "memory",
        #[cfg(feature = "memory")]
        open: Some(memory),
        #[cfg(not(feature = "memory"))]
        open: None,
    },
    Scheme {
        name: "sqlite",
        alias: None,
        feature: "sqlite",
        #[cfg(feature = "sqlite")]
        open: Some(sqlite),
        #[cfg(not(feature = "sqlite"))]
        open: None,
    },
    Scheme {
        name: "postgres",
        alias: Some("postgresql"),
        feature: "postgres",
        #[cfg(feature = "postgres")]
        open: Some(postgres),
        #[cfg(not(feature = "postgres"))]
        open: None,
    },
];

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

    /// The store itself cannot be opened. Its [`kind`](StoreError::kind) says what to do.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A writer over the store that `url` names, and that store's read models. No error shows more of the URL than its scheme: there
/// may be a password in it.
pub(crate) async fn open(url: &str) -> Result<Opened, OpenError> {
    let Some((scheme, _)) = url.split_once(':').filter(|(head, _)| is_scheme(head)) else {
        return Err(OpenError::NoScheme);
    };
    let is_named = |name: &str| name.eq_ignore_ascii_case(scheme);
    let mut schemes = SCHEMES.iter();
    let Some(known) = schemes.find(|s| is_named(s.name) || s.alias.is_some_and(is_named)) else {
        return Err(OpenError::UnknownScheme { scheme: scheme.to_owned() });
    };
    let Some(open) = known.open else {
        return Err(OpenError::FeatureOff { scheme: known.name, feature: known.feature });
    };
    open(url).await
}

/// Whether it has the form of a scheme, as RFC 3986 has it in section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

#[cfg(feature = "memory")]
fn memory(url: &str) -> Opening<'_> {
    use std::future::ready;

    use annals_core::SystemClock;
    use annals_memory::{MemorySnapshots, MemoryStore};

    if !url.ends_with(':') {
        return Box::pin(ready(Err(OpenError::Trailing { scheme: "memory" })));
    }
    let store = MemoryStore::new(Arc::new(SystemClock));
    let models: Arc<dyn ReadModels> = Arc::new(store.read_models());
    let writer = Writer::new(Arc::new(store)).with_snapshots(Arc::new(MemorySnapshots::default()));
    Box::pin(ready(Ok((writer, models))))
}

#[cfg(feature = "sqlite")]
fn sqlite(url: &str) -> Opening<'_> {
    use annals_sqlite::{SqliteSettings, SqliteStore};

    Box::pin(async move {
        let store = SqliteStore::open(url, SqliteSettings::default()).await?;
        let snapshots = Arc::new(store.snapshots());
        let models: Arc<dyn ReadModels> = Arc::new(store.read_models());
        Ok((Writer::new(Arc::new(store)).with_snapshots(snapshots), models))
    })
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Opening<'_> {
    use annals_postgres::{PostgresSettings, PostgresStore};

    Box::pin(async move {
        let store = PostgresStore::open(url, PostgresSettings::default()).await?;
        let snapshots = Arc::new(store.snapshots());
        let models: Arc<dyn ReadModels> = Arc::new(store.read_models());
        Ok((Writer::new(Arc::new(store)).with_snapshots(snapshots), models))
    })
}

/// The schemes as a sentence ends: `memory:` (feature `memory`).
fn known() -> String {
    let name = |scheme: &Scheme| format!("`{}:` (feature `{}`)", scheme.name, scheme.feature);
    SCHEMES.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::OpenError;

    /// Why that cannot be opened.
    async fn refused(url: &str) -> OpenError {
        super::open(url).await.unwrap_err()
    }

    #[tokio::test]
    async fn an_unknown_scheme_gets_the_list_of_those_there_are() {
        let error = refused("mongodb://user:secret@host/db").await.to_string();
        assert!(error.contains("`mongodb:` is not a scheme"), "{error}");
        assert!(error.contains("`memory:` (feature `memory`)"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn what_is_no_url_gets_the_list_of_schemes_and_is_not_shown() {
        for text in ["bank.db", "", "host=db password=secret", "host=db:1 password=secret", "/a:b"]
        {
            let error = refused(text).await;
            assert!(matches!(error, OpenError::NoScheme), "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[cfg(feature = "memory")]
    #[tokio::test]
    async fn a_memory_url_names_nothing() {
        assert!(super::open("memory:").await.is_ok());
        assert!(matches!(refused("memory:bank").await, OpenError::Trailing { .. }));
    }

    #[cfg(not(feature = "memory"))]
    #[tokio::test]
    async fn a_feature_that_is_off_is_named() {
        let error = refused("memory:").await.to_string();
        assert!(error.contains("turn on the feature `memory`"), "{error}");
    }

    #[cfg(not(feature = "postgres"))]
    #[tokio::test]
    async fn a_database_is_refused_without_showing_its_password() {
        let error = refused("postgresql://ada:secret@host/bank").await.to_string();
        assert!(error.contains("turn on the feature `postgres`"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
