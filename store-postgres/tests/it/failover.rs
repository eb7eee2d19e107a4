//! A standby that was promoted without the last events of the log.

use annals_core::{
    Append, AppendError, Conflict, EventStore, EventType, Expected, Filter, Last, subscribe,
};
use annals_postgres::PostgresStore;
use annals_test_postgres::Server;
use futures::TryStreamExt;
use tokio::{spawn, sync::watch};

use crate::{
    database::open_at,
    proxy::Proxy,
    servers::{aside, server, settings},
    sql::Sql,
    words::{
        append, events, eventually, insist, one, position, record, revision, soon, stream,
        whole_log, whole_stream,
    },
};

/// A process that knows events which the server that it now comes to does not have.
struct Overtaken {
    store: PostgresStore,
    /// Those events: the third to fifth of their stream, and of the log.
    tail: Append,
    last: Last,
    promoted: Server,
    _proxy: Proxy,
}

async fn overtaken() -> Overtaken {
    let mut primary = server();
    let mut standby = aside(|| primary.standby());
    let proxy = Proxy::to(&primary.url("postgres"), "append").await;
    let store = open_at(&proxy.url(&primary.url("postgres")), &settings()).await;
    record(&store, "ada", 2).await;
    catch_up(&standby, &primary).await;

    aside(|| standby.stop());
    let tail = append(&stream("ada"), Expected::Any, events(3));
    store.append(&tail).await.unwrap();
    let last = Last::of(whole_stream(&store, "ada").await.last().unwrap());
    aside(|| {
        primary.kill()?;
        standby.start_again()?;
        standby.promote()
    });
    proxy.lead_to(&standby.url("postgres"));
    Overtaken { store, tail, last, promoted: standby, _proxy: proxy }
}

/// Waits until `standby` has everything that `primary` has now.
async fn catch_up(standby: &Server, primary: &Server) {
    let mut sql = Sql::connect(&primary.url("postgres"), "annals").await;
    let end: String = sql.ask("SELECT pg_current_wal_lsn()::text").await;
    let has_it = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
    let mut sql = Sql::connect(&standby.url("postgres"), "annals").await;
    eventually(async || sql.ask::<bool>(&has_it).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_on_events_that_were_lost_conflicts_with_as_many_others() {
    let overtaken = overtaken().await;
    let Overtaken { store, last, promoted, .. } = &overtaken;
    let other = open_at(&promoted.url("postgres"), &settings()).await;
    assert_eq!(record(&other, "ada", 3).await.revisions, [last.revision]);

    let decided = append(&stream("ada"), Expected::After(*last), events(1));
    let refused = soon(insist(store, &decided)).await.unwrap_err();

    let AppendError::Conflict(Conflict { actual, .. }) = refused else { panic!("{refused}") };
    assert_eq!(actual, revision(5));
    assert_eq!(whole_log(store).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_lost_can_be_recorded_again() {
    let overtaken = overtaken().await;
    let Overtaken { store, tail, .. } = &overtaken;
    soon(insist(store, &one(&stream("bob")))).await.unwrap();

    let again = soon(insist(store, tail)).await.unwrap();

    assert_eq!((again.position, again.repeated), (position(6), false));
    assert_eq!(again.revisions, [revision(5)]);
    let log = whole_log(store).await;
    assert!(log.iter().map(|event| event.position.get()).eq(1..=6));
}

/// Who waits is told how far the log is now, not how far it once was: else it would not look again at
/// what takes the place of the lost events.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_nothing_of_what_takes_the_place_of_lost_events() {
    for filter in [Filter::All, Filter::from_iter([EventType::parse("noted").unwrap()])] {
        let overtaken = overtaken().await;
        let Overtaken { store, promoted, .. } = &overtaken;
        let (read, mut has_read) = watch::channel(position(2));
        let follower = spawn({
            let store = store.clone();
            async move {
                let mut events = subscribe(&store, position(2), filter.clone());
                while *read.borrow() < position(5) {
                    let seen = *read.borrow();
                    match events.try_next().await {
                        Ok(event) => read.send_replace(event.unwrap().position),
                        Err(_) => {
                            events = subscribe(&store, seen, filter.clone());
                            seen
                        }
                    };
                    assert!(*read.borrow() <= seen.plus(1), "skipped what is after {seen}");
                }
            }
        });
        // By now, it has found out that there is nothing after what it has.
        soon(insist(store, &one(&stream("bob")))).await.unwrap();
        soon(has_read.wait_for(|read| *read == position(3))).await.unwrap();

        let other = open_at(&promoted.url("postgres"), &settings()).await;
        record(&other, "ada", 2).await;
        soon(follower).await.unwrap();
    }
}
