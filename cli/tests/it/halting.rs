//! A projection that halts, and what the tool says of it.

use annals::OnFailure;
use serde_json::json;

use crate::{
    account::{deposit, mend, poison, run},
    place::{PATIENCE, Place, everywhere, until},
};

everywhere!(
    why_a_projection_halts_is_shown_and_it_is_resumed,
    a_build_that_halts_is_not_waited_for,
);

async fn why_a_projection_halts_is_shown_and_it_is_resumed(place: Place) {
    let (annals, poison) = (place.open().await, poison());
    let runs = run(&annals, OnFailure::Halt);
    let end = deposit(&annals, "ada", &[1, poison, 2]).await;
    until("it has halted", async || {
        place
            .run(["projections", "list", "--json"])
            .json()
            .iter()
            .any(|it| it["state"] == json!("halted"))
    })
    .await;
    let said = place.run(["projections", "wait", "balance", "head"]).failed(1);
    assert!(said.contains("balance has halted") && said.contains("is poison"), "{said}");
    let shown = place.run(["projections", "status", "balance"]).done();
    assert!(shown.contains("state       halted") && shown.contains("is poison"), "{shown}");
    mend(poison);
    place.run(["projections", "resume", "balance"]).done();
    // What it said before it was resumed does not count.
    place.run(["projections", "wait", "balance", "head"]).done();
    runs.wait_for(end, PATIENCE).await.unwrap();
}

async fn a_build_that_halts_is_not_waited_for(place: Place) {
    let (annals, poison) = (place.open().await, poison());
    mend(poison);
    let end = deposit(&annals, "ada", &[1, poison, 2]).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    crate::account::spoil(poison);
    let said = place.run(["projections", "rebuild", "balance"]).failed(1);
    assert!(said.contains("has halted") && said.contains("is poison"), "{said}");
    mend(poison);
    place.run(["projections", "resume", "balance"]).done();
    until("the build is read", async || {
        place.run(["projections", "list", "--json"]).json()[0]["build"] == json!(2)
    })
    .await;
}
