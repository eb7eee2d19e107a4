//! What rows were, at a moment of the past.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use annals_core::{
    Append, AsOf, Clock, EventStore, Expected, Filter, Fold, Position, SystemClock, Timestamp,
};
use annals_projections::{Recorded, View};
use futures::{TryStreamExt, future::BoxFuture};
use serde::{Deserialize, Serialize};

use crate::{
    account::{Deposited, deposit, misname, new_event, note},
    fold::fold_to,
    place::Place,
    share_out::{Portion, share_out, trip},
    statement::Statement,
};

crate::place::everywhere!(
    a_row_as_of_a_position_is_a_fold_of_the_log_up_to_there,
    a_row_as_of_a_time_is_a_fold_of_the_log_up_to_the_last_event_of_then,
    rows_of_the_past_need_nobody_who_has_run_the_view,
);

/// What is on each account, by stream.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Balance {
    cents: u64,
    trace: Vec<i64>,
}

impl Fold for Balance {
    type Event = Deposited;

    fn evolve(&mut self, Deposited(cents): &Deposited) {
        self.cents += cents;
    }
}

impl View for Balance {
    const NAME: &'static str = "balance";

    fn project(&mut self, _: &str, recorded: &Recorded<Deposited>) {
        self.evolve(&recorded.event);
        self.trace.push(recorded.envelope.position.get());
    }
}

/// All kinds of events, for several keys.
async fn fill(log: &dyn EventStore) -> Position {
    for number in 0..12 {
        deposit(log, number % 3, &[number, 1]).await;
        note(log, number % 3).await;
        misname(log, 1).await;
        share_out(log, &["0", "1", "1"][..usize::try_from(number % 4).unwrap()], number).await;
    }
    // A stream of another kind whose thing has the same id.
    let event = new_event(&Deposited(5));
    log.append(&Append::new(trip("1"), Expected::Any, vec![event]).unwrap()).await.unwrap().position
}

async fn a_row_as_of_a_position_is_a_fold_of_the_log_up_to_there(place: Place) {
    let end = fill(&*place.log).await;
    for position in 0..=end.get() + 2 {
        let then = Position::new(position).unwrap();
        assert_as_of::<Balance>(&place, AsOf::Position(then), then, &["account:1", "trip:1"]).await;
        assert_as_of::<Statement>(&place, AsOf::Position(then), then, &["0", "1"]).await;
        assert_as_of::<Portion>(&place, AsOf::Position(then), then, &["0", "1"]).await;
    }
}

/// That rows as of then are a fold of the log up to `end`, and that nobody else has one.
async fn assert_as_of<V: View + PartialEq + std::fmt::Debug>(
    place: &Place,
    as_of: AsOf,
    end: Position,
    keys: &[&str],
) {
    let mut expected: BTreeMap<String, V> = fold_to(&*place.log, end).await;
    let rows = place.rows::<V>();
    for key in keys.iter().chain(&["nobody", ""]) {
        let found = rows.as_of(key, as_of).await.unwrap();
        assert_eq!(found, expected.remove(*key), "{} of {key:?} as of {as_of:?}", V::NAME);
    }
}

async fn a_row_as_of_a_time_is_a_fold_of_the_log_up_to_the_last_event_of_then(place: Place) {
    fill(&*place.log).await;
    for (time, end) in moments(&*place.log).await {
        let then = AsOf::Time(time);
        assert_as_of::<Balance>(&place, then, end, &["account:1", "trip:1"]).await;
        assert_as_of::<Statement>(&place, then, end, &["0", "1"]).await;
        assert_as_of::<Portion>(&place, then, end, &["0", "1"]).await;
    }
}

/// Each time at which something was recorded and those beside it, and how far the log was then.
async fn moments(log: &dyn EventStore) -> Vec<(Timestamp, Position)> {
    let all: Vec<_> = log.read_log(Position::START, Filter::All).try_collect().await.unwrap();
    let around = all.iter().flat_map(|envelope| {
        let micros = envelope.recorded_at.as_micros();
        [micros - 1, micros, micros + 1].map(|micros| Timestamp::from_micros(micros).unwrap())
    });
    let end = |time| {
        let last = all.iter().rev().find(|envelope| envelope.recorded_at <= time);
        last.map_or(Position::START, |envelope| envelope.position)
    };
    around.map(|time| (time, end(time))).collect()
}

async fn rows_of_the_past_need_nobody_who_has_run_the_view(place: Place) {
    let first = deposit(&*place.log, 1, &[1]).await;
    deposit(&*place.log, 1, &[1]).await;
    let rows = place.rows::<Statement>();
    let then = rows.as_of("1", AsOf::Position(first)).await.unwrap().unwrap();
    assert_eq!((then.cents, rows.get("1").await.unwrap()), (1, None));
}

/// A clock that is set by hand, also back.
#[derive(Default)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

#[tokio::test]
async fn what_was_recorded_before_a_later_event_of_then_counts_whatever_its_own_time_says() {
    let clock = Arc::new(SetClock::default());
    let place = Place::by(Arc::<SetClock>::clone(&clock));
    for (micros, number) in [(10, 1), (40, 2), (50, 1), (20, 1), (60, 1), (30, 2), (70, 1)] {
        clock.0.store(micros, Ordering::Relaxed);
        deposit(&*place.log, number, &[u64::try_from(micros).unwrap()]).await;
    }
    let rows = place.rows::<Statement>();
    for (micros, ones, twos) in
        [(9, None, None), (10, Some(10), None), (19, Some(10), None), (45, Some(80), Some(70))]
    {
        let then = AsOf::Time(Timestamp::from_micros(micros).unwrap());
        let found = async |key| rows.as_of(key, then).await.unwrap().map(|it| it.cents);
        assert_eq!((found("1").await, found("2").await), (ones, twos), "at {micros}");
    }
    for (time, _) in moments(&*place.log).await {
        let stream = place.rows::<Balance>().as_of("account:1", AsOf::Time(time)).await.unwrap();
        let by_id = rows.as_of("1", AsOf::Time(time)).await.unwrap();
        let cents = by_id.map(|it| u64::try_from(it.cents).unwrap());
        assert_eq!(stream.map(|it| it.cents), cents, "at {time}");
    }
}
