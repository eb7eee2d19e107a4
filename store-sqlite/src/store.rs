//! The log in an SQLite database: what it promises, and where each of that is done.

use std::{fmt, path::Path, slice, sync::Arc, time::Duration};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, EventType, Filter, Position,
    Revision, StoreError, StreamId,
};
use annals_sql::{Answer, Group, Growth, Recorder, too_late};
use async_trait::async_trait;
use sqlx::{Row, SqliteConnection};
use tokio::time::timeout;

use crate::{
    append::{append_on, append_one},
    backup::back_up,
    connections::Connections,
    error::store_error,
    location::Location,
    migrations,
    read_models::SqliteReadModels,
    reading::{What, envelopes},
    settings::{SqliteSettings, invalid},
    snapshots::SqliteSnapshots,
};

const READ_HEAD: &str = include_str!("../sql/read_head.sql");
const LIST_FILES: &str = include_str!("../sql/list_files.sql");
const READ_SIZE: &str = include_str!("../sql/read_size.sql");
const LOCATE_EVENT: &str = include_str!("../sql/locate_event.sql");
const BEGIN_WITHIN: &str = include_str!("../sql/begin_within.sql");
const WRITE_WITHIN: &str = include_str!("../sql/write_within.sql");
const COMMIT_WITHIN: &str = include_str!("../sql/commit_within.sql");
const TAKE_BACK_WITHIN: &str = include_str!("../sql/take_back_within.sql");

/// A log in an SQLite database. Cheap to clone; clones share their connections.
///
/// It needs a Tokio runtime wherever it is used. What it has to do beside (recording what waits, watching
/// for growth) runs in the runtime of the call that made it necessary, and only as long as needed; that
/// runtime has to be driven for so long, or shut down.
///
/// While it is open, its file must not be moved, replaced or removed: what is appended then may be
/// acknowledged and is lost with the old file. Make a copy with [`backup`](Self::backup).
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// What the parts of a store have in common.
pub(crate) struct Shared {
    settings: SqliteSettings,
    location: Location,
    /// As SQLite calls it.
    file: String,
    pub(crate) reading: Connections,
    pub(crate) writing: Connections,
    group: Group,
    pub(crate) growth: Arc<Growth>,
    /// A database in memory is there for as long as somebody is connected to it; and one in a file is
    /// tidied up, with all others kept out, whenever the last one leaves.
    _anchor: SqliteConnection,
}

impl SqliteStore {
    /// Opens the log at `url`: `sqlite://data/bank.db` for a path from the working directory,
    /// `sqlite:///data/bank.db` for one from the root. In a path, `%20` and the like stand for what they
    /// stand for in any URL; only `?` and `%` have to be written so. Behind a `?` there may be
    /// [settings](SqliteSettings).
    ///
    /// `sqlite::memory:` is a log of its own in memory, gone when the store is dropped. There who reads
    /// waits while somebody writes.
    ///
    /// The file and the directories above it are made if they are not there, unless the settings say
    /// otherwise.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](annals_core::StoreErrorKind::Unavailable) if the file cannot be opened or made, or
    /// another process has locked it;
    /// [`Invalid`](annals_core::StoreErrorKind::Invalid) if the URL or the settings are wrong, if the
    /// file is no database of SQLite or another program's, or if its tables are not what this program
    /// works with: newer, changed by hand, or not there and not to be made.
    pub async fn open(url: &str, settings: SqliteSettings) -> Result<Self, StoreError> {
        let (location, query) = Location::of(url)?;
        Self::open_at(location, settings.with(query)?).await
    }

    /// Opens the log in the file at `path`, whatever characters that has.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open). A path must be UTF-8.
    pub async fn open_file(
        path: impl AsRef<Path>,
        settings: SqliteSettings,
    ) -> Result<Self, StoreError> {
        Self::open_at(Location::file(path.as_ref())?, settings).await
    }

    async fn open_at(location: Location, settings: SqliteSettings) -> Result<Self, StoreError> {
        settings.check()?;
        let writing = Connections::to_write(&location, &settings);
        migrations::prepare(&writing, &location, &settings).await?;
        let mut _anchor = writing.connect().await?;
        let file = name_file(&mut _anchor).await?;
        let reading = Connections::to_read(&location, &settings);
        let (group, growth) = (Group::default(), Arc::default());
        let shared = Shared { settings, location, file, reading, writing, group, growth, _anchor };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Appends within a transaction of the application's own, so that its rows commit with the events
    /// or not at all. Do it as late as possible, and commit at once: from here on until the
    /// transaction ends, every other append to this log waits, in all processes. Nor is it recorded in
    /// one group with others.
    ///
    /// The connection is the application's, to the same file. Begin the transaction with
    /// `BEGIN IMMEDIATE` if it reads before it appends; and do not await another append of this store
    /// while it is open, which would wait for its end.
    ///
    /// Whoever waits for the lock by SQLite's own busy timeout looks for it ever more seldom, and while a
    /// store appends without pause may wait for seconds: give such connections a timeout of several
    /// seconds, and repeat what was refused.
    ///
    /// After the commit, tell [`committed`](Self::committed), or readers see the events only when they
    /// next look by themselves.
    ///
    /// # Errors
    ///
    /// As [`append`](EventStore::append). After any of them the transaction can go on, and nothing of the
    /// append is in it; unless SQLite had to take all of it back, as when the disk is full.
    /// [`Invalid`](annals_core::StoreErrorKind::Invalid) if the connection is to another file.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the transaction has to be taken back.
    pub async fn append_in(
        &self,
        transaction: &mut SqliteConnection,
        append: &Append,
    ) -> Result<Appended, AppendError> {
        if name_file(transaction).await? != self.shared.file {
            return Err(invalid("the connection is not to the file of this log").into());
        }
        append_within(transaction, append).await
    }

    /// Wakes the readers in this process, after a transaction with [`append_in`](Self::append_in) was
    /// committed.
    pub fn committed(&self, appended: &Appended) {
        self.shared.growth.reached(appended.position);
    }

    /// Makes a copy of the whole database, as it is at one moment, in a new file at `path`. Appending and
    /// reading go on meanwhile. The copy can be opened as any log.
    ///
    /// # Errors
    ///
    /// [`Invalid`](annals_core::StoreErrorKind::Invalid) if there is something at `path` already, or
    /// another copy to it is being made;
    /// [`Unavailable`](annals_core::StoreErrorKind::Unavailable) if the copy cannot be written. Then there
    /// is nothing at `path`, and beside it at most a file that ends in `.partial`.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the copy still comes to be, unless the runtime is shut down.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<(), StoreError> {
        back_up(&self.shared.writing, path.as_ref()).await
    }

    /// How many bytes the database has, all that is in it included and its write-ahead log aside.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let query = sqlx::query(READ_SIZE).fetch_one(lent.connection());
        let size: i64 = query.await.and_then(|row| row.try_get(0)).map_err(store_error)?;
        lent.give_back();
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Snapshots in the same database.
    pub fn snapshots(&self) -> SqliteSnapshots {
        SqliteSnapshots::new(Arc::clone(&self.shared))
    }

    /// Read models in the same database, and all that is known about how far they are.
    pub fn read_models(&self) -> SqliteReadModels {
        SqliteReadModels::new(Arc::clone(&self.shared))
    }
}

/// Appends within the transaction that is open. Whatever comes of it, that can go on.
pub(crate) async fn append_within(
    transaction: &mut SqliteConnection,
    append: &Append,
) -> Result<Appended, AppendError> {
    run(transaction, BEGIN_WITHIN).await?;
    let answered = try_append_within(transaction, append).await;
    if answered.is_err() {
        // If that fails too, there is nothing left to take back.
        let _ = run(transaction, TAKE_BACK_WITHIN).await;
    }
    answered?
}

/// What is done between a savepoint and its end. If it fails, the savepoint is still there.
async fn try_append_within(
    transaction: &mut SqliteConnection,
    append: &Append,
) -> Result<Answer, StoreError> {
    run(transaction, WRITE_WITHIN).await?;
    let mut answers = append_on(transaction, slice::from_ref(append)).await?;
    run(transaction, COMMIT_WITHIN).await?;
    Ok(answers.pop().expect("each append is answered"))
}

/// The file that a connection is to, as SQLite calls it.
async fn name_file(connection: &mut SqliteConnection) -> Result<String, StoreError> {
    // The first is the one that is called `main`.
    let row = sqlx::query(LIST_FILES).fetch_one(connection).await.map_err(store_error)?;
    let path: Option<_> = row.try_get(2).map_err(store_error)?;
    Ok(path.unwrap_or_default())
}

async fn run(connection: &mut SqliteConnection, text: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(text).execute(connection).await.map(|_| ()).map_err(store_error)
}

impl Shared {
    /// How far the log is now.
    pub(crate) async fn head(&self, connection: &mut SqliteConnection) -> Result<i64, StoreError> {
        let row = sqlx::query(READ_HEAD).fetch_one(connection).await.map_err(store_error)?;
        row.try_get(0).map_err(store_error)
    }

    /// How long something may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout
    }
}

impl Recorder for Shared {
    fn group(&self) -> &Group {
        &self.group
    }

    fn patience(&self) -> Duration {
        self.settings.timeout
    }

    /// In one transaction; whoever waits for events in this process is woken.
    async fn record(self: &Arc<Self>, appends: &[Append]) -> Result<Vec<Answer>, StoreError> {
        let recording = async {
            let mut lent = self.writing.lend_to_write().await?;
            if let Some(appended) = append_one(&mut lent, appends).await? {
                lent.give_back();
                return Ok(vec![Ok(appended)]);
            }
            lent.begin().await?;
            let answers = append_on(lent.connection(), appends).await?;
            lent.commit().await?;
            Ok(answers)
        };
        let patience = self.settings.timeout;
        let recorded = timeout(patience, recording).await;
        let answers = recorded.unwrap_or_else(|_| Err(too_late("an append", patience)))?;
        if let Some(head) = answers.iter().flatten().map(|appended| appended.position).max() {
            self.growth.reached(head);
        }
        Ok(answers)
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.shared.group().append(&self.shared, append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        envelopes(&self.shared, What::Stream(stream.clone()), after.get())
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let what = match filter {
            Filter::All => What::Log,
            Filter::Types(types) => What::types(types.iter().map(EventType::as_str)),
        };
        envelopes(&self.shared, what, after.get())
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        let mut lent = self.shared.reading.lend().await?;
        let query =
            sqlx::query(LOCATE_EVENT).bind(id.0.into_bytes().to_vec()).bind(stream.as_str());
        let row = query.fetch_optional(lent.connection()).await.map_err(store_error)?;
        let revision: Option<i64> =
            row.map(|row| row.try_get(0)).transpose().map_err(store_error)?;
        lent.give_back();
        Ok(revision.and_then(Revision::new))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.shared.wait_past(after).await
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("location", &self.shared.location)
            .finish_non_exhaustive()
    }
}
