//! The log in a PostgreSQL database: what it promises, and where each of that is done.

use std::{fmt, sync::Arc, time::Duration};

use annals_core::{
    Append, AppendError, Appended, Envelopes, EventId, EventStore, EventType, Filter, Position,
    Revision, StoreError, StreamId,
};
use annals_sql::{Answer, Group, Growth, Recorder, too_late};
use async_trait::async_trait;
use sqlx::{PgConnection, Row};
use tokio::time::timeout;

use crate::{
    announcer::Announcer,
    append::{append_on, append_one},
    connections::{Connections, Lent, Purpose},
    migrations,
    read_models::PostgresReadModels,
    reading::{What, envelopes},
    settings::PostgresSettings,
    slow_writer::warn_of_whoever_holds_the_lock,
    snapshots::PostgresSnapshots,
    statements::Statements,
};

/// A log in a PostgreSQL database. Cheap to clone; clones share their connections.
///
/// It needs a Tokio runtime wherever it is used. What it has to do beside (recording what waits, watching
/// for growth) runs in the runtime of the call that made it necessary, and only as long as needed; that
/// runtime has to be driven for so long, or shut down.
#[derive(Clone)]
pub struct PostgresStore {
    shared: Arc<Shared>,
}

/// What the parts of a store have in common.
pub(crate) struct Shared {
    pub(crate) settings: PostgresSettings,
    pub(crate) statements: Statements,
    pub(crate) reading: Connections,
    pub(crate) appending: Connections,
    pub(crate) read_models: Connections,
    pub(crate) group: Group,
    pub(crate) growth: Arc<Growth>,
    pub(crate) announcer: Announcer,
}

impl PostgresStore {
    /// Opens the log at `url`: `postgres://user:password@host:port/database`, with what the driver
    /// understands besides (`sslmode`, `sslrootcert`, `application_name`) and what stands in
    /// [`PostgresSettings`]. Its schema is made or brought up to date, unless the settings say
    /// otherwise.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](annals_core::StoreErrorKind::Unavailable) if the server is;
    /// [`Invalid`](annals_core::StoreErrorKind::Invalid) if the URL or the settings are wrong, if the
    /// server is older than PostgreSQL 13 or the database not in UTF-8, or if the schema is not what
    /// this program works with: newer, changed by hand, or not there and not to be made.
    pub async fn open(url: &str, settings: PostgresSettings) -> Result<Self, StoreError> {
        let (settings, options) = settings.read(url)?;
        let growth = Arc::default();
        let connections = |purpose| Connections::new(&options, &settings, purpose, &growth);
        let shared = Shared {
            reading: connections(Purpose::Reading),
            appending: connections(Purpose::Appending),
            read_models: connections(Purpose::ReadModels),
            statements: Statements::of(&settings.schema),
            group: Group::default(),
            growth: Arc::clone(&growth),
            announcer: Announcer::default(),
            settings,
        };
        migrations::prepare(&shared.reading, &shared.settings).await?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Appends within a transaction of the application's own, so that its rows commit with the events
    /// or not at all. Do it as late as possible, and commit at once: from here on until the
    /// transaction ends, every other append to this log waits, in all processes. Nor is it recorded in
    /// one group with others.
    ///
    /// After the commit, tell [`committed`](Self::committed), or readers see the events only when they
    /// next look by themselves.
    ///
    /// # Errors
    ///
    /// As [`append`](EventStore::append). After a conflict or a duplicate the transaction can go on.
    /// [`Invalid`](annals_core::StoreErrorKind::Invalid) without any effect if it is not READ
    /// COMMITTED and READ WRITE. After any other error the server lets it do nothing but roll back.
    pub async fn append_in(
        &self,
        transaction: &mut PgConnection,
        append: &Append,
    ) -> Result<Appended, AppendError> {
        let Shared { statements, settings, .. } = &*self.shared;
        let one = std::slice::from_ref(append);
        let mut answers = append_on(transaction, statements, one, !settings.pooler).await?;
        answers.pop().expect("each append is answered")
    }

    /// Wakes the readers, here and in other processes, after a transaction with
    /// [`append_in`](Self::append_in) was committed.
    pub fn committed(&self, appended: &Appended) {
        self.shared.grown(appended.position);
    }

    /// How many bytes the schema has, with all that is in it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let Shared { reading, statements, .. } = &*self.shared;
        let mut lent = reading.lend().await?;
        let query = sqlx::query(statements.read_size.clone());
        let query = query.persistent(lent.keeps_statements()).fetch_one(lent.connection());
        let size: i64 = reading.within(async { query.await?.try_get("size") }).await?;
        lent.give_back().await?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Snapshots in the same database.
    pub fn snapshots(&self) -> PostgresSnapshots {
        PostgresSnapshots::new(self.shared.reading.clone(), self.shared.statements.clone())
    }

    /// Read models in the same database, each in step with how far it is.
    ///
    /// The tables of views are made by the role that the store was opened as, which has to be allowed to: it
    /// needs `CREATE` in the schema.
    pub fn read_models(&self) -> PostgresReadModels {
        PostgresReadModels::new(Arc::clone(&self.shared))
    }
}

impl Shared {
    /// The log is at least that far: whoever waits for it may look, also elsewhere.
    pub(crate) fn grown(self: &Arc<Self>, head: Position) {
        self.growth.reached(head);
        self.announcer.announce(self, head);
    }

    /// Records appends in one statement, or in a second one if the first does nothing.
    async fn record_on(
        &self,
        lent: &mut Lent,
        appends: &[Append],
    ) -> Result<Vec<Answer>, StoreError> {
        let (statements, is_kept) = (&self.statements, lent.keeps_statements());
        // Where its plan is not kept, to make one takes longer than the shorter way saves.
        if let [append] = appends
            && is_kept
            && let Some(appended) =
                append_one(lent.connection(), statements, append, self.growth.now().head).await?
        {
            return Ok(vec![Ok(appended)]);
        }
        append_on(lent.connection(), statements, appends, is_kept).await
    }

    /// How far the log is now.
    pub(crate) async fn head(&self) -> Result<Position, StoreError> {
        let mut lent = self.reading.lend().await?;
        let query = sqlx::query(self.statements.read_head.clone());
        let query = query.persistent(lent.keeps_statements()).fetch_one(lent.connection());
        let head = self.reading.within(async { query.await?.try_get("head") }).await?;
        lent.give_back().await?;
        Ok(Position::new(head).unwrap_or_default())
    }
}

impl Recorder for Shared {
    fn group(&self) -> &Group {
        &self.group
    }

    fn patience(&self) -> Duration {
        self.settings.timeout
    }

    /// In one transaction; whoever waits for events is woken.
    async fn record(self: &Arc<Self>, appends: &[Append]) -> Result<Vec<Answer>, StoreError> {
        let recording = async {
            let mut lent = self.appending.lend().await?;
            let answers = self.record_on(&mut lent, appends).await?;
            lent.give_back().await?;
            Ok(answers)
        };
        let patience = self.settings.timeout;
        let recorded = timeout(patience, warn_of_whoever_holds_the_lock(self, recording)).await;
        let answers = recorded.unwrap_or_else(|_| Err(too_late("an append", patience)))?;
        if let Some(head) = answers.iter().flatten().map(|appended| appended.position).max() {
            self.grown(head);
        }
        Ok(answers)
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn append(&self, append: &Append) -> Result<Appended, AppendError> {
        self.shared.group.append(&self.shared, append).await
    }

    fn read_stream(&self, stream: &StreamId, after: Revision) -> Envelopes<'_> {
        envelopes(&self.shared, What::Stream(stream.clone()), after.get())
    }

    fn read_log(&self, after: Position, filter: Filter) -> Envelopes<'_> {
        let what = match filter {
            Filter::All => What::Log,
            Filter::Types(types) => What::Types(types.iter().map(EventType::to_string).collect()),
        };
        envelopes(&self.shared, what, after.get())
    }

    async fn locate(&self, stream: &StreamId, id: EventId) -> Result<Option<Revision>, StoreError> {
        let Shared { reading, statements, .. } = &*self.shared;
        let mut lent = reading.lend().await?;
        let query = sqlx::query(statements.locate_event.clone()).bind(id.0).bind(stream.as_str());
        let query = query.persistent(lent.keeps_statements()).fetch_optional(lent.connection());
        let located = async { query.await?.map(|row| row.try_get("revision")).transpose() };
        let located: Option<i64> = reading.within(located).await?;
        lent.give_back().await?;
        Ok(located.and_then(Revision::new))
    }

    async fn wait_past(&self, after: Position) -> Result<Position, StoreError> {
        self.shared.wait_past(after).await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("schema", &self.shared.settings.schema)
            .finish_non_exhaustive()
    }
}
