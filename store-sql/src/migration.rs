//! Numbered steps from nothing to the tables of the present, forward only.

use annals_core::{StoreError, StoreErrorKind};
use md5::{Digest, Md5};

/// One step. Released ones are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place among them, from 1.
    pub number: i32,
    /// What it is about.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

impl Migration {
    /// By which a text that was changed is known.
    pub fn hash(&self) -> String {
        let hash = Md5::digest(self.sql.as_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A step as a database remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub number: i32,
    /// Its name.
    pub name: String,
    /// The [`hash`](Migration::hash) of its statements.
    pub hash: String,
}

/// Those of `migrations` that were not applied yet to `place`, as errors call it.
///
/// # Errors
///
/// [`Invalid`](StoreErrorKind::Invalid) if others were applied, or some more.
pub fn missing_migrations(
    place: &str,
    migrations: &'static [Migration],
    applied: &[Applied],
) -> Result<&'static [Migration], StoreError> {
    let mut known = migrations.iter();
    for Applied { number, name, hash } in applied {
        match known.next() {
            None => {
                let ours = migrations.len();
                return Err(invalid(format!(
                    "{place} is newer than this program: it has migration {number} {name}, and the \
                     last one known here is {ours}"
                )));
            }
            Some(ours) if ours.number != *number || ours.hash() != *hash => {
                return Err(invalid(format!(
                    "{place} was made by other steps: migration {number} {name} is not the one that \
                     this program has"
                )));
            }
            Some(_) => {}
        }
    }
    Ok(known.as_slice())
}

fn invalid(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, message)
}
