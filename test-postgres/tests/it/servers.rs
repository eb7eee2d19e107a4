//! A server starts, stops, is killed and is paused.

use std::{
    fs::{self, DirBuilder},
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::Command,
    thread,
    time::Duration,
};

use annals_test_postgres::{Binaries, Server};

use crate::{
    FAST, READ, WRITE, binaries,
    client::{Client, ask},
    server,
};

#[test]
fn a_server_answers_its_user_and_nobody_without_the_password() {
    let server = server();
    let url = server.url("postgres");
    assert_eq!(ask(&url, "SELECT current_user").unwrap(), ["annals"]);

    let refused = ask(&url.replace('@', "x@"), "SELECT 1").unwrap_err();
    assert!(refused.to_string().contains("password authentication failed"), "{refused}");
}

#[test]
fn a_server_has_the_settings_it_is_given_and_is_durable_unless_told_otherwise() {
    let server = Server::start(&binaries(), &[("work_mem", "7MB")]).unwrap();
    let mut client = Client::connect(&server.url("postgres")).unwrap();
    assert_eq!(client.ask("SHOW work_mem").unwrap(), ["7MB"]);
    assert_eq!(client.ask("SHOW fsync").unwrap(), ["on"]);
    assert_eq!(client.ask("SHOW server_encoding").unwrap(), ["UTF8"]);

    let version = &client.ask("SHOW server_version_num").unwrap()[0];
    let major = server.binaries().major_version().unwrap();
    assert!(version.starts_with(&major.to_string()), "{version}");
}

/// If we are root, whom it runs as cannot enter the folder that the programs are in.
#[test]
fn a_server_starts_with_programs_that_are_in_a_private_folder() {
    let private = Path::new(env!("CARGO_TARGET_TMPDIR")).join("private");
    let _ = fs::remove_dir_all(&private);
    DirBuilder::new().mode(0o700).create(&private).unwrap();
    let (here, there) = (binaries(), private.join("postgres"));
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(here.folder().parent().unwrap()).arg(&there);
    assert!(copy.status().unwrap().success());

    let server = Server::start(&Binaries::at(&there.join("bin")).unwrap(), &FAST).unwrap();
    assert_eq!(ask(&server.url("postgres"), "SELECT 7").unwrap(), ["7"]);
    let folder = server.folder().to_owned();
    drop(server);
    assert!(!folder.exists());
    fs::remove_dir_all(private).unwrap();
}

#[test]
fn a_setting_that_does_not_exist_is_an_error_that_names_it() {
    let error = Server::start(&binaries(), &[("work_men", "7MB")]).unwrap_err();
    assert!(error.to_string().contains("work_men"), "{error}");
}

#[test]
fn what_was_committed_is_there_after_a_stop() {
    let mut server = server();
    let url = server.url("postgres");
    ask(&url, WRITE).unwrap();

    server.stop().unwrap();
    assert_eq!(ask(&url, READ).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    server.start_again().unwrap();
    assert_eq!(ask(&url, READ).unwrap(), ["7"]);
}

#[test]
fn what_was_committed_is_there_after_a_kill_amid_work() {
    let mut server = server();
    let url = server.url("postgres");
    ask(&url, WRITE).unwrap();
    let mut busy = Client::connect(&url).unwrap();
    let work = thread::spawn(move || busy.ask("SELECT count(*) FROM generate_series(1, 1e12)"));

    server.kill().unwrap();
    assert!(work.join().unwrap().is_err());
    server.start_again().unwrap();
    assert_eq!(ask(&url, READ).unwrap(), ["7"]);
}

#[test]
fn a_server_that_is_down_can_be_neither_stopped_nor_killed_and_one_that_runs_not_started() {
    let mut server = server();
    assert!(server.start_again().is_err());
    server.stop().unwrap();
    assert!(server.stop().is_err());
    assert!(server.kill().is_err());
}

#[test]
fn a_paused_server_keeps_its_clients_waiting() {
    let server = server();
    let mut client = Client::connect(&server.url("postgres")).unwrap();

    server.pause().unwrap();
    client.set_patience(Duration::from_millis(300)).unwrap();
    let error = client.ask("SELECT 7").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");

    server.resume().unwrap();
    client.set_patience(Duration::from_secs(60)).unwrap();
    assert_eq!(client.answer().unwrap(), ["7"]);
}
