//! `verify` finds what is wrong, and nothing else.

use annals::OnFailure;
use serde_json::json;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    account::{deposit, run},
    place::{PATIENCE, Place, everywhere, tamper},
    tool::shape,
};

everywhere!(
    a_log_that_is_as_it_should_be_is_said_to_be,
    a_checkpoint_ahead_of_the_log_is_found,
    a_checkpoint_of_another_log_is_found,
);

/// The record that says how far the only share of the view is.
const CHECKPOINT: &str = "balance/1/0000";

/// Three events, and a projection that has seen them.
async fn fill(place: &Place) -> annals::Annals {
    let annals = place.open().await;
    let end = deposit(&annals, "ada", &[1, 2, 3]).await;
    let runs = run(&annals, OnFailure::Halt);
    runs.wait_for(end, PATIENCE).await.unwrap();
    runs.stop().await.unwrap();
    annals
}

async fn a_log_that_is_as_it_should_be_is_said_to_be(place: Place) {
    let _annals = fill(&place).await;
    let said = place.run(["verify"]).done();
    assert_eq!(said, "3 events in 1 streams, 1 projections: as it should be\n");
    let said = place.run(["verify", "--json"]).json().remove(0);
    let expected =
        json!({ "is_fine": true, "events": 3, "streams": 1, "projections": 1, "findings": [] });
    assert_eq!(said, expected);
}

async fn a_checkpoint_ahead_of_the_log_is_found(place: Place) {
    let annals = fill(&place).await;
    let models = &**annals.read_models();
    tamper(models, "checkpoint", CHECKPOINT, r#""position":3"#, r#""position":30"#).await;
    let ran = place.run(["verify", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let expected = json!({
        "is_fine": "bool", "events": "number", "streams": "number", "projections": "number",
        "findings": [{ "check": "text", "position": "number", "finding": "text" }],
    });
    assert_eq!(shape(&said), expected);
    assert_eq!(said["findings"][0]["finding"], json!("balance is there, and the log ends at 3"));
    ran.failed(1);
}

async fn a_checkpoint_of_another_log_is_found(place: Place) {
    let annals = fill(&place).await;
    let models = &**annals.read_models();
    let record = models.record("checkpoint", CHECKPOINT).await.unwrap().unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let (id, other) = (record["last"].as_str().unwrap(), "00000000-0000-0000-0000-000000000001");
    tamper(models, "checkpoint", CHECKPOINT, id, other).await;
    let ran = place.run(["verify"]);
    assert!(ran.out.contains("balance saw event 00000000-"), "{ran:?}");
    assert!(ran.failed(1).contains("1 findings"));
}

/// What nothing but a damaged file would have. The triggers that defend it are made again: a log without them
/// is not opened.
async fn damage(place: &Place, statement: &'static str) {
    let mut connection = connect(place).await;
    let name = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: Vec<(String, String)> =
        sqlx::query_as(name).fetch_all(&mut connection).await.unwrap();
    for (name, _) in &triggers {
        let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}"));
        sqlx::raw_sql(drop).execute(&mut connection).await.unwrap();
    }
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    for (_, trigger) in triggers {
        sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&mut connection).await.unwrap();
    }
}

async fn connect(place: &Place) -> SqliteConnection {
    let file = place.folder.join("log.db");
    SqliteConnectOptions::new().filename(&file).connect().await.unwrap()
}

/// The check and the position of each finding.
fn findings(place: &Place) -> Vec<(String, i64)> {
    let ran = place.run(["verify", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    ran.failed(1);
    let finding = |it: &serde_json::Value| {
        (it["check"].as_str().unwrap().to_owned(), it["position"].as_i64().unwrap())
    };
    said["findings"].as_array().unwrap().iter().map(finding).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_checked_behind_gaps() {
    let place = Place::in_sqlite();
    let annals = fill(&place).await;
    for account in ["bob", "eve", "joe", "kim"] {
        deposit(&annals, account, &[1, 2]).await;
    }
    let models = &**annals.read_models();
    tamper(models, "checkpoint", CHECKPOINT, r#""position":3"#, r#""position":30"#).await;
    damage(
        &place,
        "DELETE FROM annals_event WHERE position IN (1, 2, 6, 7, 9);
         UPDATE annals_event SET revision = 7 WHERE position = 11",
    )
    .await;
    let expected = [
        ("checkpoints", 30),
        ("gaps", 1),
        ("gaps", 6),
        ("gaps", 9),
        ("revisions", 3),
        ("revisions", 11),
    ];
    assert_eq!(findings(&place), expected.map(|(check, at)| (check.to_owned(), at)));
    // What can be shown is shown.
    let ran = place.run(["info"]);
    assert!(ran.out.contains("events        11") && ran.out.contains("not counted"), "{ran:?}");
    assert!(ran.failed(1).contains("annals verify"));
    let ran = place.run(["tail", "--json"]);
    let position = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["position"].as_i64().unwrap()
    };
    assert_eq!(ran.out.lines().map(position).collect::<Vec<_>>(), [3, 4, 5, 8, 10, 11]);
    assert!(ran.failed(1).contains("there is nothing between 1 and 3"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_is_missing_is_not_said_to_be_made_by_migrating() {
    let place = Place::in_sqlite();
    deposit(&place.open().await, "ada", &[1]).await;
    let mut connection = connect(&place).await;
    let name = "SELECT name FROM sqlite_schema WHERE type = 'trigger' LIMIT 1";
    let name: String = sqlx::query_scalar(name).fetch_one(&mut connection).await.unwrap();
    let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}"));
    sqlx::raw_sql(drop).execute(&mut connection).await.unwrap();
    for verb in ["info", "migrate"] {
        let said = place.run([verb]).failed(3);
        assert!(said.contains(&name) && said.contains("does not mend that"), "{said}");
        assert!(!said.contains("makes a log"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_in_the_log_is_found() {
    let place = Place::in_sqlite();
    deposit(&place.open().await, "ada", &[1, 2, 3]).await;
    damage(&place, "DELETE FROM annals_event WHERE position = 2").await;
    let ran = place.run(["verify"]);
    assert!(ran.out.contains("gaps") && ran.out.contains("not as it should be"), "{ran:?}");
    ran.failed(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_is_not_due_is_found() {
    let place = Place::in_sqlite();
    deposit(&place.open().await, "ada", &[1, 2, 3]).await;
    damage(&place, "UPDATE annals_event SET revision = 7 WHERE position = 3").await;
    let ran = place.run(["verify"]);
    assert!(ran.out.contains("account:ada is at revision 7, and 3 is due"), "{ran:?}");
    ran.failed(1);
}
