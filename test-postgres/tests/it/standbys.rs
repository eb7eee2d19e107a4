//! A server is followed by another, which takes its place.

use annals_test_postgres::Server;

use crate::{READ, WRITE, client::ask, eventually, server};

/// Waits until `standby` has all that `primary` has by now.
fn catch_up(standby: &Server, primary: &Server) {
    let end = &ask(&primary.url("postgres"), "SELECT pg_current_wal_lsn()").unwrap()[0];
    let caught_up = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
    eventually(|| ask(&standby.url("postgres"), &caught_up).unwrap() == ["t"]);
}

#[test]
fn a_standby_has_what_was_written_before_it_and_since() {
    let mut primary = server();
    ask(&primary.url("postgres"), WRITE).unwrap();
    let standby = primary.standby().unwrap();
    assert_eq!(ask(&standby.url("postgres"), READ).unwrap(), ["7"]);

    ask(&primary.url("postgres"), "UPDATE t SET n = 8").unwrap();
    catch_up(&standby, &primary);
    assert_eq!(ask(&standby.url("postgres"), READ).unwrap(), ["8"]);

    let refused = ask(&standby.url("postgres"), "UPDATE t SET n = 9").unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

#[test]
fn a_standby_that_was_killed_catches_up() {
    let mut primary = server();
    let mut standby = primary.standby().unwrap();
    standby.kill().unwrap();
    ask(&primary.url("postgres"), WRITE).unwrap();

    standby.start_again().unwrap();
    catch_up(&standby, &primary);
    assert_eq!(ask(&standby.url("postgres"), READ).unwrap(), ["7"]);
}

#[test]
fn a_promoted_standby_takes_writes_and_has_standbys_of_its_own() {
    let mut primary = server();
    ask(&primary.url("postgres"), WRITE).unwrap();
    let mut promoted = primary.standby().unwrap();
    primary.kill().unwrap();
    promoted.promote().unwrap();
    ask(&promoted.url("postgres"), "UPDATE t SET n = 8").unwrap();

    let next = promoted.standby().unwrap();
    drop(primary);
    ask(&promoted.url("postgres"), "UPDATE t SET n = 9").unwrap();
    catch_up(&next, &promoted);
    assert_eq!(ask(&next.url("postgres"), READ).unwrap(), ["9"]);
}
