//! Faults come where they are planned, and what a store did is done.

use std::sync::Arc;

use annals_core::{
    Append, AppendError, Clock, EventId, EventStore, EventType, Expected, Filter, Metadata,
    NewEvent, Position, Revision, SchemaVersion, StoreErrorKind, StreamId, SystemClock,
};
use annals_testkit::{Call, Calls, Fault, FaultyStore, cancelled_after, conformance::run};
use futures::{StreamExt, future::join};

use crate::model_store::ModelStore;

#[test]
fn calls_are_counted() {
    let (store, _) = faulty(|_| None);
    run(async {
        store.append(&append()).await.unwrap();
        store.append(&append()).await.unwrap();
        store.read_log(Position::START, Filter::All).count().await;
        store.read_stream(&stream(), Revision::START).count().await;
        store.wait_past(Position::START).await.unwrap();
        assert_eq!(store.locate(&stream(), new_id()).await.unwrap(), None);
    });
    let calls = Calls { append: 2, read_stream: 1, read_log: 1, locate: 1, wait_past: 1 };
    assert_eq!(store.calls(), calls);
}

#[test]
fn a_lost_request_never_reaches_the_store() {
    let (store, inner) =
        faulty(|call| matches!(call, Call::Append(2)).then_some(Fault::RequestLost));
    run(async {
        store.append(&append()).await.unwrap();
        assert_unavailable(store.append(&append()).await);
        assert_eq!(head(&inner), 1);
        store.append(&append()).await.unwrap();
    });
    assert_eq!(head(&inner), 2);
}

#[test]
fn an_append_whose_answer_is_lost_is_recorded() {
    let (store, inner) =
        faulty(|call| matches!(call, Call::Append(1)).then_some(Fault::AnswerLost));
    let append = append();
    run(async {
        assert_unavailable(store.append(&append).await);
        assert_eq!(head(&inner), 1);
        assert!(store.append(&append).await.unwrap().repeated);
    });
}

#[test]
fn every_so_many_calls_can_fail() {
    let (store, inner) = faulty(|call| match call {
        Call::Append(number) if number % 3 == 0 => Some(Fault::RequestLost),
        _ => None,
    });
    run(async {
        for succeeds in [true, true, false, true, true, false] {
            assert_eq!(store.append(&append()).await.is_ok(), succeeds);
        }
    });
    assert_eq!(head(&inner), 4);
}

#[test]
fn a_reading_fails_before_its_first_event_or_after_its_last() {
    for (fault, events) in [(Fault::RequestLost, 0), (Fault::AnswerLost, 2)] {
        let (store, _) = faulty(move |call| matches!(call, Call::ReadLog(_)).then_some(fault));
        run(async {
            store.append(&append()).await.unwrap();
            store.append(&append()).await.unwrap();
            let read: Vec<_> = store.read_log(Position::START, Filter::All).collect().await;
            let failed = read.iter().position(Result::is_err);
            assert_eq!((failed, read.len()), (Some(events), events + 1));
        });
    }
}

#[test]
fn a_held_append_waits_until_it_is_released() {
    let (store, inner) = faulty(|call| matches!(call, Call::Append(_)).then_some(Fault::Held));
    run(async {
        let append = append();
        let test = async {
            store.holds(1).await;
            assert_eq!(head(&inner), 0);
            store.release();
        };
        let (answer, ()) = join(store.append(&append), test).await;
        answer.unwrap();
    });
    assert_eq!(head(&inner), 1);
}

#[test]
fn a_call_can_be_dropped_on_either_side_of_the_commit() {
    let (store, inner) = faulty(|_| None);
    run(async {
        assert!(cancelled_after(1, store.append(&append())).await.is_none());
        assert_eq!(head(&inner), 0);
        assert!(cancelled_after(2, store.append(&append())).await.is_none());
        assert_eq!(head(&inner), 1);
        assert!(cancelled_after(3, store.append(&append())).await.is_some());
        assert_eq!(head(&inner), 2);
    });
}

fn faulty(
    plan: impl Fn(Call) -> Option<Fault> + Send + Sync + 'static,
) -> (FaultyStore, Arc<ModelStore>) {
    let inner = Arc::new(ModelStore::default());
    (FaultyStore::new(inner.clone(), plan), inner)
}

fn head(store: &ModelStore) -> i64 {
    store.model().head().get()
}

fn stream() -> StreamId {
    StreamId::parse("test:ada").unwrap()
}

fn new_id() -> EventId {
    EventId::at(SystemClock.now())
}

/// An append of one new event.
fn append() -> Append {
    let (noted, version) = (EventType::new("noted"), SchemaVersion::FIRST);
    let event = NewEvent::new(new_id(), noted, version, "{}".into(), Metadata::default()).unwrap();
    Append::new(stream(), Expected::Any, vec![event]).unwrap()
}

fn assert_unavailable<T: std::fmt::Debug>(answer: Result<T, AppendError>) {
    match answer {
        Err(AppendError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Unavailable),
        other => panic!("expected the store to be unavailable, got {other:?}"),
    }
}
