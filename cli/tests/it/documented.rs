//! What programs are told to expect in `docs/cli.md` is what they get.

use std::collections::BTreeSet;

use annals::OnFailure;
use serde_json::Value;

use crate::{
    account::{deposit, poison, run},
    place::{PATIENCE, Place},
};

const DOCS: &str = include_str!("../../../docs/cli.md");

/// The first example of JSON under the heading that begins so.
fn example(heading: &str) -> Value {
    let (_, section) = DOCS.split_once(&format!("### `annals {heading}")).expect(heading);
    let (_, block) = section.split_once("```json\n").expect(heading);
    serde_json::from_str(block.lines().next().unwrap()).expect(heading)
}

/// The names of the fields, also of those further down where there is something.
fn fields(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        names.insert(name.clone());
        if let Some(first) = value.as_array().and_then(|list| list.first()) {
            names.extend(fields(first).iter().map(|field| format!("{name}.{field}")));
        }
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_shape_is_as_it_is_documented() {
    let (place, poison) = (Place::in_sqlite(), poison());
    let annals = place.open().await;
    let runs = run(&annals, OnFailure::PARK);
    deposit(&annals, "ada", &[1, poison]).await;
    let end = deposit(&annals, "eve", &[5]).await;
    runs.wait_for(end, PATIENCE).await.unwrap();
    let (first, other) = (place.file("1"), place.file("2"));
    place.run(["export", &first]).done();
    for (heading, args) in [
        ("info", &["info"][..]),
        ("streams", &["streams"]),
        ("read", &["read", "account:ada"]),
        ("stats", &["stats"]),
        ("projections list", &["projections", "list"]),
        ("projections pause", &["projections", "resume", "balance"]),
        ("projections wait", &["projections", "wait", "balance", "head"]),
        ("parked list", &["parked", "list"]),
        ("migrate", &["migrate"]),
        ("export", &["export", &other]),
        ("import", &["import", &first]),
    ] {
        let tool = crate::tool::Tool::new(args).env("ANNALS_STORE", &place.url);
        let said = tool.with("--json").run().json().remove(0);
        assert_eq!(fields(&said), fields(&example(heading)), "{heading}");
    }
}

#[test]
fn every_example_is_json() {
    let blocks: Vec<_> = DOCS.split("```json\n").skip(1).collect();
    assert!(blocks.len() > 12);
    for block in blocks {
        let line = block.lines().next().unwrap();
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
