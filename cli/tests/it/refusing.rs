//! What is refused: with which exit code, and without showing a password.

use serde_json::{Value, json};

use crate::{
    account::deposit,
    place::{Place, everywhere},
    tool::Tool,
};

everywhere!(
    what_is_not_there_is_said_to_be_not_there,
    a_question_is_asked_before_something_is_overwritten,
    what_is_to_be_imported_is_checked_without_a_log,
    what_is_no_file_is_written_to_and_named_where_it_fails,
    a_log_that_is_not_there_is_not_made_by_looking,
);

/// What is said about a store, without one being there.
#[track_caller]
fn refused(url: &str, args: &[&str], code: i32) -> String {
    let said = Tool::new(args).env("ANNALS_STORE", url).run().failed(code);
    assert!(!said.contains("secret"), "{said}");
    said
}

#[test]
fn a_store_has_to_be_named() {
    for url in ["", "sqlite", "mysql://ada:secret@db/bank", "nothing:at:all"] {
        let said = refused(url, &["info"], 2);
        assert!(said.starts_with("annals: "), "{said}");
    }
    assert!(Tool::new(&["info"]).run().failed(2).contains("ANNALS_STORE"));
}

#[test]
fn a_password_is_never_shown_whatever_goes_wrong() {
    let url = "postgres://ada:secret@127.0.0.1:1/bank";
    assert!(refused(url, &["info"], 3).contains("postgres://ada:***@127.0.0.1:1/bank"));
    assert!(refused(url, &["--json", "info"], 3).starts_with(r#"{"code":3,"error":"#));
    refused("sqlite://ada:secret@db/bank", &["info"], 3);
    refused("postgres://ada:secret@127.0.0.1:port/bank", &["info"], 3);
    refused("postgres://db/bank?password=secret&schema=NO", &["info"], 3);
    refused("", &[url], 2);
    refused("", &["info", url], 2);
    refused("", &["read", url], 2);
    refused("", &["--store", url, "tail", "--after", "x"], 2);
    refused("", &[&format!("--store={url}"), "verify"], 3);
    refused("", &["export", "--store", url, "/nowhere/postgres://a:secret@b"], 3);
}

#[test]
fn a_password_is_not_shown_wherever_a_mistyped_url_has_it() {
    for url in [
        "postgres:/ada:secret@127.0.0.1:1/x",
        "postgres:ada:secret@127.0.0.1:1/x",
        "postgres//ada:secret@127.0.0.1:1/x",
        "postgres:///ada:secret@127.0.0.1:1/x",
        "postgres:secret@127.0.0.1:1/x",
        "postgres://ada%3Asecret@127.0.0.1:1/x",
        "postgres://ada:secret",
        "postgres://ada:secret/x",
        "postgres://127.0.0.1:1/a?user=ada&password=foo@barsecret",
        "postgres://127.0.0.1:1/a?user=ada&password=foo&barsecret",
        "postgres://127.0.0.1:1/a?user=ada&pasword=secret",
        "postgres://127.0.0.1:1/a?secret",
        "sqlite://bank.db?secret",
        "sqlite:/ada:secret@127.0.0.1:1/x",
        "mysql:ada:secret@127.0.0.1:1/x",
        "ada:secret@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password=secret",
    ] {
        let options = ["--store".to_owned(), format!("--store={url}")];
        for args in [
            &["info"][..],
            &["--json", "info"],
            &["migrate", "--dry-run"],
            &["migrate", "--print"],
            &["--store", url, "info"],
            &["info", &options[1]],
            &["--json", "verify", &options[0], url],
            &["--store", url],
            &["--stor", url, "info"],
        ] {
            let env = if args.iter().any(|arg| arg.contains(url)) { "" } else { url };
            let ran = Tool::new(args).env("ANNALS_STORE", env).run();
            assert!(!ran.out.contains("secret") && !ran.err.contains("secret"), "{ran:?}");
            assert!(ran.code != 0 || args.contains(&"--print"), "{ran:?}");
        }
    }
}

#[test]
fn a_wrong_password_is_said_to_be_wrong_and_not_shown() {
    let url = std::env::var("ANNALS_TEST_POSTGRES_URL").expect("run `cargo xtask test`");
    let (user, rest) = url.split_once('@').unwrap();
    let (user, password) = user.rsplit_once(':').unwrap();
    let said = refused(&format!("{user}:secret@{rest}"), &["info"], 3);
    assert!(said.contains("password authentication failed") && !said.contains(password), "{said}");
}

#[test]
fn arguments_that_make_no_sense_are_refused_before_anything_is_opened() {
    for args in [
        &["nothing"][..],
        &["read"],
        &["read", "account:ada", "--after", "-1"],
        &["tail", "--after", "1", "-n", "1"],
        &["trace", "no-uuid"],
        &["parked", "discard", "balance", "ada"],
        &["parked", "discard", "balance", "--reason", "it is wrong"],
        &["export", "--resume"],
        &["stats", "--by", "hour"],
    ] {
        refused("memory:", args, 2);
    }
    for args in [&["read", "ada"][..], &["read", "a:b", "--as-of", "noon"], &["tail", "--type", ""]]
    {
        refused("memory:", args, 2);
    }
}

#[test]
fn a_log_in_memory_is_empty_and_fine() {
    let ran = |args: &[&str]| Tool::new(args).env("ANNALS_STORE", "memory:").run().done();
    assert!(ran(&["info"]).contains("events        0"));
    assert_eq!(ran(&["export"]), "");
    assert_eq!(ran(&["tail"]), "");
    assert!(ran(&["verify"]).contains("as it should be"));
}

async fn what_is_not_there_is_said_to_be_not_there(place: Place) {
    deposit(&place.open().await, "ada", &[1]).await;
    for args in [
        ["projections", "status", "nothing"],
        ["projections", "pause", "nothing"],
        ["projections", "rebuild", "nothing"],
        ["projections", "history", "nothing"],
        ["projections", "compare", "nothing"],
        ["parked", "list", "nothing"],
        ["parked", "replay", "nothing"],
    ] {
        let said = place.run(args).failed(1);
        assert!(said.contains("there is no projection \"nothing\""), "{said}");
    }
    assert!(place.run(["read", "account:bob"]).failed(1).contains("no stream account:bob"));
    let said = place.run(["import", &place.file("nothing.ndjson")]).failed(1);
    assert!(said.contains("nothing.ndjson"), "{said}");
    let said: Value =
        serde_json::from_str(&place.run(["read", "account:bob", "--json"]).failed(1)).unwrap();
    assert_eq!(said, json!({ "code": 1, "error": "there is no stream account:bob" }));
}

async fn a_question_is_asked_before_something_is_overwritten(place: Place) {
    deposit(&place.open().await, "ada", &[1]).await;
    let file = place.file("export.ndjson");
    place.run(["export", &file]).done();
    std::fs::write(&file, "mine").unwrap();
    let said = place.run(["export", &file]).failed(1);
    assert!(said.contains("Overwrite it?") && said.contains("--yes"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    place.run(["export", &file, "--yes"]).done();
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
}

async fn what_is_to_be_imported_is_checked_without_a_log(place: Place) {
    let other = Place::in_sqlite();
    deposit(&other.open().await, "ada", &[1, 2]).await;
    let file = other.file("export");
    other.run(["export", &file]).done();
    let ran = place.run(["import", "--dry-run", &file]);
    assert_eq!(ran.out, "2 events would be imported\n");
    assert!(ran.failed(3).contains("annals migrate"));
    let lines = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, lines.replace("\"position\":2", "\"position\":3")).unwrap();
    let said = place.run(["import", "--dry-run", &file]).failed(1);
    assert!(said.contains("line 2: it is at position 3"), "{said}");
}

async fn a_log_that_is_not_there_is_not_made_by_looking(place: Place) {
    for args in [["info", "-y"], ["verify", "-y"], ["export", "-y"], ["import", "--dry-run"]] {
        let said = place.run(args).failed(3);
        assert!(said.contains("annals migrate"), "{said}");
    }
    assert!(!place.folder.join("log.db").exists());
}

async fn what_is_no_file_is_written_to_and_named_where_it_fails(place: Place) {
    deposit(&place.open().await, "ada", &[1]).await;
    place.run(["export", "/dev/null", "--yes"]).done();
    place.run(["export", "/dev/null", "--resume"]).done();
    let said = place.run(["export", "/dev/full", "--yes"]).failed(1);
    assert!(said.contains("/dev/full: "), "{said}");
    let folder = place.folder.display().to_string();
    for args in [["import", &folder], ["export", &folder]] {
        let said = place.tool(args).with("--yes").run().failed(1);
        assert!(said.contains(&folder), "{said}");
    }
}

#[test]
fn what_migrating_does_not_mend_is_not_said_to_be_mended_by_it() {
    let url = std::env::var("ANNALS_TEST_POSTGRES_URL").expect("run `cargo xtask test`");
    let separator = if url.contains('?') { '&' } else { '?' };
    for url in [&format!("{url}{separator}schema=NO"), "sqlite://bank.db?nothing=1", "sqlite:///"] {
        let said = refused(url, &["info"], 3);
        assert!(!said.contains("annals migrate"), "{said}");
    }
}
