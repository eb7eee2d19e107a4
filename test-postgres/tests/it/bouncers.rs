//! A bouncer in front of a server.

use annals_test_postgres::Bouncer;

use crate::{
    client::{Client, ask},
    server,
};

#[test]
fn a_bouncer_lends_a_connection_for_a_transaction() {
    let server = server();
    let one = [("default_pool_size", "1")];
    let bouncer = Bouncer::start(&server.url("postgres"), &one).unwrap();
    let mut first = Client::connect(&bouncer.url("postgres")).unwrap();
    let mut second = Client::connect(&bouncer.url("postgres")).unwrap();

    let backend = first.ask("SELECT pg_backend_pid()").unwrap();
    assert_eq!(second.ask("SELECT pg_backend_pid()").unwrap(), backend);
}

#[test]
fn a_bouncer_asks_for_the_password() {
    let server = server();
    let bouncer = Bouncer::start(&server.url("postgres"), &[]).unwrap();
    assert!(ask(&bouncer.url("postgres").replace('@', "x@"), "SELECT 1").is_err());
    assert_eq!(ask(&bouncer.url("postgres"), "SELECT 1").unwrap(), ["1"]);
}

#[test]
fn nobody_listens_once_a_bouncer_is_dropped() {
    let server = server();
    let bouncer = Bouncer::start(&server.url("postgres"), &[]).unwrap();
    let url = bouncer.url("postgres");
    drop(bouncer);
    assert!(Client::connect(&url).is_err());
}
