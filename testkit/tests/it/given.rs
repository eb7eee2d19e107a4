//! Decisions are tested, and what a failed test says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use annals_testkit::{Outcome, given};

use crate::account::{
    Account, AccountEvent,
    AccountEvent::{Deposited, Misspelt, Opened, Rounded, Unreadable},
    Decide, Overdrawn,
};

#[test]
fn a_decision_that_is_as_expected_passes() {
    let deposited = || [opened("Ada"), Deposited { cents: 50 }];
    given::<Account>(deposited()).when(decide([])).then_nothing();
    given::<Account>(deposited()).when(decide([opened("Bob")])).then([opened("Bob")]);
    given::<Account>(deposited())
        .when(Decide { cents: 60, events: vec![] })
        .then_rejected(Overdrawn { short_by: 10 });
}

#[test]
fn other_events_are_shown_as_a_difference() {
    let decided = [opened("Ada"), Deposited { cents: 50 }];
    assert_says(
        || after(decided).then([opened("Ada"), Deposited { cents: 60 }]),
        r#"
expected these events, got others
  [
      Opened {
          owner: "Ada",
      },
      Deposited {
-         cents: 60,
+         cents: 50,
      },
  ]
"#,
    );
}

#[test]
fn events_that_are_missing_are_shown() {
    assert_says(
        || after([]).then([Deposited { cents: 60 }]),
        "
expected these events, got none
- [
-     Deposited {
-         cents: 60,
-     },
- ]
+ []
",
    );
}

#[test]
fn events_that_were_not_expected_are_shown() {
    assert_says(
        || after([Misspelt]).then_nothing(),
        "
expected no events, got some
- []
+ [
+     Misspelt,
+ ]
",
    );
}

#[test]
fn a_rejection_instead_of_events_is_shown() {
    assert_says(
        || rejected().then([Misspelt]),
        "
expected these events, got a rejection: 10 cents are missing
- [
-     Misspelt,
- ]
+ Overdrawn {
+     short_by: 10,
+ }
",
    );
}

#[test]
fn events_instead_of_a_rejection_are_shown() {
    assert_says(
        || after([Misspelt]).then_rejected(Overdrawn { short_by: 10 }),
        "
expected a rejection: 10 cents are missing, got these events
- Overdrawn {
-     short_by: 10,
- }
+ [
+     Misspelt,
+ ]
",
    );
}

#[test]
fn another_rejection_is_shown() {
    assert_says(
        || rejected().then_rejected(Overdrawn { short_by: 20 }),
        "
expected this rejection, got another: 10 cents are missing
  Overdrawn {
-     short_by: 20,
+     short_by: 10,
  }
",
    );
}

#[test]
fn an_event_that_loses_something_in_storage_is_shown() {
    assert_says(
        || after([Rounded { cents: 150 }]).then([Rounded { cents: 150 }]),
        "
this event does not survive storage: it was written as `1`
  Rounded {
-     cents: 150,
+     cents: 100,
  }
",
    );
}

#[test]
fn an_event_whose_name_is_not_read_is_shown() {
    assert_says(
        || drop(given::<Account>([Misspelt])),
        "
this event is written as misspelled, which is not read back
Misspelt
",
    );
}

#[test]
fn an_event_that_cannot_be_read_back_is_shown_with_all_causes() {
    assert_says(
        || drop(given::<Account>([Unreadable])),
        "
this event is written as ``, which cannot be read back: \
         unreadable could not be upcast from version 1: there is nothing in it
Unreadable
",
    );
}

fn opened(owner: &str) -> AccountEvent {
    Opened { owner: owner.into() }
}

fn decide<const N: usize>(events: [AccountEvent; N]) -> Decide {
    Decide { cents: 0, events: events.into() }
}

fn after<const N: usize>(events: [AccountEvent; N]) -> Outcome<Account, Overdrawn> {
    given::<Account>([]).when(decide(events))
}

fn rejected() -> Outcome<Account, Overdrawn> {
    given::<Account>([]).when(Decide { cents: 10, events: vec![] })
}

#[track_caller]
fn assert_says(test: impl FnOnce(), message: &str) {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("the test fails");
    let said = panic.downcast::<String>().expect("it fails with a message");
    assert_eq!(said.trim_end(), message.trim());
}
