//! A projection that runs in this process, while the tool is asked to look after it.

use annals::OnFailure;
use serde_json::{Value, json};

use crate::{
    account::{deposit, run},
    place::{PATIENCE, Place, everywhere, until},
    tool::shape,
};

everywhere!(
    projections_are_listed_and_shown,
    a_projection_is_paused_and_resumed,
    a_projection_is_built_anew,
    what_is_built_can_be_given_up,
    a_position_is_waited_for,
    what_nobody_has_done_is_pending_and_can_be_withdrawn,
    a_build_of_what_is_paused_is_not_waited_for,
    what_nobody_runs_is_said_to_be_run_by_nobody,
);

async fn projections_are_listed_and_shown(place: Place) {
    let annals = place.open().await;
    assert!(place.run(["projections", "list"]).done().contains("no projections"));
    let end = deposit(&annals, "ada", &[1, 2]).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    until("it is said to follow", async || {
        let list = place.run(["projections", "list", "--json"]).json();
        list[0]["state"] == json!("following")
    })
    .await;
    let status = place.run(["projections", "status", "balance", "--json"]).json().remove(0);
    let expected = json!({
        "name": "text", "state": "text", "is_paused": "bool", "build": "number",
        "version": "number", "building": "null", "position": "number", "lag": "number",
        "lag_seconds": "number", "parked": "number",
        "shares": [{
            "first": "number", "end": "number", "position": "number", "lag": "number",
            "lag_seconds": "number", "worker": "text", "phase": "text", "said_at": "text",
            "why": "null", "parked": "number",
        }],
        "building_shares": [],
    });
    assert_eq!(shape(&status), expected);
    assert_eq!((&status["position"], &status["lag"]), (&json!(2), &json!(0)));
    let shown = place.run(["projections", "list"]).done();
    assert!(shown.contains("balance     following      1         2    0"), "{shown}");
    let shown = place.run(["projections", "status", "balance"]).done();
    assert!(shown.contains("lag         0 events") && shown.contains("slices"), "{shown}");
    assert!(place.run(["info"]).done().contains("balance     following         2    0"));
    runs.stop().await.unwrap();
    let shown = place.run(["projections", "list"]).done();
    assert!(shown.contains("not running"), "{shown}");
}

async fn a_projection_is_paused_and_resumed(place: Place) {
    let annals = place.open().await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(deposit(&annals, "ada", &[1]).await, PATIENCE).await.unwrap();
    assert_eq!(place.run(["projections", "pause", "balance", "--by", "me"]).done(), "paused\n");
    assert!(place.run(["projections", "pause", "balance"]).failed(1).contains("paused already"));
    let end = deposit(&annals, "ada", &[2]).await.to_string();
    let said = place.run(["projections", "wait", "balance", &end]).failed(1);
    assert!(said.contains("paused, at position 1"), "{said}");
    let answer = place.run(["projections", "resume", "balance", "--json"]).json().remove(0);
    let expected = json!({
        "state": "text", "what": "text", "by": "text", "at": "text", "done_at": "text",
        "is_done": "bool", "answer": "text", "withdrawn_by": "null",
    });
    assert_eq!(shape(&answer), expected);
    place.run(["projections", "wait", "balance", &end]).done();
    let history = place.run(["projections", "history", "balance", "--json"]).json();
    let field = |name: &str| history.iter().map(|it| it[name].clone()).collect::<Vec<_>>();
    assert_eq!(field("what"), [json!("pause"), json!("pause"), json!("resume")]);
    assert_eq!(field("is_done"), [json!(true), json!(false), json!(true)]);
    assert_eq!(history[0]["by"], json!("me"));
    let shown = place.run(["projections", "history", "balance"]).done();
    assert!(shown.contains("refused: it is paused already"), "{shown}");
}

async fn a_projection_is_built_anew(place: Place) {
    let annals = place.open().await;
    let cents: Vec<_> = (0..2_000).collect();
    let end = deposit(&annals, "ada", &cents).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    let said = place.run(["projections", "compare", "balance"]).failed(1);
    assert!(said.contains("no two builds"), "{said}");
    let said = place.run(["projections", "rebuild", "balance"]).done();
    assert_eq!(said, "build 2 is begun\nbuild 2 is read now\n");
    assert_eq!(place.run(["projections", "compare", "balance"]).done(), "no differences\n");
    let lines = place.run(["projections", "rebuild", "balance", "--json"]).json();
    assert!(lines[0]["is_done"] == json!(true) && lines[0]["what"] == json!("rebuild"));
    let expected = json!({
        "name": "text", "build": "number", "events": "number", "total": "number",
        "percent": "number", "rate": "number", "remaining_seconds": "number", "is_done": "bool",
    });
    let last: &Value = lines.last().unwrap();
    assert_eq!(shape(last), expected);
    assert_eq!((&last["build"], &last["is_done"]), (&json!(3), &json!(true)));
}

async fn what_is_built_can_be_given_up(place: Place) {
    let annals = place.open().await;
    let end = deposit(&annals, "ada", &[1]).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    // Paused, a build goes nowhere.
    place.run(["projections", "pause", "balance"]).done();
    let said = place.run(["projections", "rebuild", "balance", "--detach"]).done();
    assert_eq!(said, "build 2 is begun\n");
    let list = place.run(["projections", "list", "--json"]).json();
    assert_eq!(list[0]["building"]["build"], json!(2));
    let said = place.run(["projections", "cancel", "balance"]).failed(1);
    assert!(said.contains("Give up what is being built"), "{said}");
    let said = place.run(["projections", "cancel", "balance", "--yes"]).done();
    assert_eq!(said, "build 2 is given up\n");
    let said = place.run(["projections", "cancel", "balance", "--yes"]).failed(1);
    assert!(said.contains("nothing is being built"), "{said}");
}

async fn a_position_is_waited_for(place: Place) {
    let annals = place.open().await;
    let runs = run(&annals, OnFailure::Halt);
    deposit(&annals, "ada", &[1, 2]).await;
    runs.wait_for(annals::Position::new(2).unwrap(), PATIENCE).await.unwrap();
    // Something that does not concern it.
    let noted = crate::account::event(1, "noted", "{}", annals::Metadata::default());
    crate::account::append(&annals, vec![("note:1", vec![noted])]).await;
    let said = place.run(["projections", "wait", "balance", "head", "--json"]).json().remove(0);
    let expected = json!({ "name": "balance", "wanted": 3, "position": 3, "is_reached": true });
    assert_eq!(said, expected);
    let said = place.run(["projections", "wait", "balance", "99", "--patience", "0"]).failed(4);
    assert!(said.contains("it was not at 99 at once"), "{said}");
    place.run(["projections", "wait", "balance", "soon"]).failed(2);
}

async fn what_nobody_runs_is_said_to_be_run_by_nobody(place: Place) {
    let annals = place.open().await;
    let end = deposit(&annals, "ada", &[1]).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    runs.stop().await.unwrap();
    let said = place.run(["projections", "pause", "balance", "--patience", "0"]).failed(4);
    assert!(said.contains("nothing seems to run \"balance\""), "{said}");
    let end = deposit(&annals, "ada", &[2]).await.to_string();
    let said = place.run(["projections", "wait", "balance", &end, "--patience", "0"]).failed(4);
    assert!(said.contains("at position 1 and not running"), "{said}");
    // Whoever runs it next does what was asked for.
    let _runs = run(&annals, OnFailure::Halt);
    until("it is paused", async || {
        place.run(["projections", "list", "--json"]).json()[0]["state"] == json!("paused")
    })
    .await;
}

async fn what_nobody_has_done_is_pending_and_can_be_withdrawn(place: Place) {
    let annals = place.open().await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(deposit(&annals, "ada", &[1]).await, PATIENCE).await.unwrap();
    place.run(["projections", "resume", "balance"]).done();
    runs.stop().await.unwrap();
    assert_eq!(place.run(["projections", "withdraw", "balance"]).done(), "nothing is pending\n");
    let pause = ["projections", "pause", "balance", "--patience", "0", "--by", "me"];
    let said = place.run(pause).failed(4);
    assert!(said.contains("answered at once") && said.contains("withdraw"), "{said}");
    let history = place.run(["projections", "history", "balance", "--json"]).json();
    let states = |history: &[Value]| {
        history.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&history), ["pending", "done"]);
    assert_eq!((&history[0]["what"], &history[0]["by"]), (&json!("pause"), &json!("me")));
    assert_eq!((&history[0]["done_at"], &history[0]["answer"]), (&Value::Null, &Value::Null));
    let shown = place.run(["projections", "history", "balance"]).done();
    assert!(shown.contains("pending since"), "{shown}");

    let withdraw = ["projections", "withdraw", "balance", "--by", "eve"];
    let said = place.tool(withdraw).with("--dry-run").run().done();
    assert_eq!(said, "pause, asked for by me, would be withdrawn\n");
    let said = place.run(withdraw).failed(1);
    assert!(said.contains("Withdraw 1 requests") && said.contains("--yes"), "{said}");
    assert_eq!(place.tool(withdraw).with("--yes").run().done(), "1 requests withdrawn\n");
    let history = place.run(["projections", "history", "balance", "--json"]).json();
    assert_eq!(states(&history), ["done", "withdrawn"]);
    assert_eq!(history[1]["withdrawn_by"], json!("eve"));
    assert!(place.run(["projections", "history", "balance"]).done().contains("withdrawn by eve"));
    // Nobody does it now.
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(deposit(&annals, "ada", &[2]).await, PATIENCE).await.unwrap();
}

async fn a_build_of_what_is_paused_is_not_waited_for(place: Place) {
    let annals = place.open().await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(deposit(&annals, "ada", &[1]).await, PATIENCE).await.unwrap();
    place.run(["projections", "pause", "balance"]).done();
    let ran = place.run(["projections", "rebuild", "balance", "--json"]);
    let lines: Vec<Value> = ran.out.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len(), 2, "the answer, and how far it is: {lines:?}");
    assert!(ran.failed(1).contains("balance is paused"));
    place.run(["projections", "resume", "balance"]).done();
    until("the build is read", async || {
        place.run(["projections", "list", "--json"]).json()[0]["build"] == json!(2)
    })
    .await;
}
