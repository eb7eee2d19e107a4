//! `migrate`: a log is made, or the SQL is printed that makes it.

use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::place::{Place, everywhere};

everywhere!(a_log_is_made_once);

async fn a_log_is_made_once(place: Place) {
    let said = place.run(["migrate", "--dry-run"]).failed(3);
    assert!(said.contains("annals migrate"), "{said}");
    assert!(place.run(["info"]).failed(3).contains("cannot be opened"));
    let made = place.run(["migrate", "--json"]).json().remove(0);
    let version = made["schema_version"].as_i64().unwrap();
    assert_eq!(made["is_changed"], json!(true));
    let again = place.run(["migrate", "--json"]).json().remove(0);
    assert_eq!(again["is_changed"], json!(false));
    assert!(place.run(["migrate", "--dry-run"]).done().contains("is up to date already"));
    assert_eq!(place.run(["info", "--json"]).json()[0]["schema_version"], json!(version));
    // Nothing shows the password of the server.
    assert!(!made["url"].to_string().contains("@") || made["url"].to_string().contains(":***@"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_makes_a_log() {
    let place = Place::in_sqlite();
    let script = place.run(["migrate", "--print"]).done();
    let file = place.folder.join("log.db");
    assert!(!file.exists());
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
    assert!(place.run(["migrate", "--dry-run"]).done().contains("up to date already"));
}

#[test]
fn what_is_printed_is_for_the_schema_that_is_named() {
    let place = Place::in_postgres();
    let script = place.run(["migrate", "--print"]).done();
    let schema = place.folder.file_name().unwrap().to_str().unwrap();
    assert!(script.contains(&format!("\"{schema}\".")), "{script}");
    let said = place.run(["migrate", "--print", "--store", "postgres://db/x?schema=NO"]).failed(2);
    assert!(said.contains("schema"), "{said}");
    place.run(["migrate", "--print", "--store", "mysql://db/x"]).failed(2);
}
