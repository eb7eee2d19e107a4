//! Connections that are kept for the next who needs one.
//!
//! A pool of its own, since two things count here: that nothing goes over a connection but what was
//! asked (no question whether it is alive before or after), and that one on which something was begun
//! and not ended is never used again (ADR 13).

use std::{
    collections::VecDeque,
    future::{Future, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use annals_core::{StoreError, StoreErrorKind};
use annals_sql::{Growth, too_late};
use futures::{FutureExt, TryStreamExt, stream::BoxStream};
use sqlx::{
    ConnectOptions, Connection, PgConnection, Postgres, SqlSafeStr,
    postgres::{PgConnectOptions, PgRow},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{
    error::{connect_error, store_error},
    settings::PostgresSettings,
};

const BEGIN: &str = include_str!("../sql/begin.sql");
const COMMIT: &str = include_str!("../sql/commit.sql");

/// One that was idle for longer is asked whether it still answers: the server may have restarted.
const TRUSTED: Duration = Duration::from_secs(1);

/// One that was idle for longer is closed.
const LONGEST_IDLE: Duration = Duration::from_secs(300);

/// What every session needs, whatever the defaults of the server, the database or the role are. With a
/// pooler these cannot be had, and `BEGIN` says as much.
const ALWAYS: [(&str, &str); 3] = [
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    // Not a setting of PostgreSQL: by it we know that nobody on the way ignores these.
    ("annals.is_direct", "true"),
];

/// What our own statements need besides: the plan of a prepared one is kept, and may be made while a
/// table is small or before anybody has analyzed it (to sort what a bitmap finds is to read a whole stream
/// for each page of it); and how long they may take is for our settings to say.
const FOR_OURS: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("jit", "off"),
    ("lock_timeout", "0"),
];

/// What those of them need that share a transaction with the application's; while it is lent, the
/// application has these as usual.
const BESIDE_OTHERS: [(&str, &str); 2] = [("enable_seqscan", "off"), ("enable_bitmapscan", "off")];

/// What connections are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Our own statements, whose rows may be taken as slowly as their reader likes.
    Reading,
    /// Appends, which must not stand in the queue for the lock when nobody waits for them any more.
    Appending,
    /// Transactions that are now and then lent to the application.
    ReadModels,
}

/// Connections to one server, at most so many. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) struct Connections {
    shared: Arc<Shared>,
}

struct Shared {
    options: PgConnectOptions,
    is_pooled: bool,
    connect_timeout: Duration,
    timeout: Duration,
    /// What is known of the log, as far as the same server is asked.
    growth: Arc<Growth>,
    permits: Arc<Semaphore>,
    /// Those that nobody uses, the last used at the end.
    idle: Mutex<VecDeque<Idle>>,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
    /// Whether none of the others was lost since.
    is_trusted: bool,
}

impl Connections {
    pub(crate) fn new(
        options: &PgConnectOptions,
        settings: &PostgresSettings,
        purpose: Purpose,
        growth: &Arc<Growth>,
    ) -> Self {
        let number = if purpose == Purpose::Appending { 1 } else { settings.connections };
        let shared = Shared {
            options: session(options.clone(), settings, purpose),
            is_pooled: settings.pooler,
            connect_timeout: settings.connect_timeout,
            timeout: settings.timeout,
            growth: Arc::clone(growth),
            permits: Arc::new(Semaphore::new(number)),
            idle: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// A connection to use alone, on which each statement is a transaction of its own; with a pooler,
    /// all until it is given back are one.
    pub(crate) async fn lend(&self) -> Result<Lent, StoreError> {
        let mut lent = self.take().await?;
        if self.shared.is_pooled {
            lent.begin().await?;
        }
        Ok(lent)
    }

    /// A connection on which a transaction is open, to be used alone.
    pub(crate) async fn begin(&self) -> Result<Lent, StoreError> {
        let mut lent = self.take().await?;
        lent.begin().await?;
        Ok(lent)
    }

    /// Where these connect to.
    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.shared.options
    }

    /// What `asked` comes to, unless the server takes too long.
    pub(crate) async fn within<T>(
        &self,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let patience = self.shared.timeout;
        let answered = timeout(patience, asked).await;
        let answer = match answered {
            Ok(answer) => answer.map_err(store_error),
            Err(_) => Err(too_late("the database", patience)),
        };
        if answer.as_ref().is_err_and(|error| error.kind() == StoreErrorKind::Unavailable) {
            // What has ended this one may have ended all.
            self.idle().iter_mut().for_each(|one| one.is_trusted = false);
        }
        answer
    }

    /// The next of `stream`, unless the server takes too long. What is there already is taken without a
    /// look at the clock.
    pub(crate) async fn next<T>(
        &self,
        stream: &mut BoxStream<'_, Result<T, sqlx::Error>>,
    ) -> Result<Option<T>, StoreError> {
        match stream.try_next().now_or_never() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => self.within(ready(Err(error))).await,
            None => self.within(stream.try_next()).await,
        }
    }

    async fn take(&self) -> Result<Lent, StoreError> {
        let patience = self.shared.connect_timeout;
        let taking = async {
            let permit = Arc::clone(&self.shared.permits).acquire_owned().await;
            let permit = permit.expect("these permits are never closed");
            let connection = match self.idle_one().await {
                Some(connection) => connection,
                None => {
                    let connection = self.shared.options.connect().await;
                    let connection =
                        connection.map_err(|error| connect_error(error, self.shared.is_pooled))?;
                    self.shared.growth.forget();
                    connection
                }
            };
            let (home, has_begun, is_whole) = (self.clone(), false, true);
            Ok(Lent { connection, has_begun, is_whole, home, permit })
        };
        let taken = timeout(patience, taking).await;
        taken.unwrap_or_else(|_| Err(too_late("to get a connection to the database", patience)))
    }

    /// One that is there already, and alive as far as one can know.
    async fn idle_one(&self) -> Option<PgConnection> {
        loop {
            let mut one = self.idle().pop_back()?;
            let is_trusted = one.is_trusted && one.since.elapsed() < TRUSTED;
            if is_trusted || one.connection.ping().await.is_ok() {
                return Some(one.connection);
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, VecDeque<Idle>> {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a session for that purpose is to begin.
fn session(
    options: PgConnectOptions,
    settings: &PostgresSettings,
    purpose: Purpose,
) -> PgConnectOptions {
    if settings.pooler {
        return options.extra_float_digits(None);
    }
    let options = options.options(ALWAYS);
    let limit = settings.timeout.as_millis();
    match purpose {
        Purpose::Reading => options.options(FOR_OURS).options([("statement_timeout", 0)]),
        Purpose::Appending => options.options(FOR_OURS).options([("statement_timeout", limit)]),
        // Who was stopped in the middle of a transaction keeps the rows of those who take over.
        Purpose::ReadModels => {
            options.options(BESIDE_OTHERS).options([("idle_in_transaction_session_timeout", limit)])
        }
    }
}

/// A connection that is used by one alone. Unless it is [given back](Self::give_back), it is closed: that
/// ends whatever was begun on it.
pub(crate) struct Lent {
    connection: PgConnection,
    has_begun: bool,
    /// Whether nothing of the transaction has failed, and nothing was given up on the way.
    is_whole: bool,
    home: Connections,
    permit: OwnedSemaphorePermit,
}

impl Lent {
    /// What to ask statements on.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// The same, for a part of a transaction: nothing is committed unless it is [`done`](Self::done) then.
    pub(crate) fn part(&mut self) -> &mut PgConnection {
        self.is_whole = false;
        &mut self.connection
    }

    /// The part of a transaction that was begun last came to a good end.
    pub(crate) fn done(&mut self) {
        self.is_whole = true;
    }

    /// All rows that a statement answers, as a part of a transaction.
    pub(crate) async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<PgRow>, StoreError> {
        let (home, query) = (self.home.clone(), query.persistent(self.keeps_statements()));
        let mut answered = query.fetch(self.part());
        let mut rows = Vec::new();
        while let Some(row) = home.next(&mut answered).await? {
            rows.push(row);
        }
        drop(answered);
        self.done();
        Ok(rows)
    }

    /// How many rows a statement has written, as a part of a transaction.
    pub(crate) async fn execute(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        let (home, query) = (self.home.clone(), query.persistent(self.keeps_statements()));
        let executed = home.within(query.execute(self.part())).await?;
        self.done();
        Ok(executed.rows_affected())
    }

    /// Runs statements that take no arguments, as a part of a transaction.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr) -> Result<(), StoreError> {
        let (home, sql) = (self.home.clone(), sqlx::raw_sql(sql));
        home.within(sql.execute(self.part())).await?;
        self.done();
        Ok(())
    }

    /// Whether a statement may be kept by the server under a name. Behind a pooler, the next one may
    /// come to another connection.
    pub(crate) fn keeps_statements(&self) -> bool {
        !self.home.shared.is_pooled
    }

    /// Commits, if a transaction is open, and leaves the connection to whoever is next.
    pub(crate) async fn give_back(mut self) -> Result<(), StoreError> {
        if self.has_begun && !self.is_whole {
            // The server would take it back, and say so as if it had committed.
            let message = "a part of the transaction has failed, so nothing of it is committed";
            return Err(StoreError::new(StoreErrorKind::Invalid, message));
        }
        if self.has_begun {
            let commit = sqlx::raw_sql(COMMIT).execute(&mut self.connection);
            self.home.within(commit).await?;
        }
        let mut idle = self.home.idle();
        let (connection, since) = (self.connection, Instant::now());
        idle.push_back(Idle { connection, since, is_trusted: true });
        while idle.front().is_some_and(|one| one.since.elapsed() > LONGEST_IDLE) {
            idle.pop_front();
        }
        drop(idle);
        drop(self.permit);
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        let begin = sqlx::raw_sql(BEGIN).execute(&mut self.connection);
        self.home.within(begin).await?;
        self.has_begun = true;
        Ok(())
    }
}

/// A statement with its arguments.
pub(crate) type Query<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;
