//! How long anything may take, and what is left when it took longer.

use std::{future::Future, time::Duration};

use annals_core::{
    Append, EventStore, Expected, Position, ReadModels, RecordIn, Revision, Select, Snapshots,
    StoreError,
};
use annals_postgres::{PostgresSettings, PostgresStore};
use futures::{StreamExt, TryStreamExt, future::join_all};
use tokio::{
    net::TcpListener,
    spawn,
    time::{Instant, timeout},
};

use crate::{
    captured::Captured,
    database::{connect, fresh_settings, open, open_at},
    servers::{aside, server, settings},
    short_run::short_run,
    sql::Sql,
    words::{
        AREA, append, assert_unavailable, event, event_of, eventually, insist, one, position,
        record, record_in, snapshot, soon, store_error, stream, swap_and_commit, table,
        times_recorded, whole_log,
    },
};

/// What is waited for in these tests, and how much later the end of it may be noticed.
const SHORT: Duration = Duration::from_millis(700);
const SLACK: Duration = Duration::from_secs(2);

fn hasty(settings: PostgresSettings) -> PostgresSettings {
    PostgresSettings { timeout: SHORT, connect_timeout: SHORT, ..settings }
}

/// Somebody whose transaction has appended to the log and does not end.
async fn held(settings: &PostgresSettings, store: &PostgresStore) -> Sql {
    let mut sql = connect(settings).await;
    sql.run("BEGIN").await;
    store.append_in(sql.connection(), &one(&stream("held"))).await.unwrap();
    sql
}

/// How many wait for the lock of the log.
async fn waiting_for_the_lock(sql: &mut Sql) -> i64 {
    sql.ask(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
         AND (classid, objid) = (1634627692, 'event'::regclass)",
    )
    .await
}

/// In one thread, since who captures is known by the thread.
#[tokio::test]
async fn who_keeps_appends_waiting_is_named_in_a_warning() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let lock_warning = Duration::from_millis(50);
    let settings = PostgresSettings { lock_warning, ..fresh_settings() };
    let store = open(&settings).await;
    let mut held = held(&settings, &store).await;
    let pid = format!("pid={}", held.pid().await);
    let waiting = spawn({
        let store = store.clone();
        async move { record(&store, "ada", 1).await }
    });

    let is_named = |line: &String| {
        ["WARN", &pid, "age_seconds=", "application=\"a test\"", "idle in transaction"]
            .iter()
            .all(|part| line.contains(part))
            && !line.contains("NaN")
    };
    eventually(async || captured.lines().iter().filter(|line| is_named(line)).count() >= 2).await;
    assert!(!waiting.is_finished());
    held.run("COMMIT").await;
    assert_eq!(soon(waiting).await.unwrap().position, position(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_waited_too_long_for_the_lock_is_recorded_only_when_sent_again() {
    let settings = hasty(fresh_settings());
    let store = open(&settings).await;
    let mut held = held(&settings, &store).await;
    let given = one(&stream("ada"));

    let began = Instant::now();
    assert_unavailable(&store_error(store.append(&given).await));
    assert!(began.elapsed() < SHORT + SLACK, "{:?}", began.elapsed());
    eventually(async || waiting_for_the_lock(&mut held).await == 0).await;
    held.run("COMMIT").await;

    record(&store, "later", 1).await;
    assert_eq!(times_recorded(&store, &given).await, 0);
    store.append(&given).await.unwrap();
    assert_eq!(times_recorded(&store, &given).await, 1);
}

/// Of many, some may be on their way when those who wait for them have left.
#[tokio::test(flavor = "multi_thread")]
async fn appends_that_waited_too_long_in_line_are_recorded_once_when_sent_again() {
    let settings = hasty(fresh_settings());
    let store = open(&settings).await;
    let mut held = held(&settings, &store).await;
    let given: Vec<_> = ["ada", "ada", "bob", "cleo", "dora"].map(|id| one(&stream(id))).into();

    let began = Instant::now();
    let answers = join_all(given.iter().map(|append| store.append(append))).await;
    assert!(began.elapsed() < SHORT + SLACK, "{:?}", began.elapsed());
    for answer in answers {
        assert_unavailable(&store_error(answer));
    }
    held.run("COMMIT").await;

    for append in &given {
        soon(insist(&store, append)).await.unwrap();
        assert_eq!(times_recorded(&store, append).await, 1);
    }
    record(&store, "later", 1).await;
    assert_eq!(whole_log(&store).await.len(), 1 + given.len() + 1);
}

/// Asserts that it fails as unavailable, not at once and not much later than it may.
async fn assert_too_late<T>(what: &str, call: impl Future<Output = Result<T, StoreError>>) {
    let began = Instant::now();
    let Ok(answer) = timeout(2 * SHORT + SLACK, call).await else { panic!("{what} hangs") };
    let Err(error) = answer else { panic!("{what} was answered") };
    assert_unavailable(&error);
    assert!(began.elapsed() >= SHORT / 2, "{what}: {error} after {:?}", began.elapsed());
}

async fn ask(store: &PostgresStore, append: &Append) -> Result<(), StoreError> {
    store.append(append).await.map(|_| ()).map_err(|error| store_error(Err(error)))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_hangs_when_the_server_is_paused_and_all_goes_on_afterwards() {
    let server = server();
    let store = open_at(&server.url("postgres"), &hasty(settings())).await;
    let (key, kept) = snapshot("ada");
    let (snapshots, models) = (store.snapshots(), store.read_models());
    snapshots.save(&key, kept.clone()).await.unwrap();
    record(&store, "ada", 2).await;
    let last = whole_log(&store).await[1].id;
    let (table, unchanged) = (table("it", &[]), RecordIn { area: AREA, key: "it", content: "1" });
    let by_key = Select::Keys(vec!["it".into()]);
    let begun = join_all([(); 4].map(|()| models.begin())).await;
    let begun: Result<Vec<_>, _> = begun.into_iter().collect();
    let [swapping, mut lending, mut appending, committing] =
        <[_; 4]>::try_from(begun.unwrap()).ok().unwrap();
    let (ada, next) = (stream("ada"), one(&stream("ada")));
    let reading = store.read_stream(&ada, Revision::START).try_collect::<Vec<_>>();
    let log = store.read_log(Position::START, Default::default()).try_collect::<Vec<_>>();

    aside(|| server.pause());
    futures::join!(
        assert_too_late("an append", ask(&store, &next)),
        assert_too_late("a stream", reading),
        assert_too_late("the log", log),
        assert_too_late("locating", store.locate(&ada, last)),
        assert_too_late("a snapshot", snapshots.load(&key)),
        assert_too_late("keeping a snapshot", snapshots.save(&key, kept.clone())),
        assert_too_late("a record", record_in(&models, "it")),
        assert_too_late("records", models.records(AREA, "", "", 10)),
        assert_too_late("rows", models.rows(&table, &by_key, &unchanged)),
        assert_too_late("beginning", models.begin()),
        assert_too_late("swapping", swap_and_commit(swapping, "it", None, Some("1"))),
        // What each of these holds ends with it.
        assert_too_late("lending", async move { lending.lend().await }),
        assert_too_late("appending", async move {
            let bob = one(&stream("bob"));
            appending.append(&bob).await.map_err(|error| store_error(Err(error)))
        }),
        assert_too_late("committing", committing.commit()),
        assert_too_late("waiting", store.wait_past(position(2))),
    );
    aside(|| server.resume());

    assert!(store.append(&next).await.unwrap().position > position(2));
    assert_eq!(times_recorded(&store, &next).await, 1);
    short_run(&store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_or_does_not_answer_is_unavailable() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://annals@127.0.0.1:{port}/postgres");
    let opening = PostgresStore::open(&url, hasty(settings()));
    assert_too_late("opening", async { opening.await.map(|_| ()) }).await;

    drop(silent);
    let opened = timeout(SLACK, PostgresStore::open(&url, hasty(settings()))).await;
    assert_unavailable(&opened.unwrap().unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_all_connections_lent_out_is_told_so() {
    let settings = PostgresSettings { connections: 2, ..hasty(fresh_settings()) };
    let store = open(&settings).await;
    let writer =
        open(&PostgresSettings { schema: settings.schema, ..PostgresSettings::default() }).await;
    let large = (0..24).map(|_| event_of("large", "x".repeat(1 << 20))).collect();
    writer.append(&append(&stream("large"), Expected::Any, large)).await.unwrap();
    // Too large for one page, these keep their connections until they are read to the end.
    let mut readings: Vec<_> =
        (0..2).map(|_| store.read_stream(&stream("large"), Revision::START)).collect();
    for reading in &mut readings {
        reading.next().await.unwrap().unwrap();
    }
    let models = store.read_models();
    let transactions = (models.begin().await.unwrap(), models.begin().await.unwrap());

    let (ada, id) = (stream("ada"), event().id());
    futures::join!(
        assert_too_late("a reading", store.locate(&ada, id)),
        assert_too_late("a record", record_in(&models, "it")),
        assert_too_late("a transaction", models.begin()),
    );
    record(&store, "ada", 1).await; // Appends have a connection of their own.

    drop((readings, transactions));
    short_run(&store).await.unwrap();
}

/// Directly, and as behind a pooler.
#[tokio::test]
async fn a_transaction_for_read_models_that_does_nothing_for_too_long_keeps_nobody_waiting() {
    for pooler in [false, true] {
        let settings = PostgresSettings { pooler, ..hasty(fresh_settings()) };
        let patient = PostgresSettings { timeout: SHORT * 20, ..settings.clone() };
        let (stopped, other) = (open(&settings).await, open(&patient).await);
        // Stopped in the middle, as a process may be, with a record written.
        let mut asleep = stopped.read_models().begin().await.unwrap();
        assert!(asleep.swap(AREA, "one", None, Some("of the one asleep")).await.unwrap());
        let mut tx = other.read_models().begin().await.unwrap();
        assert!(soon(tx.swap(AREA, "one", None, Some("of another"))).await.unwrap());
        soon(tx.commit()).await.unwrap();
        assert_unavailable(&asleep.commit().await.unwrap_err());
    }
}
