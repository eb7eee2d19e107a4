//! From what PostgreSQL and its driver say to who has to act. The one place that reads SQLSTATEs.

use std::{error::Error, io};

use annals_core::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;

/// What there is to do about an error of the driver.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    let (kind, message) = match &error {
        sqlx::Error::Database(error) => said_by_server(&**error),
        sqlx::Error::Configuration(_) => {
            (StoreErrorKind::Invalid, "the database cannot be connected to as asked")
        }
        sqlx::Error::Tls(_) => {
            (StoreErrorKind::Invalid, "the connection cannot be encrypted as asked")
        }
        // So rustls says that a certificate is not what was asked for.
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            (StoreErrorKind::Invalid, "the connection cannot be encrypted as asked")
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            (StoreErrorKind::Unreadable, "a row is not what it should be")
        }
        // What is left is about the connection: it broke, or what came over it makes no sense.
        _ => (StoreErrorKind::Unavailable, "the connection to the database was lost"),
    };
    StoreError::because(kind, message, error)
}

/// The same, of an attempt to connect. What breaks the protocol then is not the network: a pooler refuses
/// how the session is to begin.
pub(crate) fn connect_error(error: sqlx::Error, is_pooled: bool) -> StoreError {
    let code = error.as_database_error().and_then(DatabaseError::code);
    // Known to be a pooler, it says so of whatever it has no connection for at the moment.
    if is_pooled || code.is_none_or(|code| code != "08P01") {
        return store_error(error);
    }
    let message = "the database is not spoken to as it wants: behind a pooler, turn `pooler` on";
    StoreError::because(StoreErrorKind::Invalid, message, error)
}

/// By class of SQLSTATE. Source: PostgreSQL's manual, appendix A, "PostgreSQL Error Codes".
fn said_by_server(error: &dyn DatabaseError) -> (StoreErrorKind, &'static str) {
    let code = error.code().unwrap_or_default();
    let (class, _) = code.split_at(code.len().min(2));
    match (&*code, class) {
        ("57014" | "55P03", _) => {
            (StoreErrorKind::Unavailable, "the database took too long, or was told to stop")
        }
        ("25006", _) => {
            (StoreErrorKind::Unavailable, "the database is read-only: a standby, perhaps")
        }
        ("57P04", _) => (StoreErrorKind::Invalid, "the database was dropped"),
        // Connections, conflicts between transactions, resources, operators, the system beneath; a
        // standby, or a plan that is out of date; a transaction that was left open for too long.
        ("25P03" | "25P04", _) | (_, "08" | "0A" | "40" | "53" | "57" | "58") => {
            (StoreErrorKind::Unavailable, "the database is unavailable")
        }
        // Authorisation, a database or schema that is not there, rights and names; a transaction that
        // is not in the state for it; constraints, triggers and views that the application added; what is
        // twice in one statement, or too large to be indexed.
        (_, "28" | "3D" | "3F" | "42" | "25" | "22" | "23" | "P0" | "21" | "2B" | "54") => {
            (StoreErrorKind::Invalid, "the database refuses what it is asked")
        }
        _ => (StoreErrorKind::Unreadable, "the database failed at something that should not fail"),
    }
}

/// Whether the statement is one that cannot be had here, and another one can.
pub(crate) fn is_not_supported(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == "0A000")
}

/// Whether what failed asked for a table that is not there.
pub(crate) fn is_without_table(error: &StoreError) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<sqlx::Error>());
    let code = source.and_then(sqlx::Error::as_database_error).and_then(DatabaseError::code);
    code.is_some_and(|code| code == "42P01")
}
