//! Events that a projection has set aside, while the tool is asked to look after them.

use annals::{Annals, OnFailure, Runs};
use serde_json::json;

use crate::{
    account::{deposit, mend, poison, run},
    place::{PATIENCE, Place, everywhere},
    tool::shape,
};

everywhere!(
    what_is_set_aside_is_listed_shown_and_replayed,
    what_is_set_aside_is_discarded_for_a_reason,
);

/// A projection that has set aside two events of one account and one of another.
async fn fill(annals: &Annals, poison: i64) -> Runs {
    let runs = run(annals, OnFailure::PARK);
    deposit(annals, "ada", &[1, poison, 2]).await;
    deposit(annals, "bob/%", &[poison]).await;
    let end = deposit(annals, "eve", &[5]).await;
    runs.wait_for(end, PATIENCE).await.unwrap();
    runs
}

async fn what_is_set_aside_is_listed_shown_and_replayed(place: Place) {
    let (annals, poison) = (place.open().await, poison());
    assert_eq!(place.run(["parked", "list"]).done(), "nothing is set aside\n");
    let _runs = fill(&annals, poison).await;
    let list = place.run(["parked", "list", "--json"]).json();
    let expected = json!({
        "projection": "text", "key": "text", "position": "number", "events": "number",
        "since": "text", "age_seconds": "number", "error": "text",
    });
    assert_eq!(shape(&list[0]), expected);
    let keys: Vec<_> = list.iter().map(|it| (it["key"].clone(), it["events"].clone())).collect();
    assert_eq!(keys, [(json!("ada"), json!(2)), (json!("bob/%"), json!(1))]);
    let shown = place.run(["parked", "list", "balance"]).done();
    assert!(shown.contains("ada") && shown.contains("is poison"), "{shown}");

    let lines = place.run(["parked", "show", "balance", "ada", "--json"]).json();
    let positions: Vec<_> = lines[1..].iter().map(|it| it["position"].clone()).collect();
    assert_eq!(positions, [json!(2), json!(3)]);
    assert_eq!(lines[1]["payload"]["cents"], json!(poison));
    let shown = place.run(["parked", "show", "balance", "bob/%"]).done();
    assert!(shown.contains("account:bob/%@1") && shown.contains("is poison"), "{shown}");
    let said = place.run(["parked", "show", "balance", "eve"]).failed(1);
    assert!(said.contains("nothing of the key \"eve\""), "{said}");

    let said = place.run(["parked", "replay", "balance", "--dry-run"]).failed(1);
    assert!(said.contains("refused"), "{said}");
    mend(poison);
    place.run(["parked", "replay", "balance", "--dry-run"]).done();
    assert_eq!(place.run(["parked", "list", "--json"]).json().len(), 2);
    place.run(["parked", "replay", "balance", "ada"]).done();
    let list = place.run(["parked", "list", "--json"]).json();
    assert_eq!((list.len(), &list[0]["key"]), (1, &json!("bob/%")));
    place.run(["parked", "replay", "balance"]).done();
    assert_eq!(place.run(["parked", "list"]).done(), "nothing is set aside\n");
    assert!(
        place.run(["parked", "replay", "balance", "ada"]).failed(1).contains("nothing of the key")
    );
}

async fn what_is_set_aside_is_discarded_for_a_reason(place: Place) {
    let (annals, poison) = (place.open().await, poison());
    let _runs = fill(&annals, poison).await;
    let discard = ["parked", "discard", "balance", "ada", "--reason", "a mistake"];
    let said = place.run(discard).failed(1);
    assert!(said.contains("Forget 2 events of 1 keys") && said.contains("--yes"), "{said}");
    let [a, b, c, d, e, f] = discard;
    let said = place.run([a, b, c, d, e, f, "--dry-run"]).done();
    assert_eq!(said, "ada: 2 events would be forgotten\n");
    assert_eq!(place.run(["parked", "list", "--json"]).json().len(), 2);
    place.run([a, b, c, d, e, f, "--yes"]).done();
    assert_eq!(place.run(["parked", "list", "--json"]).json().len(), 1);
    let history = place.run(["projections", "history", "balance"]).done();
    assert!(history.contains("discard ada: a mistake"), "{history}");
    assert!(place.run([a, b, c, d, e, f, "--yes"]).failed(1).contains("nothing of the key"));
}
