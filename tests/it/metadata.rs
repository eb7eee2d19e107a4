//! Metadata: what is said with a command is recorded with each of its events.

use std::{collections::BTreeMap, time::Duration};

use annals::{MemoryStore, Settings, Writer, prelude::*};
use annals_testkit::ManualClock;

use crate::bank::{Account, Empty, ada, deposit, log, memory, process};

#[tokio::test]
async fn every_event_of_a_command_carries_its_metadata() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    let metadata = Metadata {
        source: Some("teller".into()),
        actor: Some("Grace".into()),
        tenant: Some("north".into()),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
        tracestate: Some("rojo=00f067aa0ba902b7".into()),
        extra: BTreeMap::from([("branch".into(), "12".into())]),
        ..Metadata::default()
    };
    annals.execute(ada(), deposit(9)).await.unwrap();
    annals.execute(ada(), Empty).metadata(metadata.clone()).await.unwrap();

    let log = log(&*store).await;
    assert_eq!(*log[0].metadata, Metadata::default());
    assert_eq!((&*log[1].metadata, &*log[2].metadata), (&metadata, &metadata));
}

#[tokio::test]
async fn what_follows_from_an_event_names_it_and_shares_its_beginning() {
    let store = memory();
    let annals = process(store.clone(), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    let first = log(&*store).await.remove(0);
    let bob = Account::stream("bob");
    let elsewhere = Metadata { actor: Some("Grace".into()), ..Metadata::default() };

    annals.execute(bob, deposit(2)).caused_by(&first).metadata(elsewhere).await.unwrap();
    let second = log(&*store).await.remove(1);
    annals.execute(ada(), deposit(3)).caused_by(&second).await.unwrap();
    let third = log(&*store).await.remove(2);

    assert_eq!(first.correlation_id(), first.id.0, "it is the beginning");
    assert_eq!(second.metadata.causation_id, Some(first.id));
    assert_eq!(second.metadata.actor.as_deref(), Some("Grace"));
    assert_eq!(third.metadata.causation_id, Some(second.id));
    assert_eq!(second.correlation_id(), first.id.0);
    assert_eq!(third.correlation_id(), first.id.0);
}

#[tokio::test]
async fn events_are_recorded_at_the_time_of_the_stores_clock() {
    let clock = std::sync::Arc::new(ManualClock::default());
    let store = std::sync::Arc::new(MemoryStore::new(clock.clone()));
    let annals =
        Annals::on(Writer::new(store.clone()).with_clock(clock.clone()), Settings::default());
    annals.execute(ada(), deposit(1)).await.unwrap();
    clock.advance(Duration::from_secs(90));
    annals.execute(ada(), deposit(1)).await.unwrap();

    let times = log(&*store).await.into_iter().map(|event| event.recorded_at.to_string());
    assert_eq!(times.collect::<Vec<_>>(), ["1970-01-01T00:00:00Z", "1970-01-01T00:01:30Z"]);
}
