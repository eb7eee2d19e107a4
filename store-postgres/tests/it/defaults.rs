//! Whatever the defaults of the database and of the role are, the log works as it should.

use annals_core::{EventStore, Expected, Revision};
use annals_postgres::{PostgresSettings, PostgresStore};
use annals_test_postgres::Bouncer;
use futures::future::join_all;

use crate::{
    database::{fresh_database, fresh_name, open_at, url},
    short_run::{run_without_read_models, short_run},
    sql::Sql,
    words::{append, events, record, soon, stream, whole_stream},
};

/// What a database or a role may have been set to.
const DEFAULTS: [&str; 12] = [
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'repeatable read'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "synchronous_commit = off",
    "DateStyle = 'SQL, DMY'",
    "TimeZone = 'Asia/Kolkata'",
    "bytea_output = 'escape'",
    "standard_conforming_strings = off",
    "search_path = nowhere",
    "extra_float_digits = -15",
    "row_security = off",
];

/// What would end our statements before their time.
const HASTE: [&str; 2] = ["statement_timeout = 1", "lock_timeout = 1"];

/// Asserts that a run of everything works, and that sixteen who append to one stream at once lose nothing.
async fn works(url: &str, settings: &PostgresSettings) {
    let store = open_at(url, settings).await;
    soon(short_run(&store)).await.unwrap();
    append_at_once(&store).await;
}

async fn append_at_once(store: &PostgresStore) {
    let writers = (0..16).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                let next = append(&stream("one"), Expected::Any, events(2));
                store.append(&next).await.unwrap();
            }
        })
    });
    for writer in soon(join_all(writers)).await {
        writer.unwrap();
    }
    let one = whole_stream(store, "one").await;
    assert!(one.iter().map(|event| event.revision).eq((1..=160).map(|n| Revision::START.plus(n))));
}

/// A new database in which everything is set to these.
async fn database_with(defaults: &[&str]) -> String {
    let here = fresh_database("").await;
    let (_, name) = here.rsplit_once('/').unwrap();
    let mut sql = Sql::connect(&url(), "public").await;
    for default in defaults {
        sql.run(&format!("ALTER DATABASE {name} SET {default}")).await;
    }
    here
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_works_under_any_default_of_the_database() {
    for default in DEFAULTS {
        works(&database_with(&[default]).await, &PostgresSettings::default()).await;
    }
    works(&database_with(&DEFAULTS).await, &PostgresSettings::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_works_under_any_default_of_the_role() {
    let here = fresh_database("").await;
    let role = fresh_name();
    let mut sql = Sql::connect(&url(), "public").await;
    sql.run(&format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'secret'")).await;
    for default in DEFAULTS {
        sql.run(&format!("ALTER ROLE {role} SET {default}")).await;
    }
    let (_, address) = here.split_once('@').unwrap();
    let here = format!("postgres://{role}:secret@{address}");
    works(&here, &PostgresSettings::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_works_under_any_default_behind_a_pooler() {
    let here = database_with(&DEFAULTS).await;
    let (_, name) = here.rsplit_once('/').unwrap();
    let bouncer = Bouncer::start(&url(), &[]).unwrap();
    let settings = PostgresSettings { pooler: true, ..PostgresSettings::default() };
    works(&bouncer.url(name), &settings).await;
}

/// What an application does in its transactions has the time that the database gives it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_has_the_time_that_its_own_settings_give_it() {
    let here = database_with(&HASTE).await;
    let [store, other] =
        [(); 2].map(|()| async { open_at(&here, &PostgresSettings::default()).await });
    let (store, other) = (store.await, other.await);
    soon(run_without_read_models(&store)).await.unwrap();
    futures::join!(append_at_once(&store), async {
        for _ in 0..20 {
            record(&other, "another", 1).await;
        }
    });
}
