//! The content of an event: what is written, and that it is read back.

use std::collections::BTreeMap;

use annals::{DecodeError, Event};
use serde::{Deserialize, Serialize};

use crate::{read, read_back, written};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Name {
    first: String,
    last: String,
}

#[derive(Debug, PartialEq, Event)]
enum Form {
    #[event("fields")]
    Fields { owner: String, cents: u64 },
    #[event("no-fields")]
    NoFields {},
    #[event("newtype")]
    Newtype(Name),
    #[event("tuple")]
    Tuple(u32, Option<u32>),
    #[event("empty-tuple")]
    EmptyTuple(),
    #[event("unit")]
    Unit,
}

#[derive(Debug, PartialEq, Event)]
#[event("happened")]
struct Happened {
    at: u64,
}

#[derive(Debug, PartialEq, Event)]
#[event("named")]
struct Named(Name);

#[derive(Debug, PartialEq, Event)]
#[event("marked")]
struct Marked;

fn name() -> Name {
    Name { first: "Ada".into(), last: "Lovelace".into() }
}

#[track_caller]
fn check<E: Event + PartialEq + std::fmt::Debug>(event: &E, content: &str) {
    assert_eq!(written(event), content);
    assert_eq!(read_back(event).as_ref(), Some(event));
}

#[test]
fn every_form_is_written_without_a_tag_and_read_back() {
    check(&Form::Fields { owner: "Ada".into(), cents: 120 }, r#"{"owner":"Ada","cents":120}"#);
    check(&Form::NoFields {}, "{}");
    check(&Form::Newtype(name()), r#"{"first":"Ada","last":"Lovelace"}"#);
    check(&Form::Tuple(1, None), "[1,null]");
    check(&Form::EmptyTuple(), "[]");
    check(&Form::Unit, "{}");
}

#[test]
fn a_struct_is_written_as_a_variant_is() {
    check(&Happened { at: 7 }, r#"{"at":7}"#);
    check(&Named(name()), r#"{"first":"Ada","last":"Lovelace"}"#);
    check(&Marked, "{}");
}

#[test]
fn an_event_without_content_is_read_from_any_json() {
    for content in ["{}", "null", "7", r#"{"reason":"fraud"}"#] {
        assert_eq!(read("unit", content).unwrap(), Some(Form::Unit), "{content}");
        assert_eq!(read("marked", content).unwrap(), Some(Marked), "{content}");
    }
}

#[test]
fn what_is_not_json_is_malformed_even_if_nothing_would_be_kept_of_it() {
    for name in ["fields", "newtype", "tuple", "unit"] {
        let error = read::<Form>(name, "{").unwrap_err();
        assert!(matches!(error, DecodeError::Malformed { .. }), "{name}: {error:?}");
    }
}

#[test]
fn what_has_another_shape_is_malformed_and_says_what_was_expected() {
    let error = read::<Form>("tuple", "[1]").unwrap_err();
    assert_eq!(error.to_string(), "the payload of tuple at version 1 is malformed");
    let source = std::error::Error::source(&error).expect("serde says what is wrong").to_string();
    assert!(source.contains("expected the content of Tuple"), "{source}");
}

#[test]
fn what_comes_after_the_content_is_malformed() {
    assert!(read::<Form>("fields", r#"{"owner":"Ada","cents":120}{}"#).is_err());
}

#[test]
fn fields_added_by_a_newer_program_are_passed_over() {
    let read = read("happened", r#"{"at":7,"where":"here"}"#).unwrap();
    assert_eq!(read, Some(Happened { at: 7 }));
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference to the field")]
    pub(super) fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&number.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

fn seven() -> u32 {
    7
}

#[derive(Debug, Default, PartialEq, Event)]
#[event("attributed")]
#[serde(rename_all = "camelCase")]
struct Attributed {
    #[serde(rename = "id")]
    identity: u32,
    #[serde(with = "as_text")]
    in_cents: u64,
    #[serde(default = "seven")]
    days: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip)]
    cached: u32,
    #[serde(alias = "colour")]
    color: String,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

#[test]
fn serde_attributes_on_fields_mean_what_they_mean_to_serde() {
    let event = Attributed {
        identity: 1,
        in_cents: 20,
        days: 3,
        color: "red".into(),
        rest: [("extra".to_owned(), 5)].into(),
        ..Attributed::default()
    };
    check(&event, r#"{"id":1,"inCents":"20","days":3,"color":"red","extra":5}"#);

    let old = r#"{"id":1,"inCents":"20","colour":"red","note":"n"}"#;
    let expected = Attributed { days: 7, note: Some("n".into()), rest: BTreeMap::new(), ..event };
    assert_eq!(read("attributed", old).unwrap(), Some(expected));
}

#[derive(Debug, PartialEq, Event)]
#[serde(rename_all_fields = "camelCase")]
enum Cased {
    #[event("inherited")]
    Inherited { in_cents: u64 },
    #[event("of-its-own")]
    #[serde(rename_all = "UPPERCASE", deny_unknown_fields)]
    OfItsOwn { in_cents: u64 },
    #[event("in-a-tuple")]
    InATuple(#[serde(with = "as_text")] u64),
    #[event("both-ways")]
    #[serde(rename_all(serialize = "kebab-case", deserialize = "camelCase"))]
    BothWays { in_cents: u64 },
}

#[test]
fn serde_attributes_on_variants_apply_to_their_fields() {
    check(&Cased::Inherited { in_cents: 1 }, r#"{"inCents":1}"#);
    check(&Cased::OfItsOwn { in_cents: 1 }, r#"{"IN_CENTS":1}"#);
    check(&Cased::InATuple(1), r#""1""#);
    assert_eq!(written(&Cased::BothWays { in_cents: 1 }), r#"{"in-cents":1}"#);
    assert_eq!(
        read("both-ways", r#"{"inCents":1}"#).unwrap(),
        Some(Cased::BothWays { in_cents: 1 })
    );
}

#[test]
fn unknown_fields_are_refused_where_it_says_so() {
    assert!(read::<Cased>("of-its-own", r#"{"IN_CENTS":1,"more":2}"#).is_err());
    assert!(read::<Cased>("inherited", r#"{"inCents":1,"more":2}"#).is_ok());
}

/// Derives `Serialize` besides, for some other purpose, with a tag.
#[derive(Debug, PartialEq, Event, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Tagged {
    #[event("tagged")]
    #[serde(rename = "something-else")]
    Tagged { at: u64 },
}

#[test]
fn a_tag_for_other_purposes_is_not_in_the_payload() {
    let event = Tagged::Tagged { at: 7 };
    check(&event, r#"{"at":7}"#);
    assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"type":"something-else","at":7}"#);
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[event("split")]
struct Split {
    into: Vec<Self>,
}

#[test]
fn an_event_may_contain_itself() {
    check(&Split { into: vec![Split { into: Vec::new() }] }, r#"{"into":[{"into":[]}]}"#);
}

#[derive(Event)]
#[event("unwritable")]
struct Unwritable {
    pairs: BTreeMap<(u8, u8), u8>,
}

#[test]
fn content_that_json_cannot_hold_is_an_error_that_names_the_event() {
    let error = Unwritable { pairs: [((1, 2), 3)].into() }.encode().unwrap_err();
    assert_eq!(error.to_string(), "the content of unwritable cannot be written as JSON");
}
