//! A server that goes away and comes back.

use annals_core::{
    EventStore, Expected, Filter, NewEvent, Position, ReadModels, Snapshots, subscribe,
};
use annals_postgres::PostgresStore;
use annals_test_postgres::Server;
use futures::TryStreamExt;
use tokio::{spawn, sync::watch, task::JoinHandle};

use crate::{
    database::open_at,
    servers::{aside, server, settings},
    words::{
        append, assert_unavailable, at_most_twice, events, ids_in, insist, one, position, record,
        record_in, snapshot, soon, stream, swap_alone, swap_and_commit, times_recorded, whole_log,
        whole_stream,
    },
};

/// Follows the log until it has seen so many events, and tells of each. If it finds its connection lost, it
/// goes on after what it last saw.
fn follower(store: &PostgresStore, count: usize) -> (JoinHandle<()>, watch::Receiver<i64>) {
    let (store, (tell, told)) = (store.clone(), watch::channel(0));
    let following = spawn(async move {
        let mut seen = Position::START;
        let mut events = subscribe(&store, seen, Filter::All);
        while seen < Position::START.plus(count) {
            match events.try_next().await {
                Ok(event) => {
                    let position = event.unwrap().position;
                    assert_eq!(position, seen.plus(1));
                    tell.send_replace(position.get());
                    seen = position;
                }
                Err(error) => {
                    assert_unavailable(&error);
                    events = subscribe(&store, seen, Filter::All);
                }
            }
        }
    });
    (following, told)
}

async fn survives(interrupt: fn(&mut Server)) {
    let mut server = server();
    let store = open_at(&server.url("postgres"), &settings()).await;
    let (key, kept) = snapshot("ada");
    store.snapshots().save(&key, kept.clone()).await.unwrap();
    record(&store, "ada", 3).await;
    let models = store.read_models();
    assert!(swap_alone(&models, "it", None, Some("1")).await.unwrap());

    let (follower, mut told) = follower(&store, 4);
    soon(told.wait_for(|told| *told == 3)).await.unwrap();
    let waiter = spawn({
        let store = store.clone();
        async move { store.wait_past(position(3)).await }
    });
    let begun = models.begin().await.unwrap();
    let before = whole_log(&store).await;
    aside(|| {
        interrupt(&mut server);
        server.start_again()
    });

    assert!(swap_and_commit(begun, "it", Some("1"), Some("2")).await.is_err());
    let next = one(&stream("ada"));
    let answer = soon(insist(&store, &next)).await.unwrap();
    assert_eq!(answer.position, position(4));
    assert_eq!(times_recorded(&store, &next).await, 1);
    assert_eq!(soon(waiter).await.unwrap().unwrap(), position(4));
    soon(follower).await.unwrap();

    assert_eq!(at_most_twice(async || store.snapshots().load(&key).await).await, Some(kept));
    let found = at_most_twice(async || record_in(&models, "it").await).await;
    assert_eq!(found.as_deref(), Some("1"));
    assert_eq!(whole_log(&store).await[..3], before);
    assert!(swap_alone(&models, "it", Some("1"), Some("2")).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_after_the_server_was_stopped_and_started() {
    survives(|server| server.stop().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_on_after_the_server_was_killed_and_started() {
    survives(|server| server.kill().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_while_the_server_was_killed_is_there_once() {
    let mut server = server();
    let store = open_at(&server.url("postgres"), &settings()).await;
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (store, stream) = (store.clone(), stream(&writer.to_string()));
            spawn(async move {
                let mut recorded = Vec::new();
                for _ in 0..60 {
                    let next = append(&stream, Expected::Any, events(2));
                    insist(&store, &next).await.unwrap();
                    recorded.extend(next.events().map(NewEvent::id));
                }
                recorded
            })
        })
        .collect();
    for _ in 0..2 {
        record(&store, "other", 1).await;
        aside(|| {
            server.kill()?;
            server.start_again()
        });
        soon(insist(&store, &one(&stream("other")))).await.unwrap();
    }

    for (writer, recorded) in writers.into_iter().enumerate() {
        let recorded = soon(recorded).await.unwrap();
        assert_eq!(ids_in(&whole_stream(&store, &writer.to_string()).await), recorded);
    }
    let log = whole_log(&store).await;
    assert!(log.iter().map(|event| event.position.get()).eq(1..=8 * 120 + 4));
}
