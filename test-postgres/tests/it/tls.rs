//! A server with a certificate.

use std::process::{Command, Stdio};

use annals_test_postgres::Server;

use crate::{FAST, binaries, client::ask};

#[test]
fn a_server_with_tls_is_vouched_for_and_lets_nobody_in_without() {
    let (server, authority) = Server::start_with_tls(&binaries(), &FAST).unwrap();
    let refused = ask(&server.url("postgres"), "SELECT 1").unwrap_err();
    assert!(refused.to_string().contains("no encryption"), "{refused}");

    for name in ["-verify_ip 127.0.0.1", "-verify_hostname localhost"] {
        let mut check = Command::new("openssl");
        check.args(["s_client", "-starttls", "postgres", "-verify_return_error", "-CAfile"]);
        check.arg(&authority).args(name.split(' '));
        check.arg("-connect").arg(format!("127.0.0.1:{}", server.port()));
        let output = check.stdin(Stdio::null()).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("Verify return code: 0"), "{printed}");
    }
}
