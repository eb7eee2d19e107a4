//! A copy of a log that is in use.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf, absolute},
};

use annals_core::{StoreError, StoreErrorKind};
use sqlx::Connection;
use tokio::task::{JoinError, spawn_blocking};

use crate::{connections::Connections, error::store_error, settings::invalid};

const COPY_INTO: &str = include_str!("../sql/copy_into.sql");

/// Makes a copy at `path`: under another name first, so that a file of that name is whole and on the disk.
/// SQLite takes that for writing, and refuses it on a connection that only reads.
pub(crate) async fn back_up(writing: &Connections, path: &Path) -> Result<(), StoreError> {
    let path = absolute(path).map_err(failed)?;
    let partial = partial(&path)?;
    let taken = path.try_exists().map_err(failed)?;
    if taken {
        return Err(invalid(format!("there is something at {} already", path.display())));
    }
    // Also if nobody waits for it any more: SQLite would go on anyway.
    let copying = tokio::spawn(copy(writing.clone(), partial, path));
    copying.await.unwrap_or_else(|error| Err(cut_short(error)))
}

async fn copy(writing: Connections, partial: PathBuf, path: PathBuf) -> Result<(), StoreError> {
    let name = partial.to_str().ok_or_else(|| invalid("SQLite takes no path that is not UTF-8"))?;
    let mut connection = writing.connect().await?;
    let claim = claim(&partial)?;
    let copied = sqlx::query(COPY_INTO).bind(name).execute(&mut connection).await;
    let _ = connection.close().await; // Or the file keeps its room when it is removed.
    if let Err(error) = copied {
        let _ = fs::remove_file(&partial);
        return Err(store_error(error));
    }
    let put = spawn_blocking(move || {
        let put = put_in_place(&partial, &path);
        if put.is_err() {
            let _ = fs::remove_file(&partial);
        }
        drop(claim);
        put
    });
    put.await.unwrap_or_else(|error| Err(cut_short(error)))
}

/// An empty file at `partial` that nobody else writes a copy to, for as long as it is kept open.
fn claim(partial: &Path) -> Result<[File; 2], StoreError> {
    let mut options = OpenOptions::new();
    let old = options.write(true).create(true).truncate(false).open(partial).map_err(failed)?;
    lock(&old)?;
    // A copy that nobody waits for any more may still be written to the old one.
    fs::remove_file(partial).map_err(failed)?;
    let new = options.create_new(true).open(partial).map_err(failed)?;
    lock(&new)?;
    Ok([old, new])
}

/// Where a lock is more than a word among those who ask for it, SQLite could not write.
fn lock(file: &File) -> Result<(), StoreError> {
    match cfg!(unix).then(|| file.try_lock()) {
        Some(Err(TryLockError::WouldBlock)) => {
            Err(invalid("another copy to the same path is being made"))
        }
        _ => Ok(()),
    }
}

fn partial(path: &Path) -> Result<PathBuf, StoreError> {
    let name = path.file_name().ok_or_else(|| invalid("the path of a copy ends with its name"))?;
    let mut name = name.to_owned();
    name.push(".partial");
    Ok(path.with_file_name(name))
}

/// Sees the copy onto the disk, and gives it its name, if nobody has taken that meanwhile.
fn put_in_place(partial: &Path, path: &Path) -> Result<(), StoreError> {
    File::open(partial).and_then(|file| file.sync_all()).map_err(failed)?;
    match fs::hard_link(partial, path) {
        Ok(()) => fs::remove_file(partial).map_err(failed)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(invalid(format!("there is something at {} already", path.display())));
        }
        // Not every file system has links.
        Err(_) => fs::rename(partial, path).map_err(failed)?,
    }
    let directory = path.parent().unwrap_or(path);
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

fn cut_short(error: JoinError) -> StoreError {
    StoreError::because(StoreErrorKind::Unavailable, "a copy was cut short", error)
}

fn failed(error: io::Error) -> StoreError {
    StoreError::because(StoreErrorKind::Unavailable, "a copy of the log cannot be written", error)
}
