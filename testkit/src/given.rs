//! Tests of decisions: given what has happened, when someone wants something, then this happens.

use std::fmt::Debug;

use annals_core::{Aggregate, Command, Event, Fold};

use crate::difference::difference;

/// An aggregate to which `events` have happened.
///
/// Every event, given or decided on, is also written down and read back, as a store would do, and
/// has to come back equal.
///
/// # Panics
///
/// If an event does not survive that.
#[track_caller]
#[must_use = "nothing is tested yet: go on with `when`"]
pub fn given<A>(events: impl IntoIterator<Item = A::Event>) -> Given<A>
where
    A: Aggregate<Event: Debug + PartialEq>,
{
    let mut state = A::default();
    for event in events {
        assert_survives_storage(&event);
        state.evolve(&event);
    }
    Given { state }
}

/// The state of an aggregate, made by [`given`].
#[derive(Debug)]
pub struct Given<A> {
    state: A,
}

impl<A: Aggregate> Given<A> {
    /// Asks for a decision.
    #[must_use = "nothing is tested yet: go on with `then`"]
    #[expect(clippy::needless_pass_by_value, reason = "a test reads better without a `&`")]
    pub fn when<C: Command<Aggregate = A>>(self, command: C) -> Outcome<A, C::Rejection> {
        Outcome { decision: command.decide(&self.state) }
    }
}

/// What was decided, to be compared with what should have been.
#[derive(Debug)]
#[must_use = "nothing is tested yet: go on with `then`"]
pub struct Outcome<A: Fold, R> {
    decision: Result<Vec<A::Event>, R>,
}

impl<A, R> Outcome<A, R>
where
    A: Aggregate<Event: Debug + PartialEq>,
    R: std::error::Error,
{
    /// These events, and no others, in this order.
    ///
    /// # Panics
    ///
    /// If it is not so, with the differences.
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = A::Event>) {
        let expected: Vec<_> = events.into_iter().collect();
        let (wanted, unwanted) =
            if expected.is_empty() { ("no events", "some") } else { ("these events", "others") };
        match &self.decision {
            Ok(events) if *events == expected => {
                for event in events {
                    assert_survives_storage(event);
                }
            }
            Ok(events) => panic!(
                "expected {wanted}, got {}\n{}",
                if events.is_empty() { "none" } else { unwanted },
                difference(&expected, events)
            ),
            Err(rejection) => panic!(
                "expected {wanted}, got a rejection: {rejection}\n{}",
                difference(&expected, rejection)
            ),
        }
    }

    /// No events, and no rejection either.
    ///
    /// # Panics
    ///
    /// If it is not so, with what was decided.
    #[track_caller]
    pub fn then_nothing(self) {
        self.then([]);
    }

    /// No events, but this rejection.
    ///
    /// # Panics
    ///
    /// If it is not so, with the differences.
    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "a test reads better without a `&`")]
    pub fn then_rejected(self, rejection: R)
    where
        R: PartialEq,
    {
        match &self.decision {
            Err(other) => assert!(
                *other == rejection,
                "expected this rejection, got another: {other}\n{}",
                difference(&rejection, other)
            ),
            Ok(events) => panic!(
                "expected a rejection: {rejection}, got {}\n{}",
                if events.is_empty() { "no events" } else { "these events" },
                difference(&rejection, events)
            ),
        }
    }
}

/// Writes `event` down and reads it back: a field that is skipped, rounded or renamed shows here.
#[track_caller]
fn assert_survives_storage<E: Event + Debug + PartialEq>(event: &E) {
    let name = event.event_type();
    let payload = event.encode().unwrap_or_else(|error| {
        panic!("this event cannot be written: {}\n{event:#?}", with_causes(&error))
    });
    match E::decode(name.as_str(), event.schema_version(), &payload) {
        Ok(Some(back)) => assert!(
            back == *event,
            "this event does not survive storage: it was written as {payload:?}\n{}",
            difference(event, &back)
        ),
        Ok(None) => panic!("this event is written as {name}, which is not read back\n{event:#?}"),
        Err(error) => panic!(
            "this event is written as {payload:?}, which cannot be read back: {}\n{event:#?}",
            with_causes(&error)
        ),
    }
}

/// An error's message and those of what it came from.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    message
}
