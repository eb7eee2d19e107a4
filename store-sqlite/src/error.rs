//! From what SQLite and its driver say to who has to act. The one place that reads result codes.

use std::{error::Error, io};

use annals_core::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;

/// What there is to do about an error of the driver.
pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    let (kind, message) = match &error {
        sqlx::Error::Database(_) => said_by_sqlite(code(&error)),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
            (StoreErrorKind::Unreadable, "a row is not what it should be")
        }
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            (StoreErrorKind::Invalid, "SQLite takes no such path")
        }
        sqlx::Error::Configuration(_) => (StoreErrorKind::Invalid, "SQLite takes no such path"),
        _ => (StoreErrorKind::Unavailable, "the connection to the database was lost"),
    };
    StoreError::because(kind, message, error)
}

/// Whether it is an error for that reason.
pub(crate) fn is_for_being_busy(error: &StoreError) -> bool {
    error.source().and_then(|source| source.downcast_ref()).is_some_and(is_busy)
}

/// Whether somebody else has locked what was asked for.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(code(error) & 0xff, 5 | 6)
}

/// Whether SQLite does not say more than that it cannot do it: something that was named is not there, for one.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    code(error) & 0xff == 1
}

/// The extended result code; 0 if it is no error of SQLite's.
fn code(error: &sqlx::Error) -> u32 {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// By result code. Source: SQLite's documentation, "Result and Error Codes".
fn said_by_sqlite(code: u32) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind::{Invalid, Unavailable, Unreadable};
    // The lower byte is the class.
    match code & 0xff {
        5 | 6 => (Unavailable, "the database is locked by somebody else"),
        8 => {
            (Unavailable, "the database cannot be written: the file or its directory is read-only")
        }
        13 => (Unavailable, "the disk is full"),
        14 => (Unavailable, "the database file cannot be opened, or not be made"),
        10 => (Unavailable, "the disk failed"),
        // Memory, an interruption, the locking protocol, a schema that somebody changes.
        7 | 9 | 15 | 17 => (Unavailable, "the database is unavailable"),
        11 => (Unreadable, "the database file is damaged"),
        26 => (Invalid, "the file is not a database of SQLite"),
        // Constraints and triggers that the application added; tables and rights that are not there.
        1 | 3 | 18 | 19 | 20 | 21 | 23 => (Invalid, "the database refuses what it is asked"),
        _ => (Unreadable, "the database failed at something that should not fail"),
    }
}
