//! How growth of the log gets about: from process to process, without haste and without delay.

use std::time::Duration;

use annals_core::EventStore;
use annals_postgres::PostgresStore;
use futures::future::join_all;
use sqlx::postgres::PgListener;
use tokio::{spawn, task::JoinHandle, time::Instant};

use crate::{
    database::{connect, fresh_settings, open, open_at, url},
    proxy::Proxy,
    sql::Sql,
    words::{eventually, one, position, record, soon, stream, whole_log},
};

/// A part of the question how far the log is.
const QUESTION: &str = "AS head";

/// How long a store waits at most before it asks, as `src/watcher.rs` has it; and after how many
/// questions without an answer it waits so long.
const LONGEST_NAP: Duration = Duration::from_millis(500);
const QUESTIONS: usize = 14;

/// Two processes with one log; one of them waits, and asks by way of the proxy.
struct Two {
    here: PostgresStore,
    there: PostgresStore,
    proxy: Proxy,
    sql: Sql,
}

async fn two() -> Two {
    let settings = fresh_settings();
    let proxy = Proxy::to(&url(), QUESTION).await;
    let here = open_at(&proxy.url(&url()), &settings).await;
    let (there, sql) = (open(&settings).await, connect(&settings).await);
    Two { here, there, proxy, sql }
}

impl Two {
    /// Somebody who waits for the next event, of which there are so many.
    fn waiter(&self, events: i64) -> JoinHandle<Instant> {
        let here = self.here.clone();
        spawn(async move {
            assert_eq!(here.wait_past(position(events)).await.unwrap(), position(events).plus(1));
            Instant::now()
        })
    }

    /// Waits until so many more questions were asked.
    async fn questions(&self, count: usize) {
        let enough = self.proxy.times_heard() + count;
        eventually(async || self.proxy.times_heard() >= enough).await;
    }

    /// The process of the server that serves who listens, once somebody does, and it is not `former`.
    async fn listener(&mut self, former: Option<i32>) -> i32 {
        let listeners = "SELECT pid FROM pg_stat_activity
                         WHERE query = format('LISTEN \"%s\"', current_schema())";
        let mut found = None;
        let sql = &mut self.sql;
        eventually(async || {
            found = sql.column::<i32>(listeners).await.pop();
            found.is_some() && found != former
        })
        .await;
        found.unwrap()
    }

    /// How long after an append there who waits here wakes, when it has just asked and has a long nap
    /// before it.
    async fn wakes_after(&self, events: i64) -> Duration {
        let waiter = self.waiter(events);
        self.questions(QUESTIONS).await;
        record(&self.there, "ada", 1).await;
        let recorded = Instant::now();
        soon(waiter).await.unwrap().duration_since(recorded)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn growth_by_another_process_is_told_before_the_next_question() {
    let mut two = two().await;
    let first = two.waiter(0);
    two.listener(None).await;
    record(&two.there, "ada", 1).await;
    soon(first).await.unwrap();

    let mut delays = vec![];
    for events in 1..=3 {
        delays.push(two.wakes_after(events).await);
    }
    delays.sort_unstable();
    assert!(delays[1] < LONGEST_NAP / 2, "{delays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_connection_that_listens_growth_is_seen_by_asking_and_soon_told_again() {
    let mut two = two().await;
    let waiter = two.waiter(0);
    let lost = two.listener(None).await;
    two.questions(QUESTIONS).await;
    two.sql.run(&format!("SELECT pg_terminate_backend({lost})")).await;
    record(&two.there, "ada", 1).await;
    let recorded = Instant::now();
    let delay = soon(waiter).await.unwrap().saturating_duration_since(recorded);
    assert!(delay < 4 * LONGEST_NAP, "{delay:?}");

    two.listener(Some(lost)).await;
    let mut delays = vec![];
    for events in 1..=3 {
        delays.push(two.wakes_after(events).await);
    }
    delays.sort_unstable();
    assert!(delays[1] < LONGEST_NAP / 2, "{delays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_nothing_asks_twice_a_second_however_many_wait() {
    let two = two().await;
    whole_log(&two.here).await;
    record(&two.here, "ada", 1).await;
    assert_eq!(two.proxy.times_heard(), 0, "nobody waits yet");

    let waiters: Vec<_> = (0..50).map(|_| two.waiter(1)).collect();
    two.questions(QUESTIONS).await;
    let began = Instant::now();
    two.questions(4).await;
    assert!(began.elapsed() > 2 * LONGEST_NAP, "four questions in {:?}", began.elapsed());
    record(&two.there, "ada", 1).await;
    for waiter in soon(join_all(waiters)).await {
        waiter.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_appends_are_told_at_most_every_ten_milliseconds() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut listener = PgListener::connect(&url()).await.unwrap();
    listener.listen(&settings.schema).await.unwrap();

    let began = Instant::now();
    for _ in 0..1_000 {
        record(&store, "ada", 1).await;
    }
    let mut told = vec![];
    while told.last().map(String::as_str) != Some("1000") {
        told.push(soon(listener.recv()).await.unwrap().payload().to_owned());
    }
    let most = began.elapsed().as_millis() / 10 + 2;
    assert!(u128::try_from(told.len()).unwrap() <= most, "{} of at most {most}", told.len());
    assert!(told.len() > 2, "told only at the end: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_by_the_transaction_that_appends() {
    let settings = fresh_settings();
    let store = open(&settings).await;
    let mut listener = PgListener::connect(&url()).await.unwrap();
    listener.listen(&settings.schema).await.unwrap();
    let mut sql = connect(&settings).await;

    sql.run("BEGIN").await;
    let appended = store.append_in(sql.connection(), &one(&stream("ada"))).await.unwrap();
    sql.run("COMMIT").await;
    sql.run(&format!("NOTIFY {}, 'the next'", settings.schema)).await;
    assert_eq!(soon(listener.recv()).await.unwrap().payload(), "the next");

    store.committed(&appended);
    assert_eq!(soon(listener.recv()).await.unwrap().payload(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_dropped_leaves_no_connections() {
    let settings = fresh_settings();
    let url = format!("{}?application_name={}", url(), settings.schema);
    let store = open_at(&url, &settings).await;
    record(&store, "ada", 1).await;
    whole_log(&store).await;
    let mut sql = connect(&settings).await;
    let connections = "SELECT count(*) FROM pg_stat_activity
                       WHERE application_name = current_schema()";
    let waiter = spawn({
        let store = store.clone();
        async move { store.wait_past(position(1)).await.is_ok() }
    });
    eventually(async || sql.ask::<i64>(connections).await >= 3).await;

    waiter.abort();
    assert!(waiter.await.unwrap_err().is_cancelled());
    drop(store);
    eventually(async || sql.ask::<i64>(connections).await == 0).await;
}
