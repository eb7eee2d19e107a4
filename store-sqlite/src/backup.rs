//! A copy of a log that is in use.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf, absolute},
};

use annals_core::{StoreError, StoreErrorKind};
use tokio::task::spawn_blocking;

use crate::{connections::Connections, error::store_error, settings::invalid};

const COPY_INTO: &str = include_str!("../sql/copy_into.sql");

/// Makes a copy at `path`: under another name first, so that a file of that name is whole and on the disk.
pub(crate) async fn back_up(reading: &Connections, path: &Path) -> Result<(), StoreError> {
    let path = absolute(path).map_err(failed)?;
    let partial = partial(&path)?;
    let taken = path.try_exists().map_err(failed)?;
    if taken {
        return Err(invalid(format!("there is something at {} already", path.display())));
    }
    let name = partial.to_str().ok_or_else(|| invalid("SQLite takes no path that is not UTF-8"))?;
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {} // What a copy left behind that was cut short.
    }
    let mut connection = reading.connect().await?;
    sqlx::query(COPY_INTO).bind(name).execute(&mut connection).await.map_err(store_error)?;
    let put = spawn_blocking(move || put_in_place(&partial, &path)).await;
    put.map_err(|error| {
        StoreError::because(StoreErrorKind::Unavailable, "a copy was cut short", error)
    })?
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

fn failed(error: io::Error) -> StoreError {
    StoreError::because(StoreErrorKind::Unavailable, "a copy of the log cannot be written", error)
}
