//! States as a moment of the past had them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use annals::{AsOf, Clock, EventStore, MemoryStore, Settings, Timestamp, prelude::*};
use futures::future::{BoxFuture, ready};

use crate::bank::{Account, AccountEvent, ada, deposit, log, process};

/// A clock that is set by hand, also back.
#[derive(Default)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}

/// The balances of two streams, deposited on at times that also step back.
async fn bank() -> (Arc<dyn EventStore>, Annals) {
    let clock = Arc::new(SetClock::default());
    let store: Arc<dyn EventStore> = Arc::new(MemoryStore::new(Arc::<SetClock>::clone(&clock)));
    let annals = process(Arc::clone(&store), Settings::default());
    let bob = || Account::stream("bob");
    for (micros, is_ada) in
        [(10, true), (40, false), (50, true), (20, true), (60, true), (30, false), (70, true)]
    {
        clock.0.store(micros, Ordering::Relaxed);
        let stream = if is_ada { ada() } else { bob() };
        annals.execute(stream, deposit(u64::try_from(micros).unwrap())).await.unwrap();
    }
    (store, annals)
}

#[tokio::test]
async fn a_state_as_of_a_position_is_a_fold_of_the_stream_up_to_there() {
    let (store, annals) = bank().await;
    let events = log(&*store).await;
    for end in 0..=9 {
        let end = Position::new(end).unwrap();
        let (mut expected, mut revision) = (Account::default(), Revision::START);
        for envelope in events.iter().filter(|it| it.position <= end && it.stream.id() == "ada") {
            expected.evolve(&envelope.decode::<AccountEvent>().unwrap().unwrap());
            revision = envelope.revision;
        }
        let then = annals.load_as_of(ada(), AsOf::Position(end)).await.unwrap();
        assert_eq!((then.state(), then.revision()), (&expected, revision), "at {end}");
    }
}

#[tokio::test]
async fn a_state_as_of_a_time_has_everything_up_to_the_last_event_of_then() {
    let (_, annals) = bank().await;
    for (micros, balance) in
        [(9, 0), (10, 10), (19, 10), (20, 80), (45, 80), (59, 80), (60, 140), (69, 140), (70, 210)]
    {
        let then = AsOf::Time(Timestamp::from_micros(micros).unwrap());
        let folded = annals.load_as_of(ada(), then).await.unwrap();
        assert_eq!(folded.state().balance, balance, "at {micros}");
    }
}

#[tokio::test]
async fn looking_at_the_past_changes_nothing_of_the_present() {
    let (_, annals) = bank().await;
    let first = Position::START.plus(1);
    annals.load_as_of(ada(), AsOf::Position(first)).await.unwrap();
    let committed = annals.execute(ada(), deposit(1)).await.unwrap();
    assert_eq!((committed.state().balance, committed.revision().get()), (211, 6));
    assert_eq!(annals.load(ada()).await.unwrap().state().balance, 211);
}
