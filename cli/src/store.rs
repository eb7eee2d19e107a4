//! From a URL to a log that is open, and what there is to know of its store.

use std::{error::Error, sync::Arc};

use annals::{
    Annals, Envelope, Filter, Position, PostgresSettings, PostgresStore, Settings, SqliteSettings,
    SqliteStore, StoreError, StoreErrorKind, Writer,
};
use futures::TryStreamExt;

use crate::{
    args::Global,
    failure::{Failure, chain},
    secrets::hide_in_url,
};

/// How many events that cannot be read are passed over one by one.
const MOST_STEPS: usize = 10_000;

/// A log that is open.
pub(crate) struct Store {
    pub(crate) annals: Annals,
    pub(crate) kind: Kind,
    /// Its URL, without a password.
    pub(crate) url: String,
}

/// What keeps it.
#[derive(Clone)]
pub(crate) enum Kind {
    Memory,
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Whether a log that is not there, or is older than this program, is made so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Migrate {
    Yes,
    No,
}

/// The URL of the store that was named.
pub(crate) fn url(global: &Global) -> Result<&str, Failure> {
    let url = global.store.as_deref().filter(|url| !url.is_empty());
    url.ok_or_else(|| Failure::usage("which log? Say it with `--store URL` or in ANNALS_STORE"))
}

/// The scheme of a URL, in lower case.
pub(crate) fn scheme(url: &str) -> String {
    url.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase()
}

/// Opens the log that was named.
pub(crate) async fn open(global: &Global, migrate: Migrate) -> Result<Store, Failure> {
    let given = url(global)?;
    let is_yes = migrate == Migrate::Yes || given.contains(":memory:");
    let separator = if given.contains('?') { '&' } else { '?' };
    let url = format!("{given}{separator}migrate={is_yes}");
    let failed = |error: StoreError| {
        let said = format!("{} cannot be opened: {}", hide_in_url(given), chain(&error));
        // Only for what is said besides: what a store lacks it says itself.
        let is_about = |what| error.source().is_none() && said.contains(what);
        if !is_yes && is_about("with `migrate` on") {
            return Failure::NotMade(format!(
                "{said}; if that is where it should be, `annals migrate` makes a log there, or brings it up to date"
            ));
        }
        let hint = match is_about("was changed by hand") {
            true => {
                "; `annals migrate` does not mend that: make again what is named, as `annals migrate --print` \
                 has it, or go back to a backup"
            }
            false => "",
        };
        Failure::Store(format!("{said}{hint}"))
    };
    let (kind, annals) = match &*scheme(given) {
        "sqlite" => {
            let store = SqliteStore::open(&url, SqliteSettings::default()).await.map_err(failed)?;
            let models = Arc::new(store.read_models());
            let annals = Annals::on(Writer::new(Arc::new(store.clone())), Settings::default());
            (Kind::Sqlite(store), annals.with_read_models(models))
        }
        "postgres" | "postgresql" => {
            let settings = PostgresSettings { connections: 4, ..PostgresSettings::default() };
            let store = PostgresStore::open(&url, settings).await.map_err(failed)?;
            let models = Arc::new(store.read_models());
            let annals = Annals::on(Writer::new(Arc::new(store.clone())), Settings::default());
            (Kind::Postgres(store), annals.with_read_models(models))
        }
        _ => (Kind::Memory, Annals::open(given).await?),
    };
    Ok(Store { annals, kind, url: hide_in_url(given) })
}

impl Store {
    /// How far the log is.
    pub(crate) async fn head(&self) -> Result<Position, StoreError> {
        // Of an empty log nobody says how far it is.
        match self.event_after(Position::START).await {
            Ok(None) => Ok(Position::START),
            Err(error) if error.kind() != StoreErrorKind::Unreadable => Err(error),
            // What cannot be read is there.
            _ => self.annals.store().wait_past(Position::START).await,
        }
    }

    /// After which position the log can be read again, where it cannot be read after `after`; `None` if nowhere.
    pub(crate) async fn readable_after(
        &self,
        after: Position,
        error: &StoreError,
    ) -> Result<Option<Position>, StoreError> {
        let (mut after, mut error) = (after, error.clone());
        for _ in 0..MOST_STEPS {
            // Where it says how long a hole is, one step is enough.
            let next = hole(&error, after).unwrap_or(after.plus(2));
            after = next.minus(1);
            match self.event_after(after).await {
                Ok(Some(_)) => return Ok(Some(after)),
                Ok(None) => return Ok(None),
                Err(other) if other.kind() == StoreErrorKind::Unreadable => error = other,
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }

    /// The first event after `after`, if there is one.
    pub(crate) async fn event_after(
        &self,
        after: Position,
    ) -> Result<Option<Arc<Envelope>>, StoreError> {
        self.annals.store().read_log(after, Filter::All).try_next().await
    }

    /// The event at a position, if the log goes that far.
    pub(crate) async fn event_at(
        &self,
        position: Position,
    ) -> Result<Option<Arc<Envelope>>, StoreError> {
        match position {
            Position::START => Ok(None),
            _ => self.event_after(position.minus(1)).await,
        }
    }
}

/// The event behind the hole after `after`, if that is what the store says. It is only believed so far as to look
/// there.
fn hole(error: &StoreError, after: Position) -> Option<Position> {
    let said = error.to_string();
    let next = said.strip_prefix(&format!("there is nothing between {after} and "))?;
    Position::new(next.parse().ok()?).filter(|next| *next > after.plus(1))
}

impl Kind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// How many bytes it has, where that is known.
    pub(crate) async fn size(&self) -> Result<Option<u64>, StoreError> {
        Ok(match self {
            Self::Memory => None,
            Self::Sqlite(store) => Some(store.size().await?),
            Self::Postgres(store) => Some(store.size().await?),
        })
    }

    /// The migrations that made its tables, by number and name.
    pub(crate) fn migrations(&self) -> Vec<(i32, &'static str)> {
        let migrations = match self {
            Self::Memory => &[],
            Self::Sqlite(_) => annals::sqlite_migrations(),
            Self::Postgres(_) => annals::postgres_migrations(),
        };
        migrations.iter().map(|it| (it.number, it.name)).collect()
    }
}
