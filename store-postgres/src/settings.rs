//! What can be set when a log is opened, in code or in its URL.

use std::time::Duration;

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::yes_or_no;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

/// How a [`PostgresStore`](crate::PostgresStore) works. The defaults are good for most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresSettings {
    /// The schema that holds the log: 1 to 63 lower-case letters, digits and `_`, the first of them no
    /// digit. `annals` by default; `schema=` in the URL.
    pub schema: String,
    /// Whether the schema is made, or brought up to date, when the log is opened. If not, opening
    /// fails unless it is as it should be, and no right to define anything is needed. `true` by
    /// default; `migrate=` in the URL.
    pub migrate: bool,
    /// Whether a pooler stands before the server that gives every transaction whichever connection is
    /// free: PgBouncer in transaction mode. Nothing then rests on a session, at the price of several
    /// more round trips for each append and each reading. `false` by default; `pooler=` in the URL.
    pub pooler: bool,
    /// How many connections read and keep snapshots, at most; as many again write read models. One
    /// more appends, and one more listens while something waits for growth. 10 by default.
    pub connections: usize,
    /// How long a connection is waited for, be it a free one or a new one. 5 s by default.
    pub connect_timeout: Duration,
    /// How long the server may take: for an append, from when it is asked for; for a reading, for the
    /// next row. What takes longer is given up as unavailable. It is also how long a transaction for
    /// read models may do nothing: then the server takes it back. 10 s by default.
    pub timeout: Duration,
    /// After how long someone else's transaction that keeps appends waiting is named in a warning, and
    /// again after as long. 1 s by default.
    pub lock_warning: Duration,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            schema: "annals".into(),
            migrate: true,
            pooler: false,
            connections: 10,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            lock_warning: Duration::from_secs(1),
        }
    }
}

impl PostgresSettings {
    /// These settings with those in `url`, and where to connect to.
    pub(crate) fn read(mut self, url: &str) -> Result<(Self, PgConnectOptions), StoreError> {
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("schema", schema) => self.schema = schema.into(),
                ("migrate", value) => self.migrate = yes_or_no("migrate", value)?,
                ("pooler", value) => self.pooler = yes_or_no("pooler", value)?,
                _ => others.push(pair),
            }
        }
        self.check()?;
        let url = format!("{address}?{}", others.join("&"));
        // No error shows more of the URL: there may be a password in it.
        let options: PgConnectOptions = url.parse().map_err(|error| {
            let message = "this is no URL of a PostgreSQL server";
            StoreError::because(StoreErrorKind::Invalid, message, error)
        })?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("annals"),
        };
        Ok((self, options.disable_statement_logging()))
    }

    /// Whether the settings make sense.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let schema = &self.schema;
        let is_name = schema.len() <= 63
            && schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name || schema.starts_with("pg_") {
            let message = "a schema is named by 1 to 63 lower-case letters, digits and `_`, does not \
                           begin with a digit or `pg_`, and so not";
            return Err(StoreError::new(StoreErrorKind::Invalid, format!("{message} {schema:?}")));
        }
        if self.connections == 0 {
            let message = "a log needs at least one connection to read by";
            return Err(StoreError::new(StoreErrorKind::Invalid, message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::PostgresSettings;

    fn read(url: &str) -> Result<PostgresSettings, String> {
        let read = PostgresSettings::default().read(url);
        read.map(|(settings, _)| settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_may_name_schema_migration_and_pooler() {
        let url = "postgres://ada@db/bank?schema=eu_1&sslmode=disable&migrate=false&pooler=true";
        let (settings, options) = PostgresSettings::default().read(url).unwrap();
        assert_eq!(
            (settings.schema.as_str(), settings.migrate, settings.pooler),
            ("eu_1", false, true)
        );
        assert_eq!(options.get_host(), "db");
        assert!(matches!(options.get_ssl_mode(), sqlx::postgres::PgSslMode::Disable));
    }

    #[test]
    fn a_schema_that_would_have_to_be_quoted_is_refused() {
        for schema in
            ["", "Bank", "1st", "a-b", "a.b", "a'b", "a\"b", "pg_log", "é", &"a".repeat(64)]
        {
            let error = read(&format!("postgres://db/bank?schema={schema}")).unwrap_err();
            assert!(error.contains("a schema is named by"), "{schema}: {error}");
        }
        assert_eq!(read("postgres://db/bank?schema=_1").unwrap().schema, "_1");
    }

    #[test]
    fn an_error_shows_no_password() {
        for url in
            ["postgres://ada:secret@db:port/bank", "postgres://ada:secret@db/bank?migrate=no"]
        {
            let error = PostgresSettings::default().read(url).map(|_| ()).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
