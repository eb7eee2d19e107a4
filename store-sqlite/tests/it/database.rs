//! Fresh logs: in files of their own, which are removed with them, and in memory.

use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, Filter, ModelTx, Position,
    ReadModels, Revision, Snapshot, SnapshotKey, Snapshots, StoreError, StreamId,
};
use annals_sqlite::{SqliteSettings, SqliteStore, SqliteTx};
use annals_testkit::conformance::ReadModelsFixture;
use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};

use crate::sql::Sql;

const CREATE_MODEL: &str = include_str!("create_model.sql");
const WRITE_MODEL: &str = include_str!("write_model.sql");
const READ_MODEL: &str = include_str!("read_model.sql");

/// A directory that is removed with all that is in it.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("annals-sqlite-{}-{number}", process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path); // Of an earlier process of that number.
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Deref for Directory {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Something of a log, and the directory in which that is; none, if it is in memory.
pub(crate) struct Kept<T> {
    it: T,
    directory: Option<Directory>,
}

pub(crate) async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open_file(path, SqliteSettings::default()).await.unwrap()
}

async fn on_disk() -> Kept<SqliteStore> {
    let directory = Directory::new();
    let it = open(&directory.join("log.db")).await;
    Kept { it, directory: Some(directory) }
}

async fn in_memory() -> Kept<SqliteStore> {
    let it = SqliteStore::open("sqlite::memory:", SqliteSettings::default()).await.unwrap();
    Kept { it, directory: None }
}

impl<T> Kept<T> {
    fn map<U>(self, of: impl FnOnce(T) -> U) -> Kept<U> {
        Kept { it: of(self.it), directory: self.directory }
    }
}

pub(crate) async fn log() -> Arc<dyn EventStore> {
    Arc::new(on_disk().await)
}

pub(crate) async fn log_in_memory() -> Arc<dyn EventStore> {
    Arc::new(in_memory().await)
}

pub(crate) async fn snapshots() -> Arc<dyn Snapshots> {
    Arc::new(on_disk().await.map(|store| store.snapshots()))
}

pub(crate) async fn snapshots_in_memory() -> Arc<dyn Snapshots> {
    Arc::new(in_memory().await.map(|store| store.snapshots()))
}

pub(crate) async fn read_models() -> Kept<SqliteStore> {
    with_model(on_disk().await).await
}

pub(crate) async fn read_models_in_memory() -> Kept<SqliteStore> {
    with_model(in_memory().await).await
}

/// A log, and a table of the application's own in the same database.
async fn with_model(store: Kept<SqliteStore>) -> Kept<SqliteStore> {
    let mut tx = store.it.read_models().begin().await.unwrap();
    sqlx::query(CREATE_MODEL).execute(connection(&mut *tx)).await.unwrap();
    tx.commit().await.unwrap();
    store
}

/// What the application's own statements go over.
pub(crate) fn connection(tx: &mut dyn ModelTx) -> &mut SqliteConnection {
    tx.as_any().downcast_mut::<SqliteTx>().unwrap().connection()
}

impl ReadModelsFixture for Kept<SqliteStore> {
    fn read_models(&self) -> Arc<dyn ReadModels> {
        Arc::new(self.it.read_models())
    }

    fn log(&self) -> Option<Arc<dyn EventStore>> {
        Some(Arc::new(self.it.clone()))
    }

    async fn write(&self, tx: &mut dyn ModelTx, key: &str, value: &str) {
        let write = sqlx::query(WRITE_MODEL).bind(key).bind(value);
        write.execute(connection(tx)).await.unwrap();
    }

    fn readers_wait(&self) -> bool {
        self.directory.is_none()
    }

    async fn read(&self, key: &str) -> Option<String> {
        let read = sqlx::query(READ_MODEL).bind(key);
        let row = match &self.directory {
            Some(directory) => {
                let mut sql = Sql::connect(&directory.join("log.db")).await;
                read.fetch_optional(sql.connection()).await
            }
            // Nobody else can connect to what is in memory.
            None => {
                let mut tx = self.it.read_models().begin().await.unwrap();
                read.fetch_optional(connection(&mut *tx)).await
            }
        };
        row.unwrap().map(|row| row.get(0))
    }
}

#[async_trait]
impl EventStore for Kept<SqliteStore> {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.it.append(append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        self.it.read_stream(stream, after)
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        self.it.read_log(after, filter)
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        self.it.locate(stream, id).await
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.it.wait_past(after).await
    }
}

#[async_trait]
impl<T: Snapshots> Snapshots for Kept<T> {
    async fn load(&self, key: &SnapshotKey) -> Result<Option<Snapshot>, StoreError> {
        self.it.load(key).await
    }

    async fn save(&self, key: &SnapshotKey, snapshot: Snapshot) -> Result<(), StoreError> {
        self.it.save(key, snapshot).await
    }
}
