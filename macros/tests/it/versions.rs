//! Schema versions: what was written by older programs, and by newer ones.

use annals::{DecodeError, Event, SchemaVersion, UpcastError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{read_back, written};

#[derive(Debug, PartialEq, Event)]
enum Money {
    /// Version 1 counted euros, version 2 cents, and version 3 knows the currency.
    #[event("withdrawn", version = 3, upcast(1 = euros_to_cents, 2 = |content| with_currency(&content)))]
    Withdrawn { cents: u64, currency: String },
    #[event("counted", version = 2, upcast(1 = Ok))]
    Counted,
    #[event("checked", version = 1)]
    Checked(bool),
}

#[derive(Deserialize)]
struct InEuros {
    euros: u64,
}

fn euros_to_cents(content: Value) -> Result<Value, UpcastError> {
    let InEuros { euros } = serde_json::from_value(content)?;
    Ok(json!({ "cents": euros * 100 }))
}

fn with_currency(content: &Value) -> Result<Value, UpcastError> {
    Ok(json!({ "cents": content["cents"], "currency": "EUR" }))
}

fn read(name: &str, version: u16, content: &str) -> Result<Option<Money>, DecodeError> {
    let version = SchemaVersion::new(version).expect("no test asks for version 0");
    Money::decode(name, version, &content.to_owned().into())
}

fn withdrawn(cents: u64, currency: &str) -> Money {
    Money::Withdrawn { cents, currency: currency.into() }
}

#[test]
fn an_event_is_written_at_its_newest_version() {
    let event = withdrawn(120, "USD");
    assert_eq!(event.schema_version().get(), 3);
    assert_eq!(written(&event), r#"{"cents":120,"currency":"USD"}"#);
    assert_eq!(read_back(&event), Some(event));
}

#[test]
fn an_event_is_at_version_1_unless_it_says_otherwise() {
    assert_eq!(Money::Checked(true).schema_version(), SchemaVersion::FIRST);
}

#[test]
fn an_old_payload_takes_every_step_in_order() {
    assert_eq!(read("withdrawn", 1, r#"{"euros":2}"#).unwrap(), Some(withdrawn(200, "EUR")));
}

#[test]
fn a_payload_from_the_middle_takes_only_the_later_steps() {
    assert_eq!(read("withdrawn", 2, r#"{"cents":7}"#).unwrap(), Some(withdrawn(7, "EUR")));
}

#[test]
fn an_old_event_without_content_is_read_too() {
    assert_eq!(read("counted", 1, r#"{"was":"something"}"#).unwrap(), Some(Money::Counted));
}

#[test]
fn a_step_that_gives_up_says_from_which_version() {
    let error = read("withdrawn", 1, r#"{"euros":"two"}"#).unwrap_err();
    assert_eq!(error.to_string(), "withdrawn could not be upcast from version 1");
    assert!(matches!(error, DecodeError::Upcast { .. }), "{error:?}");
}

#[test]
fn what_a_newer_program_wrote_is_refused_and_not_guessed_at() {
    for (name, version) in [("withdrawn", 4), ("counted", 3), ("checked", 2)] {
        let error = read(name, version, "true").unwrap_err();
        assert!(matches!(error, DecodeError::TooNew { .. }), "{name}: {error:?}");
    }
}

#[test]
fn an_old_payload_that_is_not_json_is_malformed() {
    let error = read("withdrawn", 1, "{").unwrap_err();
    assert_eq!(error.to_string(), "the payload of withdrawn at version 1 is malformed");
}

#[test]
fn a_payload_whose_steps_lead_astray_is_malformed() {
    let error = read("withdrawn", 2, r#"{"cents":"many"}"#).unwrap_err();
    assert_eq!(error.to_string(), "the payload of withdrawn at version 2 is malformed");
}
