//! Several logs in one database do not touch each other.

use annals_core::{EventStore, Expected, Snapshots};
use annals_postgres::PostgresSettings;
use tokio::spawn;

use crate::{
    database::{connect, fresh_settings, open},
    short_run::keep_rows,
    words::{
        append, events, one, position, record, record_in, snapshot, soon, stream, swap_alone,
        whole_log,
    },
};

async fn count_of_tables(settings: &PostgresSettings) -> i64 {
    let tables = "SELECT count(*) FROM pg_class WHERE relname LIKE 'view%'
                  AND relnamespace = current_schema()::regnamespace";
    connect(settings).await.ask(tables).await
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_two_schemas_count_and_keep_apart() {
    let there_settings = fresh_settings();
    let (here, there) = (open(&fresh_settings()).await, open(&there_settings).await);
    let same = append(&stream("ada"), Expected::NoStream, events(2));
    for store in [&here, &there] {
        let answer = store.append(&same).await.unwrap();
        assert_eq!((answer.position, answer.repeated), (position(2), false));
    }
    record(&here, "bob", 1).await;
    assert_eq!((whole_log(&here).await.len(), whole_log(&there).await.len()), (3, 2));
    assert_eq!(there.wait_past(position(1)).await.unwrap(), position(2));

    let (key, kept) = snapshot("ada");
    here.snapshots().save(&key, kept).await.unwrap();
    assert_eq!(there.snapshots().load(&key).await.unwrap(), None);
    assert!(swap_alone(&here.read_models(), "it", None, Some("1")).await.unwrap());
    assert_eq!(record_in(&there.read_models(), "it").await.unwrap(), None);
    keep_rows(&here, "it").await.unwrap();
    assert_eq!(count_of_tables(&there_settings).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_one_log_go_on_while_the_lock_of_another_is_held() {
    let (settings, there) = (fresh_settings(), open(&fresh_settings()).await);
    let here = open(&settings).await;
    let mut held = connect(&settings).await;
    held.run("BEGIN").await;
    here.append_in(held.connection(), &one(&stream("ada"))).await.unwrap();
    let waiting = spawn({
        let here = here.clone();
        async move { record(&here, "bob", 1).await }
    });

    for _ in 0..20 {
        soon(record(&there, "ada", 1)).await;
    }
    assert!(!waiting.is_finished(), "the lock was not held");
    held.run("COMMIT").await;
    assert_eq!(soon(waiting).await.unwrap().position, position(2));
    assert_eq!(whole_log(&there).await.len(), 20);
}
