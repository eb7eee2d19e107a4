//! How an application tests its aggregates: decisions without a store, and then with one that fails.
//!
//! In an application these are `#[test]` functions; here they are called one after the other.
//!
//! ```sh
//! cargo run --example testing
//! ```
//!
//! ```text
//! a seat that is free can be taken: ok
//! a seat that is taken is refused: ok
//! taking one's own seat again changes nothing: ok
//! a lost answer seats nobody twice: ok
//! ```

use std::sync::Arc;

use annals::{MemoryStore, Settings, Writer, prelude::*};
use annals_testkit::{Call, Fault, FaultyStore, ManualClock, given};

#[derive(Debug, Clone, PartialEq, Event)]
enum SeatEvent {
    #[event("seat-taken")]
    Taken { by: String },
    #[event("seat-left")]
    Left,
}

#[derive(Debug, Default, Clone, Fold)]
#[fold(SeatEvent)]
struct Seat {
    #[fold(Taken { by } => Some(by.clone()), Left => None)]
    taken_by: Option<String>,
}

impl Aggregate for Seat {
    const CATEGORY: Category = Category::new("seat");
}

struct Take(&'static str);

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0} sits here")]
struct Occupied(String);

impl Command for Take {
    type Aggregate = Seat;
    type Rejection = Occupied;

    fn decide(&self, seat: &Seat) -> Result<Vec<SeatEvent>, Occupied> {
        match &seat.taken_by {
            None => Ok(vec![taken(self.0)]),
            Some(by) if by == self.0 => Ok(vec![]),
            Some(by) => Err(Occupied(by.clone())),
        }
    }
}

fn taken(by: &str) -> SeatEvent {
    SeatEvent::Taken { by: by.to_owned() }
}

fn a_seat_that_is_free_can_be_taken() {
    given::<Seat>([]).when(Take("Ada")).then([taken("Ada")]);
    given::<Seat>([taken("Bob"), SeatEvent::Left]).when(Take("Ada")).then([taken("Ada")]);
}

fn a_seat_that_is_taken_is_refused() {
    given::<Seat>([taken("Bob")]).when(Take("Ada")).then_rejected(Occupied("Bob".to_owned()));
}

fn taking_ones_own_seat_again_changes_nothing() {
    given::<Seat>([taken("Ada")]).when(Take("Ada")).then_nothing();
}

/// The whole way through, with a store whose first answer is lost and a clock that is never slept by.
async fn a_lost_answer_seats_nobody_twice() {
    let clock = Arc::new(ManualClock::default().leaping());
    let memory = Arc::new(MemoryStore::new(clock.clone()));
    let store = Arc::new(FaultyStore::new(memory, |call| match call {
        Call::Append(1) => Some(Fault::AnswerLost),
        _ => None,
    }));
    let annals = Annals::on(Writer::new(store.clone()).with_clock(clock), Settings::default());

    let committed = annals.execute(Seat::stream("12A"), Take("Ada")).await.expect("it is free");

    assert_eq!((committed.revision().get(), store.calls().append), (1, 2));
}

#[tokio::main]
async fn main() {
    a_seat_that_is_free_can_be_taken();
    println!("a seat that is free can be taken: ok");
    a_seat_that_is_taken_is_refused();
    println!("a seat that is taken is refused: ok");
    taking_ones_own_seat_again_changes_nothing();
    println!("taking one's own seat again changes nothing: ok");
    a_lost_answer_seats_nobody_twice().await;
    println!("a lost answer seats nobody twice: ok");
}
