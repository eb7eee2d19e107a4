//! What can be set when a log is opened, in code or in its URL.

use std::time::Duration;

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::yes_or_no;

/// How a [`SqliteStore`](crate::SqliteStore) works. The defaults are good for most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteSettings {
    /// Whether the file and its tables are made, or brought up to date, when the log is opened. If not,
    /// opening fails unless they are as they should be. `true` by default; `migrate=` in the URL.
    pub migrate: bool,
    /// Whether a log is made in a database that has tables already, and none of a log. `false` by
    /// default, since that is more often a mistake; `adopt=` in the URL.
    pub adopt: bool,
    /// What is on the disk when an append is acknowledged. [`Synchronous::Full`] by default;
    /// `synchronous=` in the URL.
    pub synchronous: Synchronous,
    /// How many connections read, at most. One more writes, and one more watches for growth while
    /// something waits for it. 4 by default.
    pub connections: usize,
    /// How long another process may keep the file locked. What has to wait for longer is given up as
    /// unavailable. 5 s by default; `busy_timeout=` in the URL, in milliseconds.
    pub busy_timeout: Duration,
    /// How long all of an append may take, what it waits for others in this process included; and how
    /// long a connection is waited for. 10 s by default.
    pub timeout: Duration,
}

/// What is on the disk when an append is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// All of it.
    Full,
    /// Perhaps not yet the last few. They stay if the process is killed, but not if the power fails;
    /// the log is then whole up to some earlier event. Effects outside the database that were caused by
    /// the lost ones remain.
    ///
    /// Source: SQLite's documentation, "PRAGMA synchronous".
    Normal,
}

impl Default for SqliteSettings {
    fn default() -> Self {
        Self {
            migrate: true,
            adopt: false,
            synchronous: Synchronous::Full,
            connections: 4,
            busy_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

impl SqliteSettings {
    /// These settings with those in `query`, what stands behind the `?` of a URL.
    pub(crate) fn with(mut self, query: &str) -> Result<Self, StoreError> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("migrate", value) => self.migrate = yes_or_no("migrate", value)?,
                ("adopt", value) => self.adopt = yes_or_no("adopt", value)?,
                ("synchronous", "full") => self.synchronous = Synchronous::Full,
                ("synchronous", "normal") => self.synchronous = Synchronous::Normal,
                ("synchronous", _) => {
                    return Err(invalid("`synchronous=` is `full` or `normal`"));
                }
                ("busy_timeout", value) => {
                    let millis = value.parse().map_err(|error| {
                        let message = "`busy_timeout=` is a number of milliseconds";
                        StoreError::because(StoreErrorKind::Invalid, message, error)
                    });
                    self.busy_timeout = Duration::from_millis(millis?);
                }
                (name, _) => {
                    return Err(invalid(format!(
                        "a log in SQLite has no setting `{name}`; there are `migrate`, `adopt`, \
                         `synchronous` and `busy_timeout`, and a `?` in a path is written `%3F`"
                    )));
                }
            }
        }
        Ok(self)
    }

    /// Whether the settings make sense.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.connections == 0 {
            return Err(invalid("a log needs at least one connection to read by"));
        }
        if i32::try_from(self.busy_timeout.as_millis()).is_err() {
            return Err(invalid("a `busy_timeout` is less than 24 days"));
        }
        Ok(())
    }
}

pub(crate) fn invalid(message: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, message)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{SqliteSettings, Synchronous};

    #[test]
    fn a_url_may_have_settings() {
        let query = "migrate=false&adopt=true&synchronous=normal&busy_timeout=20";
        let settings = SqliteSettings::default().with(query).unwrap();
        assert!(!settings.migrate && settings.adopt);
        assert_eq!(settings.synchronous, Synchronous::Normal);
        assert_eq!(settings.busy_timeout, Duration::from_millis(20));
        assert_eq!(SqliteSettings::default().with("").unwrap(), SqliteSettings::default());
    }

    #[test]
    fn a_setting_that_is_none_is_refused() {
        for query in ["mode=ro", "migrate=no", "synchronous=off", "busy_timeout=1s", "adopt"] {
            let name = query.split('=').next().unwrap();
            let error = SqliteSettings::default().with(query).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}
