//! Behind PgBouncer in transaction mode: the same contract, and nothing that rests on a session.

use std::{
    str::FromStr,
    sync::{Arc, Mutex},
};

use annals_core::{EventStore, Snapshots};
use annals_postgres::{PostgresSettings, PostgresStore};
use annals_test_postgres::Bouncer;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};
use tokio::spawn;

use crate::{
    database::{Fixture, fresh_settings, open_at, url},
    short_run::short_run,
    words::{assert_invalid, position, record, soon},
};

mod pooled {
    annals_testkit::event_store_conformance!(super::log);
    annals_testkit::snapshots_conformance!(super::snapshots);
    annals_testkit::read_models_conformance!(super::read_models);
}

/// The URL of the server's database, through a PgBouncer that all tests share.
///
/// It has more connections than all tests together hold at a time, since a rule may hold a reading open
/// while it appends: with fewer, some could wait for each other.
fn pooled_url() -> String {
    static BOUNCER: Mutex<Option<Bouncer>> = Mutex::new(None);
    let start = || Bouncer::start(&url(), &[("default_pool_size", "60")]).unwrap();
    through(BOUNCER.lock().unwrap().get_or_insert_with(start))
}

/// The URL of the server's database, through `bouncer`.
fn through(bouncer: &Bouncer) -> String {
    let url = url();
    let (_, database) = url.rsplit_once('/').unwrap();
    bouncer.url(database)
}

fn pooled_settings() -> PostgresSettings {
    PostgresSettings { pooler: true, ..fresh_settings() }
}

async fn open(settings: &PostgresSettings) -> PostgresStore {
    PostgresStore::open(&pooled_url(), settings.clone()).await.unwrap()
}

async fn log() -> Arc<dyn EventStore> {
    Arc::new(open(&pooled_settings()).await)
}

async fn snapshots() -> Arc<dyn Snapshots> {
    Arc::new(open(&pooled_settings()).await.snapshots())
}

async fn read_models() -> Fixture {
    let settings = pooled_settings();
    Fixture::new(open(&settings).await, settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_share_one_connection_behind_a_pooler_and_leave_nothing_on_it() {
    let bouncer = Bouncer::start(&url(), &[("default_pool_size", "1")]).unwrap();
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let (url, settings) = (through(&bouncer), pooled_settings());
            spawn(async move { short_run(&open_at(&url, &settings).await).await })
        })
        .collect();
    for run in runs {
        soon(run).await.unwrap().unwrap();
    }
    // What is asked here comes to the connection that they have used. The pooler sees to it that
    // everyone has its own time zone and name.
    let options = PgConnectOptions::from_str(&through(&bouncer)).unwrap();
    let mut connection = options.extra_float_digits(None).connect().await.unwrap();
    let left = "SELECT name FROM pg_prepared_statements WHERE statement NOT LIKE '%this one%'
                UNION ALL SELECT pg_listening_channels()
                UNION ALL SELECT name FROM pg_settings WHERE source = 'session'
                    AND name NOT IN ('application_name', 'TimeZone')";
    let left = sqlx::query_scalar::<_, String>(left).persistent(false);
    assert_eq!(left.fetch_all(&mut connection).await.unwrap(), Vec::<String>::new());
}

/// Else it would have statements kept by name on connections that others use, with other statements of
/// that name.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_not_told_of_the_pooler_before_it_is_refused_with_advice() {
    for ignored in ["extra_float_digits", "extra_float_digits, options"] {
        let ignored = [("ignore_startup_parameters", ignored)];
        let bouncer = Bouncer::start(&url(), &ignored).unwrap();
        let opened = PostgresStore::open(&through(&bouncer), fresh_settings()).await;
        assert_invalid(&opened.unwrap_err(), &["pooler", "turn `pooler` on"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_growth_by_another_process_is_seen_without_being_told() {
    let settings = pooled_settings();
    let (here, there) = (open(&settings).await, open(&settings).await);
    for number in 1..=3 {
        let waiter = spawn({
            let here = here.clone();
            async move { here.wait_past(position(number - 1)).await.unwrap() }
        });
        record(&there, "ada", 1).await;
        assert_eq!(soon(waiter).await.unwrap(), position(number));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_can_be_named_in_the_url() {
    let settings = fresh_settings();
    let url = format!("{}?pooler=true", pooled_url());
    short_run(&open_at(&url, &settings).await).await.unwrap();
}
