//! Stored names: which event is found under which.

use annals::{Event, SchemaVersion};

use crate::{read, read_back, written};

#[derive(Debug, PartialEq, Event)]
enum Account {
    #[event("account-opened")]
    Opened,
    #[event("account-renamed", alias = "owner-changed", alias = "name-changed")]
    Renamed(String),
}

#[derive(Debug, PartialEq, Event)]
enum Transfer {
    #[event("transfer-begun", version = 2, upcast(1 = Ok))]
    Begun { cents: u64 },
}

#[derive(Debug, PartialEq, Event)]
enum Bank {
    #[event(nested)]
    Account(Account),
    #[event("bank-closed")]
    Closed,
    #[event(nested)]
    Transfer(Transfer),
}

#[derive(Debug, PartialEq, Event)]
enum World {
    #[event(nested)]
    Bank(Bank),
}

#[test]
fn names_are_listed_with_former_ones_next_to_the_present() {
    assert_eq!(
        Account::NAMES,
        ["account-opened", "account-renamed", "owner-changed", "name-changed"]
    );
}

#[test]
fn an_event_is_stored_under_its_present_name() {
    let renamed = Account::Renamed("Ada".into());
    assert_eq!(renamed.event_type().as_str(), "account-renamed");
}

#[test]
fn an_event_is_read_under_each_of_its_former_names() {
    for name in ["account-renamed", "owner-changed", "name-changed"] {
        let read = read(name, r#""Ada""#).unwrap();
        assert_eq!(read, Some(Account::Renamed("Ada".into())), "{name}");
    }
}

#[test]
fn a_name_that_no_variant_has_is_none_whatever_its_content() {
    for name in ["Opened", "account-openeD", "", "account-opened "] {
        assert_eq!(read::<Account>(name, "{").unwrap(), None, "{name:?}");
        assert_eq!(read::<World>(name, "{").unwrap(), None, "{name:?}");
    }
}

#[test]
fn an_enum_of_enums_has_the_names_of_all() {
    assert_eq!(
        World::NAMES,
        [
            "bank-closed",
            "account-opened",
            "account-renamed",
            "owner-changed",
            "name-changed",
            "transfer-begun"
        ]
    );
}

#[test]
fn a_nested_event_is_stored_as_it_would_be_alone() {
    let alone = Transfer::Begun { cents: 7 };
    let nested = World::Bank(Bank::Transfer(Transfer::Begun { cents: 7 }));
    assert_eq!(nested.event_type(), alone.event_type());
    assert_eq!(nested.schema_version(), alone.schema_version());
    assert_eq!(written(&nested), written(&alone));
    assert_eq!(read_back(&nested), Some(nested));
}

#[test]
fn an_enum_of_enums_reads_its_own_events_too() {
    assert_eq!(read_back(&World::Bank(Bank::Closed)), Some(World::Bank(Bank::Closed)));
}

#[test]
fn a_nested_event_that_cannot_be_read_is_an_error_and_not_none() {
    let error = World::decode("transfer-begun", SchemaVersion::FIRST, &"[".into()).unwrap_err();
    assert_eq!(error.to_string(), "the payload of transfer-begun at version 1 is malformed");
}
