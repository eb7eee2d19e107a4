//! Certificates for a server, by the program `openssl`.

use std::path::PathBuf;

use crate::{Result, house::House};

/// What a server with a certificate is started with.
pub(crate) const SETTINGS: [(&str, &str); 1] = [("ssl", "on")];

/// Whom it lets in: those who come by TLS, with the password.
pub(crate) const ONLY: &str = "\
hostssl all all 127.0.0.1/32 scram-sha-256
hostssl replication all 127.0.0.1/32 scram-sha-256
";

/// Who is vouched for, and who vouches.
const EXTENSIONS: &str = "\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1, DNS:localhost
";

/// In the order in which they are run. The words are separated by spaces.
const STEPS: [&str; 3] = [
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 \
     -config openssl.cnf -extensions authority -subj /CN=annals-test-authority \
     -keyout authority.key -out authority.pem",
    "req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
     -config openssl.cnf -subj /CN=localhost -keyout data/server.key -out server.csr",
    "x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 7 \
     -extfile openssl.cnf -extensions server -out data/server.crt",
];

/// Makes an authority in the house, and has it certify the server there as 127.0.0.1 and localhost.
///
/// Key and certificate are where a server looks for them: with its data. Answers with the file of the authority's certificate.
pub(crate) fn certify(house: &House) -> Result<PathBuf> {
    house.write("openssl.cnf", EXTENSIONS)?;
    for step in STEPS {
        house.run(house.command("openssl").args(step.split_whitespace()))?;
    }
    Ok(house.folder().join("authority.pem"))
}
